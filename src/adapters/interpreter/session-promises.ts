import * as Effect from "effect/Effect"
import type { SessionData } from "../../core/session/data.ts"
import type { FieldValues, SessionAccess, SessionFields } from "./session-access.ts"

/** {@link SessionAccess}, as Promises. */
export interface PromisedSession<Fields extends SessionFields> {
  /**
   * The value under `key`; `undefined` if there is none. It is a copy: a change inside it is stored by setting the whole
   * value again.
   */
  readonly get: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  readonly set: <Key extends keyof Fields & string>(key: Key, value: Fields[Key]["Type"]) => Promise<void>
  readonly has: (key: string) => Promise<boolean>
  readonly keys: () => Promise<ReadonlyArray<string>>
  /**
   * Stores all of these values, as one operation: if one cannot be stored, none is, and `SessionDataInvalid` names its
   * key. An empty object marks the session to be written.
   */
  readonly update: (values: FieldValues<Fields>) => Promise<void>
  /** Removes a key, or several as one operation. @returns whether any of them was there */
  readonly delete: (keys: string | ReadonlyArray<string>) => Promise<boolean>
  /** The value under `key`, which is removed. */
  readonly pop: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  /** The value under `key`; stores `value` there first if there is none. */
  readonly setDefault: <Key extends keyof Fields & string>(
    key: Key,
    value: Fields[Key]["Type"]
  ) => Promise<Fields[Key]["Type"] | undefined>
  /** Empties the session, which keeps its key. */
  readonly clear: () => Promise<void>
  /** Removes the session with its key and its row. */
  readonly flush: () => Promise<void>
  /** A new key for the same data. */
  readonly cycleKey: () => Promise<void>
  /** Marks the session to be written, with what was set. Changes inside values that `get` returned are not among it. */
  readonly save: () => Promise<void>
  /** The key under which the session is stored, if it is by now. Never loads. */
  readonly key: () => string | undefined
  /** No key and no data. Never loads. */
  readonly isEmpty: () => boolean
  /** Seconds after each write (0: with the browser), an instant, or `null` for the application's policy. */
  readonly setExpiry: (expiry: number | Date | null) => Promise<void>
  readonly expiryAgeSeconds: () => Promise<number>
  readonly expiresAt: () => Promise<Date>
  readonly expiresAtBrowserClose: () => Promise<boolean>
  readonly setTestCookie: () => Promise<void>
  readonly testCookieWorked: () => Promise<boolean>
  readonly deleteTestCookie: () => Promise<void>
  /** The session as JSON text: numbers as they were written, keys that no schema knows. */
  readonly raw: {
    readonly get: (key: string) => Promise<string | undefined>
    readonly all: () => Promise<SessionData>
    readonly update: (values: SessionData) => Promise<void>
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
