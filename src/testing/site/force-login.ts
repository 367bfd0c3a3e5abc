import type { Auth } from "../../adapters/api/auth.ts"
import type { SessionFields } from "../../adapters/request/session/session-access.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { Browser } from "../browser/browser.ts"
import { browserOptionsOf } from "./site-registry.ts"

/** The options of a forced login. */
export interface ForceLoginOptions {
  /**
   * The browser to log in. Default: a new one; for the `auth` of a test site on that site's clock, otherwise at
   * `http://localhost` and on the system's clock.
   */
  readonly browser?: Browser
  /** The name of the backend that the session is for. Needed if the application has several that know the user. */
  readonly backend?: string
}

/**
 * Logs a user in without a password, as Django's `Client.force_login`: the session is stored, `user_logged_in` is sent,
 * `last_login` is updated. Works with every `auth`, also on a real database.
 *
 * ```ts
 * const alice = await forceLogin(auth, user)
 * const response = await alice.fetch(app, "/account")
 * ```
 *
 * @returns a browser that has the cookies
 */
export const forceLogin = async <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  user: User,
  { backend, browser = new Browser(browserOptionsOf(auth)) }: ForceLoginOptions = {}
): Promise<Browser> => {
  const request = auth.open(headOf(browser))
  await request.context.login(user, backend === undefined ? {} : { backend })
  const { cookies } = await request.respond(200)
  const [refused] = browser.store(cookies)
  if (refused !== undefined)
    throw new TypeError(
      `forceLogin: a browser at ${browser.origin} does not accept the cookie ${refused.split("=", 1)[0]}; ` +
        'pass a browser at the address of your site, as in { browser: new Browser({ origin: "https://shop.example" }) }'
    )
  return browser
}

/** The head of a GET request of a browser, as an adapter would make it. */
export const headOf = ({ header, origin }: Browser): RequestHead => {
  const { host, hostname, port, protocol } = new URL(origin)
  const secure = protocol === "https:"
  return {
    method: "GET",
    target: "/",
    headers: [["Host", host], ...(header === "" ? [] : [["Cookie", header] as const])],
    transport: { secure, serverName: hostname, serverPort: port === "" ? (secure ? "443" : "80") : port },
    hasNoBody: true
  }
}
