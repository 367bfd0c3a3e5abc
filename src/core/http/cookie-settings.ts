/** How one of our cookies is written: the attributes of Django's SESSION_COOKIE_* and CSRF_COOKIE_* settings. */
export interface CookieSettings {
  readonly name: string
  readonly path: string
  /** `undefined`: this host only. */
  readonly domain: string | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  /** `false`: the attribute is left out. */
  readonly sameSite: "Lax" | "Strict" | "None" | false
}
