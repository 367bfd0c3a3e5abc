import type { Command } from "../effect.ts"
import type { CookieSettings } from "../http/cookie-settings.ts"
import type { Fresh } from "../transition.ts"

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
}

/** The session key that holds the secret under CSRF_USE_SESSIONS. */
export const sessionDataKey = "_csrftoken"

const secretLength = 32

/** 32 characters (the secret) or 64 (a mask and the masked secret, as Django 4.0 and earlier wrote it). */
const isWellFormed = (text: string): boolean =>
  (text.length === secretLength || text.length === 2 * secretLength) && /^[a-zA-Z0-9]+$/.test(text)

/**
 * The slot at the start of a request. A malformed cookie is replaced by a new secret at once, used or not.
 *
 * @param cookie value of the CSRF cookie
 * @param fresh holds the secret that replaces a malformed one
 */
export const opened = (cookie: string | undefined, fresh: Fresh): CsrfSlot => {
  if (cookie === undefined) return { secret: undefined, dirty: false }
  return isWellFormed(cookie) ? { secret: unmasked(cookie), dirty: false } : { secret: fresh.csrfSecret, dirty: true }
}

/** Every login replaces the secret, so that a token from before is worth nothing afterwards. */
export const rotated = (fresh: Fresh): CsrfSlot => ({ secret: fresh.csrfSecret, dirty: true })

/** What the response says about the secret. Carrying a used secret out again prolongs its life. */
export const respond = (settings: CsrfSettings, slot: CsrfSlot, now: number): ReadonlyArray<Command<never>> => {
  if (!slot.dirty || slot.secret === undefined || settings.useSessions) return []
  const maxAgeSeconds = settings.cookieAgeSeconds
  const lifetime = maxAgeSeconds === undefined ? undefined : { maxAgeSeconds, expiresAt: now + maxAgeSeconds * 1000 }
  return [
    { _tag: "SetCookie", ...settings.cookie, value: slot.secret, lifetime },
    { _tag: "VaryOn", header: "Cookie" }
  ]
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const unmasked = (token: string): string => {
  if (token.length === secretLength) return token
  const [mask, masked] = [token.slice(0, secretLength), token.slice(secretLength)]
  return Array.from(masked, (character, index) => {
    const shifted = letters.indexOf(character) - letters.indexOf(mask.charAt(index))
    return letters.charAt((shifted + letters.length) % letters.length)
  }).join("")
}
