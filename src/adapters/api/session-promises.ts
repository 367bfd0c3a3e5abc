import * as Effect from "effect/Effect"
import type { SessionAccess, SessionFields } from "../request/session-access.ts"
import type { PromisedSession } from "./promises.ts"

/** The functions of a session with Promises: each runs the Effect of the same name. */
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
