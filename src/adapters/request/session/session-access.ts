/** What an application calls to read and change the session of a request. */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { JsonObject } from "../../../core/json/json-value.ts"
import type { ChangeRefused, CsrfFailed, SessionDataInvalid, StoreUnavailable } from "../../errors/errors.ts"

/** The keys of the session, with the schemas of their values. */
export type SessionFields = { readonly [key: string]: Schema.Codec<unknown, unknown> }

/** Values of some of the keys. */
export type FieldValues<Fields extends SessionFields> = {
  readonly [Key in keyof Fields & string]?: Fields[Key]["Type"]
}

/** Without schemas every key may hold any JSON value. */
export type AnyFields = { readonly [key: string]: typeof Schema.Unknown }

/** Reads the session without its values. `CsrfFailed`: the CSRF token of a form has not been checked yet. */
export type Looking<A> = Effect.Effect<A, StoreUnavailable | CsrfFailed>
/** Reads a value. `SessionDataInvalid`: the stored value does not match its schema. */
export type Reading<A> = Effect.Effect<A, StoreUnavailable | CsrfFailed | SessionDataInvalid>
/** Changes the session. `SessionDataInvalid`: the value does not match its schema, or cannot be stored. */
export type Writing<A> = Effect.Effect<A, StoreUnavailable | SessionDataInvalid | ChangeRefused>

/**
 * The session of one request. The first access loads it. It is written before the response is sent. Names and behaviour
 * are those of Django's session objects.
 */
export interface SessionAccess<Fields extends SessionFields> {
  /**
   * The value under `key`; `undefined` if there is none. It is a copy: to store a change inside it, set the whole value
   * again.
   */
  readonly get: <Key extends keyof Fields & string>(key: Key) => Reading<Fields[Key]["Type"] | undefined>
  /**
   * Stores a value under `key`. Fails with `SessionDataInvalid` if the value does not match its schema or is no JSON,
   * and for keys that say which user is logged in and for how long: those that begin with `_auth_user_` or
   * `_latchkey_`, and `_session_expiry`. `login`, `logout` and `setExpiry` change these, and `raw.update` all but those
   * of latchkey.
   */
  readonly set: <Key extends keyof Fields & string>(key: Key, value: Fields[Key]["Type"]) => Writing<void>
  /** Whether the session has this key. */
  readonly has: (key: string) => Looking<boolean>
  /** All keys, in the order in which they were set. Includes those of latchkey and Django, such as `_auth_user_id`. */
  readonly keys: Looking<ReadonlyArray<string>>
  /**
   * Stores all of these values as one operation: if one cannot be stored, none is stored, and `SessionDataInvalid`
   * names its key. An empty object marks the session as modified, so it is written. Refuses the keys that `set`
   * refuses: the object may come from a client.
   */
  readonly update: (values: FieldValues<Fields>) => Writing<void>
  /** Removes one key, or several as one operation, but no key of latchkey. @returns whether any of them existed */
  readonly delete: (keys: string | ReadonlyArray<string>) => Writing<boolean>
  /**
   * Removes `key` and returns its value. Of a session that the device has not proved it returns `undefined`, as `get`.
   */
  readonly pop: <Key extends keyof Fields & string>(key: Key) => Writing<Fields[Key]["Type"] | undefined>
  /** Returns the value under `key`. If there is none, stores `value` first. */
  readonly setDefault: <Key extends keyof Fields & string>(
    key: Key,
    value: Fields[Key]["Type"]
  ) => Writing<Fields[Key]["Type"] | undefined>
  /** Removes all data. The session keeps its key. */
  readonly clear: Writing<void>
  /** Removes all data, the key and the stored row. */
  readonly flush: Writing<void>
  /** Gives the session a new key and keeps its data. */
  readonly cycleKey: Writing<void>
  /** Marks the session as modified, so it is written. Changes inside values that `get` returned are not included. */
  readonly save: Writing<void>
  /** The key of the stored session; `undefined` if it is not stored yet. Never loads the session. */
  readonly key: Effect.Effect<string | undefined, CsrfFailed>
  /** Whether the session has no key and no data. Never loads the session. */
  readonly isEmpty: Effect.Effect<boolean, CsrfFailed>
  /**
   * Sets when the session expires: a number of seconds after each write (0: when the browser closes), an instant, or
   * `null` for the application's settings. Dies with a `TypeError` for an instant if `djangoVersion` is a Django before
   * 4.1, which cannot read it.
   */
  readonly setExpiry: (expiry: number | Date | null) => Writing<void>
  /** The number of seconds until the session expires, if it is written now. */
  readonly expiryAgeSeconds: Looking<number>
  /** When the session expires, if it is written now. */
  readonly expiresAt: Looking<Date>
  /** Whether the session expires when the browser closes. */
  readonly expiresAtBrowserClose: Looking<boolean>
  /** Stores a test value. If a later request finds it, the browser accepts cookies. */
  readonly setTestCookie: Writing<void>
  /** Whether the browser has sent back the cookie of a session with the test value. */
  readonly testCookieWorked: Looking<boolean>
  /** Removes the test value. */
  readonly deleteTestCookie: Writing<void>
  /** The session's values as JSON text: numbers exactly as stored, and also keys without a schema. */
  readonly raw: {
    /** The JSON text under a key; `undefined` if there is none. */
    readonly get: (key: string) => Looking<string | undefined>
    /** All JSON texts, by key. */
    readonly all: Looking<JsonObject>
    /**
     * Stores all of these values as one operation: if one text is not exactly one JSON value, none is stored, and
     * `SessionDataInvalid` names its key. An empty map marks the session as modified too.
     */
    readonly update: (values: JsonObject) => Writing<void>
  }
}
