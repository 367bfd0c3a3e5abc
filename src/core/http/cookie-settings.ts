/** The attributes of the session cookie or the CSRF cookie: Django's SESSION_COOKIE_* and CSRF_COOKIE_* settings. */
export interface CookieSettings {
  /** The cookie's name. */
  readonly name: string
  /** The attribute `Path`. */
  readonly path: string
  /** `undefined`: no Domain attribute, so the cookie is for this host only. */
  readonly domain: string | undefined
  /** Whether browsers send the cookie over https only. */
  readonly secure: boolean
  /** Whether scripts of the page cannot read the cookie. */
  readonly httpOnly: boolean
  /** `false`: the attribute is left out. */
  readonly sameSite: "Lax" | "Strict" | "None" | false
}
