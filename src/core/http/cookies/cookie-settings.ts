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
  /** Whether the browser keeps one cookie for each site that embeds this one (CHIPS). */
  readonly partitioned?: true
}

/** The options of a cookie. Browsers must be able to store it: others are refused at start. */
export interface CookieOptions {
  /** The cookie's name. */
  readonly name?: string
  /** The attribute `Path`. Default `/`. */
  readonly path?: string
  /** The attribute `Domain`. By default it is absent: the cookie is for this host only. */
  readonly domain?: string | undefined
  /**
   * Whether browsers send the cookie over https only. Default false, as in Django; true is right for every site on
   * https.
   */
  readonly secure?: boolean
  /**
   * Whether scripts of the page cannot read the cookie. Default true for the session cookie, false for the CSRF cookie.
   */
  readonly httpOnly?: boolean
  /** `false` leaves the attribute out. */
  readonly sameSite?: "Lax" | "Strict" | "None" | false
  /**
   * For an application inside frames of other sites: the browser keeps a separate cookie for each site that embeds it
   * (CHIPS). Needs `secure: true` and `sameSite: "None"`. Django cannot set the attribute. Default false.
   */
  readonly partitioned?: boolean
}

/**
 * The attributes of a cookie, with Django's defaults.
 *
 * @param name the default of `name`
 * @param httpOnly the default of `httpOnly`
 */
export const cookieSettings = (name: string, httpOnly: boolean, options: CookieOptions = {}): CookieSettings => ({
  name: options.name ?? name,
  path: options.path ?? "/",
  domain: options.domain,
  secure: options.secure ?? false,
  httpOnly: options.httpOnly ?? httpOnly,
  sameSite: options.sameSite ?? "Lax",
  ...(options.partitioned === true ? { partitioned: true } : {})
})
