/**
 * The CSRF secret of one request when a cookie keeps it. (With CSRF_USE_SESSIONS the session keeps it: see
 * `auth/request/session-csrf.ts`.)
 *
 * | event                         | secret                   | the response sets the cookie       |
 * | ----------------------------- | ------------------------ | ---------------------------------- |
 * | no cookie                     | none                     | no                                 |
 * | a well-formed cookie          | the cookie's             | no                                 |
 * | a malformed cookie            | a new one (*)            | yes                                |
 * | the application gets a token  | the same, or a new one   | yes: this extends its lifetime     |
 * | rotation, at every login      | a new one                | yes                                |
 *
 * (*) With `keepsMalformed`: as without a cookie.
 */
import type { Command } from "../effect.ts"
import type { CookieSettings } from "../http/cookies/cookie-settings.ts"
import type { FreshValues, Moment } from "../transition.ts"
import * as Secret from "./csrf-secret.ts"

/** The CSRF secret of this request, until the response is sent. */
export interface CsrfCookieState {
  /** 32 characters. `undefined` until the client sends one or the application gets a token. */
  readonly secret: string | undefined
  /** The secret was used or replaced: the response sets the cookie, with any status. */
  readonly dirty: boolean
}

/** Django's CSRF_COOKIE_* settings and CSRF_USE_SESSIONS. */
export interface CsrfSettings {
  /** CSRF_COOKIE_NAME, _PATH, _DOMAIN, _SECURE, _HTTPONLY and _SAMESITE. */
  readonly cookie: CookieSettings
  /** CSRF_COOKIE_AGE; `undefined`: until the browser closes. */
  readonly cookieAgeSeconds: number | undefined
  /** CSRF_USE_SESSIONS: the session keeps the secret instead of a cookie. */
  readonly useSessions: boolean
  /**
   * The cookie or session keeps the secret masked: Django before 4.1, or CSRF_COOKIE_MASKED. Default false. Both forms
   * are accepted in either case.
   */
  readonly masksSecret?: boolean
  /**
   * A malformed cookie is replaced only when the application gets a token, as in Django 3.2, not before. Default
   * false.
   */
  readonly keepsMalformed?: boolean
}

/** The key in the session data that holds the secret with CSRF_USE_SESSIONS. */
export const sessionDataKey = "_csrftoken"

/**
 * The state at the start of a request. A malformed cookie is replaced by a new secret immediately, even if it is not
 * used.
 *
 * @param cookie value of the CSRF cookie
 * @param fresh has the secret that replaces a malformed one
 */
export const opened = (settings: CsrfSettings, cookie: string | undefined, fresh: FreshValues): CsrfCookieState => {
  const parsed = cookie === undefined ? undefined : Secret.parse(cookie)
  if (parsed?._tag === "Secret") return { secret: parsed.secret, dirty: false }
  return parsed === undefined || settings.keepsMalformed === true ? { secret: undefined, dirty: false } : rotated(fresh)
}

/**
 * A token for a page or a script, different each time.
 *
 * @see Django: django.middleware.csrf.get_token
 */
export const getToken = (
  slot: CsrfCookieState,
  fresh: FreshValues
): { readonly slot: CsrfCookieState; readonly token: string } => {
  const secret = slot.secret ?? fresh.csrfSecret
  return { slot: { secret, dirty: true }, token: Secret.mask(secret, fresh.csrfMask) }
}

/**
 * Replaces the secret, at every login: tokens from before the login are no longer valid.
 *
 * @see Django: django.middleware.csrf.rotate_token
 */
export const rotated = (fresh: FreshValues): CsrfCookieState => ({ secret: fresh.csrfSecret, dirty: true })

/**
 * The effects that set the cookie, if the secret was used or replaced. Sending a used secret again extends the cookie's
 * lifetime.
 *
 * @param cookie value of the CSRF cookie as the client sent it; if it is masked, its mask is kept
 */
export const respond = (
  settings: CsrfSettings,
  slot: CsrfCookieState,
  cookie: string | undefined,
  { fresh, now }: Moment
): ReadonlyArray<Command<never>> => {
  if (!slot.dirty || slot.secret === undefined || settings.useSessions) return []
  const maxAgeSeconds = settings.cookieAgeSeconds
  const lifetime = maxAgeSeconds === undefined ? undefined : { maxAgeSeconds, expiresAt: now + maxAgeSeconds * 1000 }
  const value = kept(settings, slot.secret, cookie, fresh)
  return [
    { _tag: "SetCookie", ...settings.cookie, value, lifetime },
    { _tag: "VaryOn", header: "Cookie" }
  ]
}

/**
 * A secret in the form in which cookies and sessions keep it.
 *
 * @param before the text that is kept now; it is returned if it holds this secret in the right form
 * @param fresh has the mask, if one is needed
 */
export const kept = (
  { masksSecret = false }: CsrfSettings,
  secret: string,
  before: string | undefined,
  fresh: FreshValues
): string => {
  if (!masksSecret) return secret
  const parsed = before === undefined || before === secret ? undefined : Secret.parse(before)
  const isKept = parsed?._tag === "Secret" && Secret.isSame(parsed.secret, secret)
  return before !== undefined && isKept ? before : Secret.mask(secret, fresh.csrfMask)
}
