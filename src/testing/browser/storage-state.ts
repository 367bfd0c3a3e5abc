import type { Cookie } from "./cookie-jar.ts"

/** What Playwright's `browser.newContext({ storageState })` takes. */
export interface StorageState {
  /** The cookies of the site. */
  readonly cookies: Array<{
    /** The cookie's name. */
    name: string
    /** The cookie's value. */
    value: string
    /** The host, with a leading dot if subdomains get the cookie too. */
    domain: string
    /** The attribute `Path`. */
    path: string
    /** Epoch seconds; -1: when the browser closes. */
    expires: number
    /** Whether scripts of the page cannot read the cookie. */
    httpOnly: boolean
    /** Whether the cookie is sent over https only. */
    secure: boolean
    /** The attribute `SameSite`. */
    sameSite: "Strict" | "Lax" | "None"
  }>
  /** Nothing: local storage is not part of a session. */
  readonly origins: Array<never>
}

/**
 * @param from the site that the cookies are of
 * @param to the same site, as the real browser reaches it
 * @param now the time of the cookies' clock, which may differ from that of the real browser
 */
export const storageStateOf = (
  cookies: ReadonlyArray<Cookie>,
  { from, now, to }: { readonly from: URL; readonly to: URL; readonly now: number }
): StorageState => ({
  cookies: cookies.map(({ domain, expiresAt, hostOnly, httpOnly, name, path, sameSite, secure, value }) => ({
    name,
    value,
    domain: domain === from.hostname ? to.hostname : hostOnly ? domain : `.${domain}`,
    path,
    expires: expiresAt === undefined ? -1 : Math.ceil((Date.now() + expiresAt - now) / 1000),
    httpOnly,
    secure,
    sameSite: sameSite === "Default" ? "Lax" : sameSite
  })),
  origins: []
})
