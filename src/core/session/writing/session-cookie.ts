/** The cookie of a session that was written, or that is gone. */
import type { DeleteCookie, SetCookie } from "../../effect.ts"
import type { SessionKey } from "../../session-key.ts"
import * as Expiry from "../lifetime/expiry.ts"
import * as Lifetime from "../lifetime/lifetime.ts"
import type { LoadedSession } from "../value/session.ts"
import type { SessionSettings } from "../value/session-settings.ts"

/** The cookie with the key of the session, which lasts as long as the session. */
export const cookieWith = (
  settings: SessionSettings,
  session: LoadedSession,
  key: SessionKey,
  now: number
): SetCookie => {
  const maxAgeSeconds = Math.min(Expiry.ageSeconds(session.data, settings, now), rowAgeSeconds(settings, session, now))
  const lifetime = Expiry.isAtBrowserClose(session.data, settings)
    ? undefined
    : { maxAgeSeconds, expiresAt: now + maxAgeSeconds * 1000 }
  return { _tag: "SetCookie", ...settings.cookie, value: key, lifetime }
}

/** The seconds until the row expires that was written when the session was seen: the cookie must not last longer. */
const rowAgeSeconds = (settings: SessionSettings, { data }: LoadedSession, now: number): number => {
  const seen = settings.lifetime === undefined ? undefined : Lifetime.seenAt(data)
  if (seen === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, Math.floor((Expiry.expiresAt(data, settings, seen) - now) / 1000))
}

/** Makes the browser delete the cookie. */
export const deletion = ({ cookie }: SessionSettings): DeleteCookie => {
  const { httpOnly: _, secure: __, ...scope } = cookie
  return { _tag: "DeleteCookie", ...scope }
}
