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
 * It checks only that a cookie exists that looks like a session's, and asks no database: it saves a redirect, and is not
 * access control. A matcher may miss a page, and some versions of Next could be told by a header to skip the proxy
 * (CVE-2025-29927). Every page, route and action has to check for itself.
 */
import { redirectToLogin } from "../../../core/auth/login-redirect.ts"
import { cookieValue } from "../../../core/http/cookie.ts"
import * as SessionKey from "../../../core/session/key.ts"

/** Settings of `createAuth` that are given again here, so that the proxy does not load the whole application. */
export interface LoginProxyOptions {
  /**
   * LOGIN_URL; `/accounts/login/`. As browsers see it: with the `basePath` of next.config, where there is one. The login
   * page itself passes, with and without a slash at its end.
   */
  readonly loginUrl?: string
  /** REDIRECT_FIELD_NAME; `next`. */
  readonly redirectFieldName?: string
  /** SESSION_COOKIE_NAME; `sessionid`. */
  readonly cookieName?: string
}

/**
 * Redirects requests without a session cookie to the login page. `next` carries path and query of the page, with the
 * `basePath` of next.config.
 *
 * Calls of Server Actions pass: the browser's router wants an answer from the action, and would report a redirect to a
 * page as an unexpected response. `withAuthAction` redirects it to the login page. A form that is sent without
 * JavaScript is redirected here, as any other request.
 *
 * In Next 15, start it with `next start -H localhost`, never with `-H 127.0.0.1` or `-H ::1`: with these, Next's
 * middleware redirects to `http://localhost:<port>/…` even where the client asked for another host. Browsers send no cookies of the
 * first host there, and clients behind a reverse proxy cannot reach it. Next 16 redirects within the site.
 *
 * @throws {TypeError} for an option that does not exist or is no text
 * @returns a function for `proxy.ts`: a redirect to the login page, or `undefined` for a request that goes on
 */
export const loginProxy = (options: LoginProxyOptions = {}): ((request: Request) => Response | undefined) => {
  checkNames(options)
  const { cookieName = "sessionid", loginUrl = "/accounts/login/", redirectFieldName = "next" } = options
  if (loginUrl === "" || redirectToLogin("/", loginUrl, redirectFieldName)._tag !== "Redirect")
    throw new TypeError(noLoginUrl)
  return (request) => {
    if (isActionCall(request)) return undefined
    const { href, pathname, search } = new URL(request.url)
    const login = new URL(loginUrl, href)
    const cookie = cookieValue(request.headers.get("cookie") ?? "", cookieName)
    if (looksLikeASession(cookie) || isSamePage(login.pathname, pathname)) return undefined
    const decision = redirectToLogin(pathname + search, loginUrl, redirectFieldName)
    if (decision._tag !== "Redirect") throw new TypeError(noLoginUrl)
    // Next takes absolute URLs here, and sends only the path where the host is its own.
    const location = new URL(decision.location, href).href
    return new Response(null, { status: 302, headers: { location, vary: "Cookie" } })
  }
}

const noLoginUrl = "loginProxy: loginUrl is not a path or URL that a browser can be sent to"

/** Without latchkey's own errors, which the proxy would have to load with all they stand on. */
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

/** Next serves a page with and without a slash at its end, and redirects one to the other as `trailingSlash` says. */
const isSamePage = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other)

const withoutSlash = (path: string): string => path.replace(/\/$/, "")

/** A session's key; text, time and signature of a signed cookie are longer than that. */
const looksLikeASession = (cookie: string | undefined): boolean => SessionKey.parse(cookie) !== undefined
