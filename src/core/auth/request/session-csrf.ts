/** The CSRF secret when the session keeps it instead of a cookie: Django's CSRF_USE_SESSIONS. */

import { type CsrfSettings, kept, sessionDataKey } from "../../csrf/csrf-cookie.ts"
import * as Secret from "../../csrf/csrf-secret.ts"
import * as JsonText from "../../json/json-text.ts"
import type { LoadedSession } from "../../session/value/session.ts"
import * as Session from "../../session/value/session.ts"
import type { FreshValues } from "../../transition.ts"

/** The secret's text in the session, for `check`. Marks the session as accessed. */
export const stored = (session: LoadedSession): string | undefined => {
  const json = Session.get(session, sessionDataKey)
  const value = json === undefined ? undefined : JsonText.read(json)
  return typeof value === "string" ? value : undefined
}

/**
 * A CSRF token for a page, different each time. The session changes only if it has no secret yet, or has it in another
 * form than the settings want.
 *
 * @see Django: django.middleware.csrf.get_token
 */
export const getToken = (
  settings: CsrfSettings,
  session: LoadedSession,
  fresh: FreshValues
): { readonly session: LoadedSession; readonly token: string } => {
  const text = stored(session)
  const parsed = text === undefined ? undefined : Secret.parse(text)
  const secret = parsed?._tag === "Secret" ? parsed.secret : fresh.csrfSecret
  const after = kept(settings, secret, text, fresh)
  return {
    session: after === text ? Session.accessed(session) : holding(session, after),
    token: Secret.mask(secret, fresh.csrfMask)
  }
}

/** Replaces the secret, at every login: tokens from before the login are no longer valid. */
export const rotated = (settings: CsrfSettings, session: LoadedSession, fresh: FreshValues): LoadedSession =>
  holding(session, kept(settings, fresh.csrfSecret, undefined, fresh))

const holding = (session: LoadedSession, text: string): LoadedSession =>
  Session.set(session, sessionDataKey, JsonText.write(text))
