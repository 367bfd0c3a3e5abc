/**
 * A quick look at the cookie before Next renders anything, to send visitors without a session to the login page.
 *
 * ```ts
 * // proxy.ts (in Next 15: middleware.ts, exporting `middleware`)
 * import { loginProxy } from "latchkey/next/proxy"
 *
 * export const proxy = loginProxy({ loginUrl: "/login" })
 * export const config = { matcher: ["/account/:path*"] }
 * ```
 *
 * It asks no database, so it lets everybody pass who has a cookie that looks like one of a session. It spares visitors
 * a detour, and guards nothing: a matcher may miss a page, and some versions of Next could be told by a header to skip
 * it (CVE-2025-29927). Every page, route and action checks for itself.
 */
import { redirectToLogin } from "../../../core/auth/login-redirect.ts"
import { cookieValue } from "../../../core/http/cookie.ts"
import * as SessionKey from "../../../core/session/key.ts"

/** Settings of the application that a proxy has to be told again, so that it need not load them all. */
export interface LoginProxyOptions {
  /** LOGIN_URL; `/accounts/login/`. It is let pass itself. */
  readonly loginUrl?: string
  /** REDIRECT_FIELD_NAME; `next`. */
  readonly redirectFieldName?: string
  /** SESSION_COOKIE_NAME; `sessionid`. */
  readonly cookieName?: string
}

/**
 * Sends whoever has no session to the login page.
 *
 * In Next 15, start it with `next start -H localhost`, never with `-H 127.0.0.1` or `-H ::1`: with these, whatever host
 * the visitor asked for, Next's middleware redirects to `http://localhost:<port>/…`. That is another host, to which the
 * first one's cookies do not go, and behind a reverse proxy nobody reaches it. Next 16 redirects within the site.
 *
 * @returns a function for `proxy.ts`: a redirect to the login page, or `undefined` for a request that goes on
 */
export const loginProxy = ({
  cookieName = "sessionid",
  loginUrl = "/accounts/login/",
  redirectFieldName = "next"
}: LoginProxyOptions = {}): ((request: Request) => Response | undefined) => {
  return (request) => {
    const { href, pathname, search } = new URL(request.url)
    const login = new URL(loginUrl, href)
    const cookie = cookieValue(request.headers.get("cookie") ?? "", cookieName)
    if (looksLikeASession(cookie) || login.pathname === pathname) return undefined
    const decision = redirectToLogin(pathname + search, loginUrl, redirectFieldName)
    if (decision._tag !== "Redirect") throw new Error("loginUrl is not a path or URL that a browser can be sent to")
    // Next wants the absolute URL, and sends a relative one where it is of the host that Next believes to be.
    const location = new URL(decision.location, href).href
    return new Response(null, { status: 302, headers: { location, vary: "Cookie" } })
  }
}

/** A session's key; text, time and signature of a signed cookie are longer than that. */
const looksLikeASession = (cookie: string | undefined): boolean => SessionKey.parse(cookie) !== undefined
