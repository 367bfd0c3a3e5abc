/**
 * The cookies of one browser: stored, sent and deleted by the rules of RFC 6265bis, with the caller's time.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/
 */

import { isPublicSuffix, isSecure, matchesDomain } from "../site/site-of.ts"
import { parseSetCookie, type SetCookieLine } from "./set-cookie-line.ts"

/** A cookie that a browser has. */
export interface Cookie extends Omit<SetCookieLine, "domain" | "path"> {
  /** The host that set the cookie, or the domain that it named. */
  readonly domain: string
  /** Whether only this host gets the cookie, and not its subdomains. */
  readonly hostOnly: boolean
  /** The path of the pages that the browser sends it to. */
  readonly path: string
}

/** What decides which cookies a request carries. */
export interface CookieRequest {
  /** The URL of the request. */
  readonly url: URL
  /** Whether the page that makes the request is of the same site. */
  readonly isSameSite: boolean
  /** Whether the request loads the page that the user sees. */
  readonly isNavigation: boolean
  /** The HTTP method, in capitals. */
  readonly method: string
}

/** The cookies of one browser. */
export class CookieJar {
  /** In the order in which they were first set. */
  readonly #cookies: Map<string, Cookie>

  constructor(cookies: ReadonlyMap<string, Cookie> = new Map()) {
    this.#cookies = new Map(cookies)
  }

  /** A jar with the same cookies, which changes by itself. */
  copy(): CookieJar {
    return new CookieJar(this.#cookies)
  }

  /** The cookies that have not expired. */
  all(now: number): ReadonlyArray<Cookie> {
    return [...this.#cookies.values()].filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  }

  /** Deletes all cookies. */
  clear(): void {
    this.#cookies.clear()
  }

  /** Deletes the cookies that last until the browser closes. */
  endBrowserSession(): void {
    for (const [key, { expiresAt }] of this.#cookies) if (expiresAt === undefined) this.#cookies.delete(key)
  }

  /** The cookies of a request: those with longer paths first, then those that were set first (5.8.3). */
  sent(request: CookieRequest, now: number): ReadonlyArray<Cookie> {
    return this.all(now)
      .filter((cookie) => isSent(cookie, request))
      .sort((one, other) => other.path.length - one.path.length)
  }

  /**
   * Stores the cookie of a `Set-Cookie` line, or deletes it, or ignores the line (5.7).
   *
   * @returns whether it was taken
   */
  store(line: string, request: CookieRequest, now: number): boolean {
    const parsed = parseSetCookie(line, now)
    if (parsed === undefined) return false
    const { hostname } = request.url
    const isForAllHosts = parsed.domain !== undefined && parsed.domain !== hostname && isPublicSuffix(parsed.domain)
    if (isForAllHosts) return false
    // A host that is itself a public suffix (`localhost`) may name itself: that is as if it named none.
    const domain = parsed.domain !== undefined && isPublicSuffix(parsed.domain) ? undefined : parsed.domain
    if (domain !== undefined && !matchesDomain(hostname, domain)) return false
    const cookie: Cookie = {
      ...parsed,
      domain: domain ?? hostname,
      hostOnly: domain === undefined,
      path: parsed.path ?? defaultPath(request.url)
    }
    if (!isAllowed(cookie, parsed, request)) return false
    if (!cookie.secure && !isSecure(request.url) && this.#hidesSecureOne(cookie, now)) return false
    const key = `${cookie.name};${cookie.domain};${cookie.hostOnly};${cookie.path}`
    if (cookie.expiresAt !== undefined && cookie.expiresAt <= now) this.#cookies.delete(key)
    else this.#cookies.set(key, cookie)
    return true
  }

  /** Whether a page without encryption would hide a cookie that an encrypted page has set. */
  #hidesSecureOne({ domain, name, path }: Cookie, now: number): boolean {
    return this.all(now).some(
      (other) =>
        other.secure &&
        other.name === name &&
        (matchesDomain(domain, other.domain) || matchesDomain(other.domain, domain)) &&
        matchesPath(path, other.path)
    )
  }
}

const isSent = (cookie: Cookie, { isNavigation, isSameSite, method, url }: CookieRequest): boolean =>
  (cookie.hostOnly ? cookie.domain === url.hostname : matchesDomain(url.hostname, cookie.domain)) &&
  matchesPath(url.pathname, cookie.path) &&
  (!cookie.secure || isSecure(url)) &&
  (isSameSite ||
    cookie.sameSite === "None" ||
    (cookie.sameSite !== "Strict" && isNavigation && ["GET", "HEAD"].includes(method)))

/** Whether the flags of a cookie fit together, its name and the request. */
const isAllowed = (cookie: Cookie, line: SetCookieLine, { isNavigation, isSameSite, url }: CookieRequest): boolean => {
  const { hostOnly, httpOnly, name, sameSite, secure, value } = cookie
  if (secure && !isSecure(url)) return false
  if (sameSite === "None" ? !secure : !isSameSite && !isNavigation) return false
  const prefix = /^__(secure|host-http|http|host)-/i.exec(name)?.[1]?.toLowerCase()
  // A cookie without a name is sent as its value: it must not look as if it had a prefix.
  if (name === "" && /^__(secure|http|host)-/i.test(value)) return false
  if (prefix === undefined) return true
  if (!secure || (prefix.endsWith("http") && !httpOnly)) return false
  return !prefix.startsWith("host") || (hostOnly && line.domain === undefined && line.path === "/")
}

const matchesPath = (requested: string, path: string): boolean =>
  requested === path || (requested.startsWith(path) && (path.endsWith("/") || requested[path.length] === "/"))

const defaultPath = ({ pathname }: URL): string => pathname.slice(0, Math.max(1, pathname.lastIndexOf("/")))
