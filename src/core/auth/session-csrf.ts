/** The CSRF secret where the session keeps it in place of a cookie: Django's CSRF_USE_SESSIONS. */
import * as Secret from "../csrf/secret.ts"
import { type CsrfSettings, kept, sessionDataKey } from "../csrf/slot.ts"
import * as JsonText from "../session/json-text.ts"
import type { LoadedSession } from "../session/session.ts"
import * as Session from "../session/session.ts"
import type { Fresh } from "../transition.ts"

/** What the session holds, for `check`. Reading counts as access. */
export const stored = (session: LoadedSession): string | undefined => {
  const json = Session.get(session, sessionDataKey)
  const value = json === undefined ? undefined : JsonText.read(json)
  return typeof value === "string" ? value : undefined
}

/**
 * A token for a page, other than every token before it. The session is written only where it holds no secret yet, or
 * one in another form.
 *
 * @see Django: django.middleware.csrf.get_token
 */
export const getToken = (
  settings: CsrfSettings,
  session: LoadedSession,
  fresh: Fresh
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

/** Every login replaces the secret, so that a token from before is worth nothing afterwards. */
export const rotated = (settings: CsrfSettings, session: LoadedSession, fresh: Fresh): LoadedSession =>
  holding(session, kept(settings, fresh.csrfSecret, undefined, fresh))

const holding = (session: LoadedSession, text: string): LoadedSession =>
  Session.set(session, sessionDataKey, JsonText.write(text))
