/** Reads and changes the session of a request. */
import * as Effect from "effect/Effect"
import * as Json from "../../../core/json/json-text.ts"
import * as Data from "../../../core/json/session-data.ts"
import * as Expiry from "../../../core/session/lifetime/expiry.ts"
import type { LoadedSession } from "../../../core/session/value/session.ts"
import * as Session from "../../../core/session/value/session.ts"
import { change, edit, openSession } from "../login/operations.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import type { SessionDraft } from "../scope/session-draft.ts"
import type { Looking, SessionAccess, SessionFields, Writing } from "./session-access.ts"
import { allEncoded, decoded, encoded, invalid, jsonTexts } from "./session-values.ts"

/**
 * {@link SessionAccess} on a scope. Made for every request that uses its session, so each member is created only when
 * it is used.
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
