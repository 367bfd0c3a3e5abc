/**
 * Redirects visitors without a session cookie to the login page, before Next renders anything.
 *
 * ```ts
 * // proxy.ts (in Next 15: middleware.ts, exporting `middleware`)
 * import { loginProxy } from "latchkey/next/proxy"
 *
 * export const proxy = loginProxy({ loginUrl: "/login" })
 * export const config = { matcher: ["/account/:path*"] }
 * ```
 *
 * It checks only that there is a cookie that looks like a session key, and queries no database. It saves a redirect,
 * and is not access control. A matcher may miss a page, and in some versions of Next a request header could skip the
 * proxy (CVE-2025-29927). Every page, route and action must check the user itself.
 */

import { cookieValue } from "../../../core/http/cookies/cookie.ts"
import { isPageUrl } from "../../../core/http/urls/redirect-location.ts"
import { redirectToLogin } from "../../../core/pages/login-redirect.ts"
import * as SessionKey from "../../../core/session-key.ts"

/** Settings of `createAuth` that are repeated here, so that the proxy does not load the whole application. */
export interface LoginProxyOptions {
  /**
   * LOGIN_URL. Default: `/accounts/login/`. Write it as browsers see it: with the `basePath` of next.config, if
   * there is one. Requests for the login page itself are not redirected, with or without a slash at its end.
   */
  readonly loginUrl?: string
  /** REDIRECT_FIELD_NAME. Default: `next`. */
  readonly redirectFieldName?: string
  /** SESSION_COOKIE_NAME. Default: `sessionid`. */
  readonly cookieName?: string
}

/**
 * Redirects requests without a session cookie to the login page. `next` holds path and query of the page, with the
 * `basePath` of next.config.
 *
 * Calls of Server Actions are not redirected: the router in the browser expects the answer of the action, and would
 * report a redirect as an unexpected response. `withAuthAction` redirects such a call to the login page. A form that is
 * sent without JavaScript is redirected here, like any other request.
 *
 * In Next 15, start the server with `next start -H localhost`, never with `-H 127.0.0.1` or `-H ::1`. With these,
 * Next's middleware redirects to `http://localhost:<port>/…` even if the client asked for another host. There the
 * browser does not send the cookies of the first host, and clients behind a reverse proxy cannot reach it. Next 16
 * redirects to the host that the client asked for.
 *
 * @throws {TypeError} for an option that does not exist or is not a string
 * @returns a function for `proxy.ts`: it returns a redirect to the login page, or `undefined` to let the request go on
 */
export const loginProxy = (options: LoginProxyOptions = {}): ((request: Request) => Response | undefined) => {
  checkNames(options)
  const { cookieName = "sessionid", loginUrl = "/accounts/login/", redirectFieldName = "next" } = options
  if (!isPageUrl(loginUrl) || redirectToLogin("/", loginUrl, redirectFieldName)._tag !== "Redirect")
    throw new TypeError(noLoginUrl)
  return (request) => {
    if (isActionCall(request)) return undefined
    const { href, pathname, search } = new URL(request.url)
    const login = new URL(loginUrl, href)
    const cookie = cookieValue(request.headers.get("cookie") ?? "", cookieName)
    if (looksLikeASession(cookie) || isSamePage(login.pathname, pathname)) return undefined
    const decision = redirectToLogin(pathname + search, loginUrl, redirectFieldName)
    if (decision._tag !== "Redirect") throw new TypeError(noLoginUrl)
    // Next needs an absolute URL here. If the host is its own, Next sends only the path.
    const location = new URL(decision.location, href).href
    return new Response(null, { status: 302, headers: { location, vary: "Cookie" } })
  }
}

const noLoginUrl = 'loginProxy: loginUrl is not a path that begins with "/", nor the URL of a page'

/** Does not use latchkey's error classes, because the proxy would have to load the modules that they import. */
const checkNames = (options: LoginProxyOptions): void => {
  for (const [name, value] of Object.entries(options)) {
    if (!["loginUrl", "redirectFieldName", "cookieName"].includes(name))
      throw new TypeError(
        `loginProxy: there is no option ${name}; the options are loginUrl, redirectFieldName, cookieName`
      )
    if (value !== undefined && typeof value !== "string") throw new TypeError(`loginProxy: ${name}: write a string`)
  }
}

/** The browser's router sends this header with the call of a Server Action. */
const isActionCall = ({ headers, method }: Request): boolean => method === "POST" && headers.has("next-action")

/**
 * Next serves a page with and without a slash at its end, and redirects one form to the other as `trailingSlash` says.
 */
const isSamePage = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other)

const withoutSlash = (path: string): string => path.replace(/\/$/, "")

/** Whether the cookie can be a session key, or a signed cookie (text, time, signature), which is longer. */
const looksLikeASession = (cookie: string | undefined): boolean => SessionKey.parse(cookie) !== undefined
