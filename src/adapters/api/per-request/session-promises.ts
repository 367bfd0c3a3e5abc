import * as Effect from "effect/Effect"
import type { SessionAccess, SessionFields } from "../../request/session/session-access.ts"
import type { PromisedSession } from "./promises.ts"
import { runPromise } from "./run-promise.ts"

/**
 * A session with Promises: each function runs the Effect of the same name. Made for every request that uses its
 * session, so each member is created only when it is used.
 */
export class SessionPromises<Fields extends SessionFields> implements PromisedSession<Fields> {
  readonly #of: { readonly effects: { readonly session: SessionAccess<Fields> } }
  #opened: SessionAccess<Fields> | undefined

  /** @param of asked for the session when a function is used */
  constructor(of: { readonly effects: { readonly session: SessionAccess<Fields> } }) {
    this.#of = of
  }
  get #session(): SessionAccess<Fields> {
    this.#opened ??= this.#of.effects.session
    return this.#opened
  }
  get get(): PromisedSession<Fields>["get"] {
    return (key) => runPromise(this.#session.get(key))
  }
  get set(): PromisedSession<Fields>["set"] {
    return (key, value) => runPromise(this.#session.set(key, value))
  }
  get has(): PromisedSession<Fields>["has"] {
    return (key) => runPromise(this.#session.has(key))
  }
  get keys(): PromisedSession<Fields>["keys"] {
    return () => runPromise(this.#session.keys)
  }
  get update(): PromisedSession<Fields>["update"] {
    return (values) => runPromise(this.#session.update(values))
  }
  get delete(): PromisedSession<Fields>["delete"] {
    return (keys) => runPromise(this.#session.delete(keys))
  }
  get pop(): PromisedSession<Fields>["pop"] {
    return (key) => runPromise(this.#session.pop(key))
  }
  get setDefault(): PromisedSession<Fields>["setDefault"] {
    return (key, value) => runPromise(this.#session.setDefault(key, value))
  }
  get clear(): PromisedSession<Fields>["clear"] {
    return () => runPromise(this.#session.clear)
  }
  get flush(): PromisedSession<Fields>["flush"] {
    return () => runPromise(this.#session.flush)
  }
  get cycleKey(): PromisedSession<Fields>["cycleKey"] {
    return () => runPromise(this.#session.cycleKey)
  }
  get save(): PromisedSession<Fields>["save"] {
    return () => runPromise(this.#session.save)
  }
  get key(): PromisedSession<Fields>["key"] {
    return () => Effect.runSync(this.#session.key)
  }
  get isEmpty(): PromisedSession<Fields>["isEmpty"] {
    return () => Effect.runSync(this.#session.isEmpty)
  }
  get setExpiry(): PromisedSession<Fields>["setExpiry"] {
    return (expiry) => runPromise(this.#session.setExpiry(expiry))
  }
  get expiryAgeSeconds(): PromisedSession<Fields>["expiryAgeSeconds"] {
    return () => runPromise(this.#session.expiryAgeSeconds)
  }
  get expiresAt(): PromisedSession<Fields>["expiresAt"] {
    return () => runPromise(this.#session.expiresAt)
  }
  get expiresAtBrowserClose(): PromisedSession<Fields>["expiresAtBrowserClose"] {
    return () => runPromise(this.#session.expiresAtBrowserClose)
  }
  get setTestCookie(): PromisedSession<Fields>["setTestCookie"] {
    return () => runPromise(this.#session.setTestCookie)
  }
  get testCookieWorked(): PromisedSession<Fields>["testCookieWorked"] {
    return () => runPromise(this.#session.testCookieWorked)
  }
  get deleteTestCookie(): PromisedSession<Fields>["deleteTestCookie"] {
    return () => runPromise(this.#session.deleteTestCookie)
  }
  get raw(): PromisedSession<Fields>["raw"] {
    const { raw } = this.#session
    return {
      get: (key) => runPromise(raw.get(key)),
      all: () => runPromise(raw.all),
      update: (values) => runPromise(raw.update(values))
    }
  }
}
