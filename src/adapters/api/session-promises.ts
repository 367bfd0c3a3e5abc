import * as Effect from "effect/Effect"
import type { JsonObject } from "../../core/json/json-value.ts"
import type { FieldValues, SessionAccess, SessionFields } from "../request/session-access.ts"

/** {@link SessionAccess}, as Promises. */
export interface PromisedSession<Fields extends SessionFields> {
  /**
   * The value under `key`; `undefined` if there is none. It is a copy: to store a change inside it, set the whole value
   * again.
   */
  readonly get: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  /**
   * Stores a value under `key`. Rejects with `SessionDataInvalid` if the value does not match its schema or is no JSON.
   */
  readonly set: <Key extends keyof Fields & string>(key: Key, value: Fields[Key]["Type"]) => Promise<void>
  /** Whether the session has this key. */
  readonly has: (key: string) => Promise<boolean>
  /** All keys, in the order in which they were set. Includes those of latchkey and Django, such as `_auth_user_id`. */
  readonly keys: () => Promise<ReadonlyArray<string>>
  /**
   * Stores all of these values as one operation: if one cannot be stored, none is stored, and `SessionDataInvalid`
   * names its key. An empty object marks the session as modified, so it is written.
   */
  readonly update: (values: FieldValues<Fields>) => Promise<void>
  /** Removes one key, or several as one operation. @returns whether any of them existed */
  readonly delete: (keys: string | ReadonlyArray<string>) => Promise<boolean>
  /** Removes `key` and returns its value. */
  readonly pop: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  /** Returns the value under `key`. If there is none, stores `value` first. */
  readonly setDefault: <Key extends keyof Fields & string>(
    key: Key,
    value: Fields[Key]["Type"]
  ) => Promise<Fields[Key]["Type"] | undefined>
  /** Removes all data. The session keeps its key. */
  readonly clear: () => Promise<void>
  /** Removes all data, the key and the stored row. */
  readonly flush: () => Promise<void>
  /** Gives the session a new key and keeps its data. */
  readonly cycleKey: () => Promise<void>
  /** Marks the session as modified, so it is written. Changes inside values that `get` returned are not included. */
  readonly save: () => Promise<void>
  /** The key of the stored session; `undefined` if it is not stored yet. Never loads the session. */
  readonly key: () => string | undefined
  /** Whether the session has no key and no data. Never loads the session. */
  readonly isEmpty: () => boolean
  /**
   * Sets when the session expires: a number of seconds after each write (0: when the browser closes), an instant, or
   * `null` for the application's settings.
   */
  readonly setExpiry: (expiry: number | Date | null) => Promise<void>
  /** The number of seconds until the session expires, if it is written now. */
  readonly expiryAgeSeconds: () => Promise<number>
  /** When the session expires, if it is written now. */
  readonly expiresAt: () => Promise<Date>
  /** Whether the session expires when the browser closes. */
  readonly expiresAtBrowserClose: () => Promise<boolean>
  /** Stores a test value. If a later request finds it, the browser accepts cookies. */
  readonly setTestCookie: () => Promise<void>
  /** Whether the browser has sent back the cookie of a session with the test value. */
  readonly testCookieWorked: () => Promise<boolean>
  /** Removes the test value. */
  readonly deleteTestCookie: () => Promise<void>
  /** The session's values as JSON text: numbers exactly as stored, and also keys without a schema. */
  readonly raw: {
    /** The JSON text under a key; `undefined` if there is none. */
    readonly get: (key: string) => Promise<string | undefined>
    /** All JSON texts, by key. */
    readonly all: () => Promise<JsonObject>
    /** Stores all of these values. An empty map marks the session as modified too. */
    readonly update: (values: JsonObject) => Promise<void>
  }
}

export const promised = <Fields extends SessionFields>(session: SessionAccess<Fields>): PromisedSession<Fields> => {
  const run = Effect.runPromise
  return {
    get: (key) => run(session.get(key)),
    set: (key, value) => run(session.set(key, value)),
    has: (key) => run(session.has(key)),
    keys: () => run(session.keys),
    update: (values) => run(session.update(values)),
    delete: (keys) => run(session.delete(keys)),
    pop: (key) => run(session.pop(key)),
    setDefault: (key, value) => run(session.setDefault(key, value)),
    clear: () => run(session.clear),
    flush: () => run(session.flush),
    cycleKey: () => run(session.cycleKey),
    save: () => run(session.save),
    key: () => Effect.runSync(session.key),
    isEmpty: () => Effect.runSync(session.isEmpty),
    setExpiry: (expiry) => run(session.setExpiry(expiry)),
    expiryAgeSeconds: () => run(session.expiryAgeSeconds),
    expiresAt: () => run(session.expiresAt),
    expiresAtBrowserClose: () => run(session.expiresAtBrowserClose),
    setTestCookie: () => run(session.setTestCookie),
    testCookieWorked: () => run(session.testCookieWorked),
    deleteTestCookie: () => run(session.deleteTestCookie),
    raw: {
      get: (key) => run(session.raw.get(key)),
      all: () => run(session.raw.all),
      update: (values) => run(session.raw.update(values))
    }
  }
}
