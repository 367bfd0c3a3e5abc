/** The attributes of the session cookie or the CSRF cookie: Django's SESSION_COOKIE_* and CSRF_COOKIE_* settings. */
export interface CookieSettings {
  readonly name: string
  readonly path: string
  /** `undefined`: no Domain attribute, so the cookie is for this host only. */
  readonly domain: string | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  /** `false`: the attribute is left out. */
  readonly sameSite: "Lax" | "Strict" | "None" | false
}
