/** Settings, keys and users for the tests of `src/core/auth`. */

import { settings as makeSettings } from "../../../src/core/auth/state/auth-settings.ts"
import type { AuthSettings, RequestState } from "../../../src/core/auth/state/request-state.ts"
import * as Json from "../../../src/core/json/json-text.ts"
import type { SessionData } from "../../../src/core/json/session-data.ts"
import * as Data from "../../../src/core/json/session-data.ts"
import * as Session from "../../../src/core/session/value/session.ts"
import * as SessionKey from "../../../src/core/session-key.ts"
import type { Moment } from "../../../src/core/transition.ts"

export interface User {
  readonly name: string
}

export const now = 1_700_000_000_000
export const model = "django.contrib.auth.backends.ModelBackend"
export const key = (letter: string): SessionKey.SessionKey => SessionKey.parse(letter.repeat(32))!
export const oldKey = key("k")
export const newKey = key("n")
export const moment: Moment = {
  now,
  fresh: { sessionKey: newKey, csrfSecret: "S".repeat(32), csrfMask: "M".repeat(32) }
}

export const settingsWith = (
  secretKey: string,
  secretKeyFallbacks: ReadonlyArray<string> = [],
  backends = [model]
): AuthSettings => makeSettings({ secretKey, secretKeyFallbacks, backends })

export const settings = settingsWith("secret-key")

export const request: RequestState<User> = {
  sessionCookiePresented: true,
  csrf: { secret: "s".repeat(32), dirty: false },
  csrfCookie: "s".repeat(32),
  user: undefined,
  prefetched: undefined
}

export const dataOf = (values: Record<string, unknown>): SessionData =>
  Data.of(Object.entries(values).map(([name, value]) => [name, Json.write(value)]))

export const plain = (data: SessionData): Record<string, unknown> =>
  Object.fromEntries([...Data.values(data)].map(([name, text]) => [name, Json.read(text)]))

/** A session that was read and holds these values. */
export const read = (values: Record<string, unknown>): Session.LoadedSession =>
  Session.found(Session.fromCookie(oldKey), "text", dataOf(values))

export const identity = (id: string, hash: string, backend = model) => ({
  _auth_user_id: id,
  _auth_user_backend: backend,
  _auth_user_hash: hash
})
