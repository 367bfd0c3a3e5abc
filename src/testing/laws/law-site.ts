import type { Browser } from "../browser/browser.ts"
import { isResponse, nameOf } from "../browser/response-like.ts"
import type { Gate } from "../orders/gate.ts"
import type { SessionKeys } from "../site/session-keys.ts"
import { LawBroken } from "./law-broken.ts"
import type { LawPages, LawUser } from "./law-pages.ts"
import type {
  LawAccounts,
  LawBackends,
  LawClock,
  LawDeviceBound,
  LawForms,
  LawHttps,
  LawIdentity,
  LawLifetime,
  LawLog,
  LawNetwork,
  LawPasswords,
  LawPermission,
  LawProxy,
  LawSecretKeys,
  LawSharedTable,
  LawSiteData,
  LawSize,
  LawSockets
} from "./law-parts.ts"
import type { LawThrottle } from "./law-throttle.ts"

/** A site that laws are checked on: any site that answers HTTP requests. */
export interface LawSite {
  /** Makes the site as it was at its start: no sessions, both users with their first passwords. */
  readonly reset: () => void | Promise<void>
  /** A new browser, without cookies. */
  readonly browser: () => Browser
  /** The name of the session cookie. */
  readonly cookie: string
  /** Two users who exist after each reset. */
  readonly users: readonly [LawUser, LawUser]
  /** The pages that the site has. */
  readonly pages: LawPages
  /** The user name in a response of `pages.visit`; `undefined` for an anonymous visitor. */
  readonly user: (response: Response) => Promise<string | undefined>
  /**
   * Whether a page refused what it was asked, although the status of its answer is below 400: for example, whether a
   * form is shown again with an error. Without it, only the status tells. Not asked for `pages.visit` and
   * `pages.recent`.
   */
  readonly isRefused?: (response: Response) => boolean | Promise<boolean>
  /** The session's data in a response of `pages.visit`, without the site's own keys. */
  readonly data?: (response: Response) => Promise<Readonly<Record<string, unknown>>>
  /** The gate that the site's store calls pass. Without it, laws about orders are skipped. */
  readonly gate?: Gate
  /**
   * `"allowed"`: a law may pass although a request waits for something that the gate does not control, and although the
   * same order does not make the same calls each time. For sites whose clock and random values are their own.
   */
  readonly incomplete?: "allowed"
  /** As in `everyOrder`: after how many milliseconds a request that does nothing waits for another one. Default 200. */
  readonly patience?: number
  /** The site's clock. Without it, laws about time are skipped. */
  readonly clock?: LawClock
  /** How attempts with wrong passwords are slowed down. Without it, laws about these are skipped. */
  readonly throttle?: LawThrottle
  /** The idle and the absolute lifetime of sessions. Without it, laws about these are skipped. */
  readonly lifetime?: LawLifetime
  /**
   * From now on a login gives the session a new key also if its own user logs in again. `reset` turns it off. Without
   * it, the law about such logins is skipped.
   */
  readonly renewAtEveryLogin?: () => void | Promise<void>
  /**
   * From now on a CSRF token is bound to the session, not to a cookie. `reset` turns it off. Without it, the law about
   * such tokens is skipped.
   */
  readonly csrfOfSession?: () => void | Promise<void>
  /** The WebSockets or event streams. Without them, the law about these is skipped. */
  readonly sockets?: LawSockets
  /** Forms over https with any head. Without them, laws about what the head says are skipped. */
  readonly forms?: LawForms
  /** The header `Clear-Site-Data` at a logout. Without it, the law about it is skipped. */
  readonly clearSiteData?: LawSiteData
  /** Cookies with names that begin with `__Host-` or `__Secure-`. Without them, the law about these is skipped. */
  readonly prefixedCookies?: LawHttps
  /** Cookies with the attribute `Partitioned`. Without them, the law about these is skipped. */
  readonly partitionedCookies?: LawHttps
  /** The network between the site and its stores. Without it, laws about outages are skipped. */
  readonly network?: LawNetwork
  /**
   * The keys of the stored sessions: the values of their cookies. A query of the site's table, for example, or the keys
   * of a cache without their prefix.
   */
  readonly rows?: SessionKeys
  /**
   * What the sessions say about who is logged in, in the order in which they were stored since the last reset, also
   * those that were overwritten since: `{}` for a session without a user. Without it, laws about parts of a login are
   * skipped.
   */
  readonly identities?: () => ReadonlyArray<LawIdentity>
  /** The session table, if other programs share it. Without it, the law about them is skipped. */
  readonly sharedTable?: LawSharedTable
  /** The site's secret keys. Without them, laws about new keys are skipped. */
  readonly secretKeys?: LawSecretKeys
  /** The stored passwords. Without them, laws about upgrades of their hashes are skipped. */
  readonly passwords?: LawPasswords
  /** The users' accounts. Without them, laws about users who are removed or may not log in are skipped. */
  readonly accounts?: LawAccounts
  /** A page that needs a permission. Without it, laws about permissions are skipped. */
  readonly permission?: LawPermission
  /** A proxy that names users. Without it, the law about such users is skipped. */
  readonly proxy?: LawProxy
  /** How much a session may hold. Without it, the law about sessions that grow is skipped. */
  readonly size?: LawSize
  /** The authentication backends. Without them, the law about backends that are removed is skipped. */
  readonly backends?: LawBackends
  /** The sessions that are bound to a device. Without it, laws about them are skipped. */
  readonly deviceBound?: LawDeviceBound
  /** The site's log. Without it, the law about secrets in logs is skipped. */
  readonly log?: LawLog
  /** The next session keys that the site draws. Without it, the law about repeated keys is skipped. */
  readonly nextSessionKeys?: (...keys: ReadonlyArray<string>) => void
  /** The password hashes that were computed or compared since the last reset, by the names of their algorithms. */
  readonly hashed?: () => ReadonlyArray<string>
  /** The store calls since the last reset, by the names of their operations. Without it, laws do not compare them. */
  readonly calls?: () => ReadonlyArray<string>
}

/** The same site; each page returns when the whole response is there, because a site may write until then. */
export const awaited = (site: LawSite): LawSite => {
  const { changePassword, clear, cycle, expire, login, loginAsNamesake, loginThenFail, loginWithNext } = site.pages
  const { logout, logoutFrom, logoutThenFail, logoutWithToken, logoutWithTokens, remove, requestReset, resetPassword } =
    site.pages
  const { deactivateAccount, deleteAccount, reauthenticate, recent, requestEmail, requestSignUp } = site.pages
  const whole = wholeOn(site)
  const { confirmEmail, logoutWithMetadata, endOtherSessions, endSession, verifyEmail, visit, write, writeText } =
    site.pages
  return {
    ...site,
    pages: {
      ...site.pages,
      visit: whole("visit", visit),
      login: whole("login", login),
      logout: whole("logout", logout),
      ...(changePassword === undefined ? {} : { changePassword: whole("changePassword", changePassword) }),
      ...(reauthenticate === undefined ? {} : { reauthenticate: whole("reauthenticate", reauthenticate) }),
      ...(recent === undefined ? {} : { recent: whole("recent", recent) }),
      ...(clear === undefined ? {} : { clear: whole("clear", clear) }),
      ...(cycle === undefined ? {} : { cycle: whole("cycle", cycle) }),
      ...(deactivateAccount === undefined ? {} : { deactivateAccount: whole("deactivateAccount", deactivateAccount) }),
      ...(deleteAccount === undefined ? {} : { deleteAccount: whole("deleteAccount", deleteAccount) }),
      ...(endOtherSessions === undefined ? {} : { endOtherSessions: whole("endOtherSessions", endOtherSessions) }),
      ...(endSession === undefined ? {} : { endSession: whole("endSession", endSession) }),
      ...(expire === undefined ? {} : { expire: whole("expire", expire) }),
      ...(loginAsNamesake === undefined ? {} : { loginAsNamesake: whole("loginAsNamesake", loginAsNamesake) }),
      ...(loginThenFail === undefined ? {} : { loginThenFail: whole("loginThenFail", loginThenFail) }),
      ...(loginWithNext === undefined ? {} : { loginWithNext: whole("loginWithNext", loginWithNext) }),
      ...(logoutFrom === undefined ? {} : { logoutFrom: whole("logoutFrom", logoutFrom) }),
      ...(logoutThenFail === undefined ? {} : { logoutThenFail: whole("logoutThenFail", logoutThenFail) }),
      ...(logoutWithMetadata === undefined
        ? {}
        : { logoutWithMetadata: whole("logoutWithMetadata", logoutWithMetadata) }),
      ...(logoutWithTokens === undefined ? {} : { logoutWithTokens: whole("logoutWithTokens", logoutWithTokens) }),
      ...(logoutWithToken === undefined ? {} : { logoutWithToken: whole("logoutWithToken", logoutWithToken) }),
      ...(remove === undefined ? {} : { remove: whole("remove", remove) }),
      ...(requestEmail === undefined ? {} : { requestEmail: whole("requestEmail", requestEmail) }),
      ...(requestSignUp === undefined ? {} : { requestSignUp: whole("requestSignUp", requestSignUp) }),
      ...(requestReset === undefined ? {} : { requestReset: whole("requestReset", requestReset) }),
      ...(resetPassword === undefined ? {} : { resetPassword: whole("resetPassword", resetPassword) }),
      ...(confirmEmail === undefined ? {} : { confirmEmail: whole("confirmEmail", confirmEmail) }),
      ...(verifyEmail === undefined ? {} : { verifyEmail: whole("verifyEmail", verifyEmail) }),
      ...(write === undefined ? {} : { write: whole("write", write) }),
      ...(writeText === undefined ? {} : { writeText: whole("writeText", writeText) })
    }
  }
}

/** The pages whose status tells no more than what is shown. */
const shown = ["visit", "recent"]

const wholeOn =
  ({ isRefused }: LawSite) =>
  <Input extends ReadonlyArray<unknown>>(name: string, page: (...input: Input) => Promise<Response>) =>
  async (...input: Input): Promise<Response> => {
    const response: unknown = await page(...input)
    if (!isResponse(response))
      throw new TypeError(
        `pages.${name}: it answers ${nameOf(response)}; return the Response of the site, as browser.fetch does`
      )
    const body = await response.arrayBuffer()
    const made = (status: number): Response =>
      new Response(body.byteLength === 0 ? null : body, { status, headers: response.headers })
    const isAccepted = response.status < 400 && !shown.includes(name)
    return made(isAccepted && (await isRefused?.(made(response.status))) === true ? refusedStatus : response.status)
  }

const refusedStatus = 422

/** A browser that has only this session cookie: for example an attacker's. */
export const browserWith = (site: LawSite, cookie: string | undefined): Browser => {
  const browser = site.browser()
  if (cookie !== undefined) browser.store([`${site.cookie}=${cookie}; Path=/`])
  return browser
}

/** The session cookie of a browser. */
export const keyOf = (site: LawSite, browser: Browser): string | undefined => browser.cookie(site.cookie)

/**
 * The user that the site sees in a browser.
 *
 * @throws {LawBroken} if the site fails
 * @throws {TypeError} if `user` of the site cannot read the response
 */
export const userOf = async (site: LawSite, browser: Browser): Promise<string | undefined> => {
  const response = await site.pages.visit(browser)
  if (response.status >= 500) throw new LawBroken(`pages.visit answers ${response.status}`)
  const user: unknown = await readable("user", response, site.user)
  if (user === undefined || typeof user === "string") return user
  throw new TypeError(
    `user: it answers ${nameOf(user)}; answer the name of the user as a string, or undefined for an anonymous visitor`
  )
}

/** What a function of the site reads in a response. @throws {TypeError} if it throws */
const readable = async <A>(name: string, response: Response, read: (response: Response) => Promise<A>): Promise<A> => {
  try {
    return await read(response)
  } catch (error) {
    const type = response.headers.get("content-type") ?? "no content-type"
    throw new TypeError(
      `${name}: it cannot read what pages.visit answered (status ${response.status}, ${type}): ` +
        `${error instanceof Error ? error.message : String(error)}`,
      { cause: error }
    )
  }
}

/** The user of a session cookie, seen by a browser that has nothing else. */
export const userOfKey = (site: LawSite, key: string | undefined): Promise<string | undefined> =>
  key === undefined ? Promise.resolve(undefined) : userOf(site, browserWith(site, key))

/** The session's data that the site shows to a browser. */
export const dataOf = async (site: LawSite, browser: Browser): Promise<Readonly<Record<string, unknown>>> =>
  site.data === undefined ? {} : readable("data", await site.pages.visit(browser), site.data)

/** Logs in. @throws {LawBroken} if the site refuses the right password */
export const loggedIn = async (site: LawSite, user: LawUser, browser = site.browser()): Promise<Browser> => {
  const { status } = await site.pages.login(browser, user)
  if (status >= 400) throw new LawBroken(`pages.login answers ${status} for ${user.username} with the right password`)
  return browser
}
