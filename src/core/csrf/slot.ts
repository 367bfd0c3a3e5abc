/**
 * The CSRF secret of one request, where it is kept in a cookie. (Under CSRF_USE_SESSIONS the session keeps it: see
 * `auth/session-csrf.ts`.)
 *
 * | what happens              | secret                   | the cookie goes out             |
 * | ------------------------- | ------------------------ | ------------------------------- |
 * | no cookie                 | none                     | no                              |
 * | a good cookie             | the cookie's             | no                              |
 * | a malformed cookie        | a new one (*)            | yes                             |
 * | somebody asks for a token | the same, or a new one   | yes: using it prolongs its life |
 * | rotated, at every login   | a new one                | yes                             |
 *
 * (*) Under `keepsMalformed`, as without a cookie.
 */
import type { Command } from "../effect.ts"
import type { CookieSettings } from "../http/cookie-settings.ts"
import type { Fresh, Moment } from "../transition.ts"
import * as Secret from "./secret.ts"

/** Where the CSRF secret of this request lives until the response leaves. */
export interface CsrfSlot {
  /** 32 characters; `undefined` until the browser brings one or somebody asks for a token. */
  readonly secret: string | undefined
  /** The secret was used or replaced: the cookie goes out with the response, whatever its status. */
  readonly dirty: boolean
}

/** Django's CSRF_COOKIE_* settings and CSRF_USE_SESSIONS. */
export interface CsrfSettings {
  readonly cookie: CookieSettings
  /** CSRF_COOKIE_AGE; `undefined`: until the browser closes. */
  readonly cookieAgeSeconds: number | undefined
  /** CSRF_USE_SESSIONS: the secret lives in the session instead of a cookie. */
  readonly useSessions: boolean
  /**
   * The secret is kept under a mask, in the cookie and in the session: Django before 4.1, or with CSRF_COOKIE_MASKED.
   * Default false. Either form is read, whatever this says.
   */
  readonly masksSecret?: boolean
  /** A malformed cookie is replaced when a secret is wanted, as by Django 3.2, instead of at once. Default false. */
  readonly keepsMalformed?: boolean
}

/** The session key that holds the secret under CSRF_USE_SESSIONS. */
export const sessionDataKey = "_csrftoken"

/**
 * The slot at the start of a request. A malformed cookie is replaced by a new secret at once, used or not.
 *
 * @param cookie value of the CSRF cookie
 * @param fresh holds the secret that replaces a malformed one
 */
export const opened = (settings: CsrfSettings, cookie: string | undefined, fresh: Fresh): CsrfSlot => {
  const parsed = cookie === undefined ? undefined : Secret.parse(cookie)
  if (parsed?._tag === "Secret") return { secret: parsed.secret, dirty: false }
  return parsed === undefined || settings.keepsMalformed === true ? { secret: undefined, dirty: false } : rotated(fresh)
}

/**
 * A token for a page or a script, other than every token before it.
 *
 * @see Django: django.middleware.csrf.get_token
 */
export const getToken = (slot: CsrfSlot, fresh: Fresh): { readonly slot: CsrfSlot; readonly token: string } => {
  const secret = slot.secret ?? fresh.csrfSecret
  return { slot: { secret, dirty: true }, token: Secret.mask(secret, fresh.csrfMask) }
}

/**
 * Every login replaces the secret, so that a token from before is worth nothing afterwards.
 *
 * @see Django: django.middleware.csrf.rotate_token
 */
export const rotated = (fresh: Fresh): CsrfSlot => ({ secret: fresh.csrfSecret, dirty: true })

/**
 * What the response says about the secret. Carrying a used secret out again prolongs its life.
 *
 * @param cookie value of the CSRF cookie as it came: where the secret is masked, its mask stays
 */
export const respond = (
  settings: CsrfSettings,
  slot: CsrfSlot,
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
 * A secret as browsers and sessions keep it.
 *
 * @param before what is kept now; stays where it is this secret in the right form
 * @param fresh holds the mask, where one is wanted
 */
export const kept = (
  { masksSecret = false }: CsrfSettings,
  secret: string,
  before: string | undefined,
  fresh: Fresh
): string => {
  if (!masksSecret) return secret
  const parsed = before === undefined || before === secret ? undefined : Secret.parse(before)
  const isKept = parsed?._tag === "Secret" && Secret.isSame(parsed.secret, secret)
  return before !== undefined && isKept ? before : Secret.mask(secret, fresh.csrfMask)
}
