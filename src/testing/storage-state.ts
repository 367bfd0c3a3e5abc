import type { Cookie } from "./cookie-jar.ts"

/** What Playwright's `browser.newContext({ storageState })` takes. */
export interface StorageState {
  readonly cookies: Array<{
    name: string
    value: string
    domain: string
    path: string
    /** Epoch seconds; -1: when the browser closes. */
    expires: number
    httpOnly: boolean
    secure: boolean
    sameSite: "Strict" | "Lax" | "None"
  }>
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
