import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Json from "../../../core/json/json-text.ts"
import type { JsonObject, JsonText } from "../../../core/json/json-value.ts"
import * as Data from "../../../core/json/session-data.ts"
import * as Expiry from "../../../core/session/expiry.ts"
import type { LoadedSession } from "../../../core/session/session.ts"
import * as Session from "../../../core/session/session.ts"
import { type ChangeRefused, type CsrfFailed, SessionDataInvalid, type StoreUnavailable } from "../../ports/errors.ts"
import { schemaModule } from "../../ports/schema-module.ts"
import { change, edit, openSession } from "../login/operations.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import type { SessionDraft } from "../scope/session-draft.ts"

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
   * Stores a value under `key`. Fails with `SessionDataInvalid` if the value does not match its schema or is no JSON, and
   * for keys that say which user is logged in and for how long: those that begin with `_auth_user_` or `_latchkey_`, and
   * `_session_expiry`. `login`, `logout` and `setExpiry` change these, and `raw.update` all but those of latchkey.
   */
  readonly set: <Key extends keyof Fields & string>(key: Key, value: Fields[Key]["Type"]) => Writing<void>
  /** Whether the session has this key. */
  readonly has: (key: string) => Looking<boolean>
  /** All keys, in the order in which they were set. Includes those of latchkey and Django, such as `_auth_user_id`. */
  readonly keys: Looking<ReadonlyArray<string>>
  /**
   * Stores all of these values as one operation: if one cannot be stored, none is stored, and `SessionDataInvalid`
   * names its key. An empty object marks the session as modified, so it is written. Refuses the keys that `set` refuses:
   * the object may come from a client.
   */
  readonly update: (values: FieldValues<Fields>) => Writing<void>
  /** Removes one key, or several as one operation, but no key of latchkey. @returns whether any of them existed */
  readonly delete: (keys: string | ReadonlyArray<string>) => Writing<boolean>
  /** Removes `key` and returns its value. Of a session that the device has not proved it returns `undefined`, as `get`. */
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
   * `null` for the application's settings. Dies with a `TypeError` for an instant if `djangoVersion` is a Django before 4.1,
   * which cannot read it.
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

/**
 * {@link SessionAccess} on a scope. Made for every request that uses its session, so each member is created only when it
 * is used.
 */
export class RequestSession<User extends object, Fields extends SessionFields> implements SessionAccess<Fields> {
  readonly #services: AuthServices<User>
  readonly #scope: RequestScope<User>
  readonly #fields: Fields | undefined

  /** @param fields the schemas of the values; `undefined` if every key may hold any JSON value */
  constructor(services: AuthServices<User>, scope: RequestScope<User>, fields: Fields | undefined) {
    this.#services = services
    this.#scope = scope
    this.#fields = fields
  }
  get get(): SessionAccess<Fields>["get"] {
    return (key) => Effect.flatMap(this.#loaded, (session) => decoded(this.#fields, key, Data.get(session.data, key)))
  }
  get set(): SessionAccess<Fields>["set"] {
    return (key, value) =>
      Effect.flatMap(encoded(this.#fields, key, value), (text) =>
        unlessKept(
          isLoginKey,
          [key],
          this.#editing("session.set", (draft) => draft.set(key, text))
        )
      )
  }
  get update(): SessionAccess<Fields>["update"] {
    return (values) =>
      Effect.flatMap(allEncoded(this.#fields, values), (texts) =>
        unlessKept(
          isLoginKey,
          texts.keys(),
          this.#editing("session.update", (draft) => draft.update(texts))
        )
      )
  }
  get has(): SessionAccess<Fields>["has"] {
    return (key) => this.#reading((session) => session.data.has(key))
  }
  get keys(): SessionAccess<Fields>["keys"] {
    return this.#reading((session) => [...session.data.keys()])
  }
  get delete(): SessionAccess<Fields>["delete"] {
    return (keys) => {
      const removed: ReadonlyArray<string> = Array.isArray(keys) ? keys : [keys]
      return unlessKept(
        isOwnKey,
        removed,
        this.#editing("session.delete", (draft) => draft.remove(removed))
      )
    }
  }
  get pop(): SessionAccess<Fields>["pop"] {
    return (key) =>
      Effect.flatMap(
        unlessKept(
          isOwnKey,
          [key],
          Effect.flatMap(this.#loaded, (session) =>
            Session.isClosed(session)
              ? Effect.succeed(undefined)
              : this.#editing("session.pop", (draft) => {
                  const text = Data.get(draft.value.data, key)
                  draft.remove([key])
                  return text
                })
          )
        ),
        (text) => decoded(this.#fields, key, text)
      )
  }
  get setDefault(): SessionAccess<Fields>["setDefault"] {
    return (key, value) =>
      Effect.flatMap(encoded(this.#fields, key, value), (text) =>
        Effect.flatMap(
          unlessKept(
            isLoginKey,
            [key],
            this.#editing("session.setDefault", (draft) => draft.setDefault(key, text))
          ),
          (stored) => decoded(this.#fields, key, stored)
        )
      )
  }
  /** The binding to a device is kept, so that session has to be loaded. */
  get clear(): Writing<void> {
    return this.#settings.deviceBound === undefined
      ? this.#blindly("session.clear", Session.clear)
      : this.#writing("session.clear", Session.clear)
  }
  get flush(): Writing<void> {
    return this.#blindly("session.flush", Session.flush)
  }
  get cycleKey(): Writing<void> {
    return this.#writing("session.cycleKey", (session) =>
      Session.cycleKey(session, this.#services.clockAndRandom.sessionKey())
    )
  }
  get save(): Writing<void> {
    return this.#editing("session.save", (draft) => draft.markModified())
  }
  get key(): SessionAccess<Fields>["key"] {
    return this.#scope.verified(
      "session.key",
      Effect.sync(() => this.#scope.session.key)
    )
  }
  get isEmpty(): SessionAccess<Fields>["isEmpty"] {
    return this.#scope.verified(
      "session.isEmpty",
      Effect.sync(() => Session.isEmpty(this.#scope.session))
    )
  }
  get setExpiry(): SessionAccess<Fields>["setExpiry"] {
    return (expiry) => {
      if (!isExpiry(expiry))
        return Effect.fail(
          invalid(Expiry.sessionDataKey, "setExpiry takes a finite number of seconds, a valid Date, or null")
        )
      if (typeof expiry === "object" && expiry !== null && this.#settings.refusesInstants === true)
        return Effect.die(
          new TypeError("a Django before 4.1, as `djangoVersion` says, cannot read a session that ends at an instant")
        )
      return this.#editing("session.setExpiry", (draft) => {
        if (expiry === null) draft.remove([Expiry.sessionDataKey])
        else
          draft.set(
            Expiry.sessionDataKey,
            typeof expiry === "number"
              ? Expiry.afterSeconds(expiry)
              : Expiry.atInstant(expiry.getTime(), this.#settings.clock)
          )
      })
    }
  }
  get expiryAgeSeconds(): Looking<number> {
    return this.#reading(({ data }) => Expiry.ageSeconds(data, this.#settings, this.#now()))
  }
  get expiresAt(): Looking<Date> {
    return this.#reading(({ data }) => new Date(Expiry.expiresAt(data, this.#settings, this.#now())))
  }
  get expiresAtBrowserClose(): Looking<boolean> {
    return this.#reading(({ data }) => Expiry.isAtBrowserClose(data, this.#settings))
  }
  get setTestCookie(): Writing<void> {
    return this.#editing("session.setTestCookie", (draft) => draft.set(testCookie, worked))
  }
  get testCookieWorked(): Looking<boolean> {
    return this.#reading(({ data }) => Data.get(data, testCookie) === worked)
  }
  get deleteTestCookie(): Writing<void> {
    return Effect.asVoid(this.#editing("session.deleteTestCookie", (draft) => draft.remove([testCookie])))
  }
  get raw(): SessionAccess<Fields>["raw"] {
    return {
      get: (key) => this.#reading(({ data }) => Data.get(data, key)),
      all: this.#reading(({ data }) => Data.values(data)),
      update: (values) =>
        Effect.flatMap(jsonTexts(values), (texts) =>
          unlessKept(
            isOwnKey,
            texts.keys(),
            this.#editing("session.raw.update", (draft) => draft.update(texts))
          )
        )
    }
  }

  get #loaded() {
    return openSession(this.#services, this.#scope, "session")
  }
  get #settings() {
    return this.#services.settings.session
  }
  #now(): number {
    return this.#services.clockAndRandom.now()
  }
  #reading<A>(read: (session: LoadedSession) => A): Looking<A> {
    return Effect.map(this.#loaded, read)
  }
  #writing(operation: string, write: (session: LoadedSession) => LoadedSession): Writing<void> {
    return change(this.#services, this.#scope, operation, (session) => [write(session), undefined])
  }
  #editing<A>(operation: string, apply: (draft: SessionDraft) => A): Writing<A> {
    return edit(this.#services, this.#scope, operation, apply)
  }
  /** Changes that do not need the stored session, so it is not loaded. */
  #blindly(operation: string, write: (session: Session.Session) => Session.Session): Writing<void> {
    return this.#scope.exclusively(
      operation,
      Effect.sync(() => {
        this.#scope.session = write(this.#scope.session)
      })
    )
  }
}

/** Whether a value is a valid expiry. The value may come from a client. `NaN` and `Infinity` are not valid. */
const isExpiry = (expiry: unknown): boolean =>
  expiry === null ||
  (typeof expiry === "number" && Number.isFinite(expiry)) ||
  (expiry instanceof Date && !Number.isNaN(expiry.getTime()))

/** The error for a value that cannot be stored. */
const invalid = (key: string, reason: string): SessionDataInvalid => new SessionDataInvalid({ key, reason })

/** Keys that only latchkey writes: the record of the login, and the binding to a device. */
const isOwnKey = (key: unknown): boolean => typeof key === "string" && key.startsWith("_latchkey_")

/** Keys that say which user is logged in, since when, and for how long. */
const isLoginKey = (key: string): boolean =>
  isOwnKey(key) || key.startsWith("_auth_user_") || key === Expiry.sessionDataKey

/** Makes a change, or fails if it is about a key that other operations keep. The keys may come from a client. */
const unlessKept = <A>(isKept: (key: string) => boolean, keys: Iterable<string>, write: Writing<A>): Writing<A> => {
  // A JavaScript caller can pass a key of any type.
  for (const key of keys) if (isKept(key)) return Effect.fail(invalid(key, keptBy(key)))
  return write
}

const keptBy = (key: string): string => {
  if (isOwnKey(key)) return "only latchkey changes this key"
  return key === Expiry.sessionDataKey
    ? "setExpiry changes this key"
    : "login and logout change this key; session.raw.update can, for example to copy a session of Django"
}

const testCookie = "testcookie"
const worked = Json.write("worked")

const codecOf = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key
): Fields[Key] | undefined => (fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined)

const decoded = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key,
  text: JsonText | undefined
): Effect.Effect<Fields[Key]["Type"] | undefined, SessionDataInvalid> => {
  if (text === undefined) return Effect.succeed(undefined)
  const value = Json.read(text)
  const codec = codecOf(fields, key)
  if (codec === undefined) return Effect.succeed(value)
  return Effect.flatMap(schemaModule, (Schema) => {
    const result = Schema.decodeUnknownResult(codec)(value)
    return Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(SessionDataInvalid.stored(key))
  })
}

const encoded = <Fields extends SessionFields, Key extends keyof Fields & string>(
  fields: Fields | undefined,
  key: Key,
  value: Fields[Key]["Type"]
): Effect.Effect<JsonText, SessionDataInvalid> => {
  if (typeof key !== "string") return Effect.fail(invalid("", "a key must be a string"))
  const codec = codecOf(fields, key)
  if (codec === undefined) return written(key, value)
  return Effect.flatMap(schemaModule, (Schema) => {
    const result = Schema.encodeUnknownResult(codec)(value)
    return Result.isSuccess(result)
      ? written(key, result.success)
      : Effect.fail(invalid(key, "the value does not fit its schema"))
  })
}

const written = (key: string, value: unknown): Effect.Effect<JsonText, SessionDataInvalid> =>
  Effect.try({
    try: () => Json.write(value),
    catch: (error) => invalid(key, error instanceof Json.NotJson ? error.reason : "the value is not JSON")
  })

const allEncoded = <Fields extends SessionFields>(
  fields: Fields | undefined,
  values: FieldValues<Fields>
): Effect.Effect<JsonObject, SessionDataInvalid> => {
  if (typeof values !== "object" || values === null || Symbol.iterator in values)
    return Effect.fail(
      invalid("", "session.update takes an object of values; session.raw.update takes a Map of JSON texts")
    )
  return Effect.map(
    Effect.forEach(Object.entries(values), ([key, value]) =>
      Effect.map(encoded(fields, key, value), (text) => [key, text] as const)
    ),
    (texts) => new Map(texts)
  )
}

/** Checks the texts, because a JavaScript caller can pass any. A text of two members would add keys to the session. */
const jsonTexts = (values: JsonObject): Effect.Effect<JsonObject, SessionDataInvalid> =>
  values instanceof Map
    ? Effect.map(Effect.forEach(values, jsonText), (texts) => new Map(texts))
    : Effect.fail(invalid("", "session.raw.update takes a Map of JSON texts"))

const jsonText = ([key, text]: readonly [unknown, unknown]): Effect.Effect<
  readonly [string, JsonText],
  SessionDataInvalid
> => {
  if (typeof key !== "string") return Effect.fail(invalid("", "a key must be a string"))
  const value = typeof text === "string" ? Json.parseValue(text) : undefined
  return value === undefined ? Effect.fail(invalid(key, notOneValue)) : Effect.succeed([key, value])
}

const notOneValue = `session.raw.update takes the text of one JSON value, nested at most ${Json.deepestWritten} deep`
