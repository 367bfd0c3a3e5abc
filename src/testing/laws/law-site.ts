import type { Browser, RequestHandler } from "../browser/browser.ts"
import type { DeviceBrowser } from "../browser/device-browser.ts"
import { isResponse, nameOf } from "../browser/response-like.ts"
import type { Gate } from "../orders/gate.ts"
import type { VirtualClock } from "../site/clock.ts"
import type { Fault } from "../stores/store-network.ts"
import { LawBroken } from "./law-broken.ts"
import type { LawThrottle } from "./law-throttle.ts"

/** What a user enters to log in. */
export interface LawUser {
  /** The name that `user` of the site answers. */
  readonly username: string
  /** The password at the start. */
  readonly password: string
}

/** A session in a list, as a page shows it. */
export interface LawSession {
  /** What `pages.endSession` is called with. */
  readonly id: string
  /** Whether it is the session of the browser that asks. */
  readonly current: boolean
}

/** What a browser says about the page that sends a request. `undefined`: the header is not sent. */
export interface LawMetadata {
  /** The header `Origin`. */
  readonly origin: string | undefined
  /** The header `Sec-Fetch-Site`. */
  readonly site: string | undefined
}

/**
 * The pages of a site that the laws visit. Each sends one request with this browser and returns the response.
 *
 * Where a law compares two responses, it leaves out dates, ETags, the values of cookies, and random values: texts of 20
 * and more letters, digits, `-`, `_`, `+` and `=` that have a digit or letters of both cases.
 */
export interface LawPages {
  /** Any page that shows who is logged in. */
  readonly visit: (browser: Browser) => Promise<Response>
  /** Logs in. The status is below 400 if it succeeded, and 400 or above if not; see {@link LawSite.isRefused}. */
  readonly login: (browser: Browser, user: LawUser) => Promise<Response>
  /** Logs out. */
  readonly logout: (browser: Browser) => Promise<Response>
  /** Puts a value into the session's data. */
  readonly write?: (browser: Browser, key: string, value: number) => Promise<Response>
  /** Removes a value from the session's data. */
  readonly remove?: (browser: Browser, key: string) => Promise<Response>
  /** Empties the session's data, the user included. */
  readonly clear?: (browser: Browser) => Promise<Response>
  /** Gives the session a new key. */
  readonly cycle?: (browser: Browser) => Promise<Response>
  /** Logs in, and then answers with status 500. */
  readonly loginThenFail?: (browser: Browser, user: LawUser) => Promise<Response>
  /** Logs out, and then answers with status 500. */
  readonly logoutThenFail?: (browser: Browser) => Promise<Response>
  /** Logs in as another person, of another directory of users, who has the same id as the first user. */
  readonly loginAsNamesake?: (browser: Browser) => Promise<Response>
  /** Sets after how many seconds the session ends; 0: when the browser closes. */
  readonly expire?: (browser: Browser, seconds: number) => Promise<Response>
  /**
   * Logs in through a login page that was opened with this URL in its field or parameter `next`. Answers a redirect, or
   * an error.
   */
  readonly loginWithNext?: (browser: Browser, user: LawUser, next: string) => Promise<Response>
  /** The CSRF token in a form that the site shows to this browser. */
  readonly csrfToken?: (browser: Browser) => Promise<string>
  /**
   * Sends the form that logs out, with this CSRF token, or without one if it is `undefined`. With `csrfMode:
   * "fetch-metadata"`: without the headers `Origin` and `Sec-Fetch-Site`, as clients that are not browsers send it.
   */
  readonly logoutWithToken?: (browser: Browser, token: string | undefined) => Promise<Response>
  /**
   * Sends the form that logs out, with the browser's own CSRF token, from a page at this URL: `browser.fetch` with `from`
   * and `csrf`.
   */
  readonly logoutFrom?: (browser: Browser, page: string) => Promise<Response>
  /** Sends the form that logs out, with a CSRF token in its field, and with one in the header as a script adds it. */
  readonly logoutWithTokens?: (browser: Browser, tokens: LawTokens) => Promise<Response>
  /**
   * For sites with `csrfMode: "fetch-metadata"`: sends the form that logs out, without a CSRF token, and with these headers
   * in place of the `Origin` and `Sec-Fetch-Site` that the browser adds.
   */
  readonly logoutWithMetadata?: (browser: Browser, metadata: LawMetadata) => Promise<Response>
  /** Sends the form that requests a password reset for this user, who need not exist. Answers what the site answers. */
  readonly requestReset?: (browser: Browser, user: LawUser) => Promise<Response>
  /** Requests a password reset for this user. Returns the link that the site sends by e-mail, or a token of it. */
  readonly resetLink?: (browser: Browser, user: LawUser) => Promise<string>
  /** Follows a link of `resetLink` and sets this password. The status is below 400 if it was set. */
  readonly resetPassword?: (browser: Browser, link: string, password: string) => Promise<Response>
  /**
   * Asks to change the e-mail address of this user, who is logged in with this browser, to `address`. Returns the link
   * that the site sends there.
   */
  readonly emailLink?: (browser: Browser, user: LawUser, address: string) => Promise<string>
  /**
   * Sends the form that asks to change the e-mail address of `user`, who is logged in with this browser, to the address
   * of `owner`, who is another user or need not exist. Answers what the site answers.
   */
  readonly requestEmail?: (browser: Browser, user: LawUser, owner: LawUser) => Promise<Response>
  /** Follows a link of `emailLink` and confirms it. The status is below 400 if the address was changed. */
  readonly confirmEmail?: (browser: Browser, link: string) => Promise<Response>
  /**
   * Signs up as this user, always with the same address for one name. Returns the link that the site sends to confirm
   * the address; `""` if it sends none, because an account has the name or the address.
   */
  readonly signUpLink?: (browser: Browser, user: LawUser) => Promise<string>
  /**
   * Sends the form that signs up as `user`, a new name, with the address of `owner`, who need not exist. Answers what the
   * site answers.
   */
  readonly requestSignUp?: (browser: Browser, user: LawUser, owner: LawUser) => Promise<Response>
  /** Follows a link of `signUpLink` and enters this password. The status is below 400 if the user is logged in then. */
  readonly verifyEmail?: (browser: Browser, link: string, password: string) => Promise<Response>
  /** The user who is logged in proves again who they are, with this password, which may be wrong. */
  readonly reauthenticate?: (browser: Browser, password: string) => Promise<Response>
  /** A page that needs a recent login. The status is below 300 if the visitor sees it. */
  readonly recent?: (browser: Browser) => Promise<Response>
  /** Sets another password for the user who is logged in, and keeps this session. */
  readonly changePassword?: (browser: Browser, password: string) => Promise<Response>
  /** The sessions of the user who is logged in. */
  readonly listSessions?: (browser: Browser) => Promise<ReadonlyArray<LawSession>>
  /** Ends one session of the user who is logged in. The status is below 400, also if the user has no such session. */
  readonly endSession?: (browser: Browser, id: string) => Promise<Response>
  /** Ends the sessions of the user who is logged in, except this one. The status is below 400 if a user is logged in. */
  readonly endOtherSessions?: (browser: Browser) => Promise<Response>
}

/** The CSRF tokens of a form. */
export interface LawTokens {
  /** The one in the field of the form. */
  readonly field: string
  /** The one in the header, as a script adds it. `undefined`: there is no header. */
  readonly header: string | undefined
}

/** A page that needs a permission, and who has the permission. */
export interface LawPermission {
  /** The page. The status is below 300 if the visitor sees it. */
  readonly page: (browser: Browser) => Promise<Response>
  /**
   * From now on `users[0]` has the permission, and `users[1]` has not. `reset` undoes it. Not given: that is always so.
   */
  readonly start?: () => void | Promise<void>
}

/** A clock that the site follows. */
export interface LawClock extends Pick<VirtualClock, "advance" | "now"> {
  /** After how many seconds a session expires that is not written. */
  readonly sessionSeconds: number
  /** Whether each visit makes the session last longer, as with SESSION_SAVE_EVERY_REQUEST. Default false. */
  readonly isExtendedByVisits?: boolean
  /** After how many seconds a link to reset a password expires. Without it, its expiry is not checked. */
  readonly resetSeconds?: number
}

/** How long sessions last on a site that ends them when they are idle, and some time after the login. */
export interface LawLifetime {
  /** After how many seconds without a request a session ends. */
  readonly idleSeconds: number
  /** After how many seconds since the login a session ends. At least twice the idle lifetime. */
  readonly absoluteSeconds: number
  /** How often a page that only reads a session records its use, in seconds. Less than half of the idle lifetime. */
  readonly renewalSeconds: number
  /** For how many seconds a login or a proof counts as recent. Less than half of the idle lifetime. */
  readonly recentSeconds: number
  /** Turns the lifetimes on, if they are not always on. `reset` turns them off again. */
  readonly start?: () => void | Promise<void>
}

/** An open WebSocket or event stream. */
export interface LawSocket {
  /** Whether the site has not closed it. */
  readonly isOpen: () => boolean
  /** Closes it from the browser. */
  readonly close: () => void
}

/** WebSockets, or event streams, of a site. The law waits for them in real time: use small numbers. */
export interface LawSockets {
  /** Opens one with the cookies of this browser, whose user is logged in. */
  readonly open: (browser: Browser) => Promise<LawSocket>
  /** Within how many seconds one is closed after its login has ended: `everySeconds` of `onSessionEnd`. */
  readonly endsWithinSeconds: number
  /** For how many seconds one stays open while the session cannot be read: `graceSeconds`. At least twice the other. */
  readonly unverifiedSeconds: number
}

/** The network between a site and its stores. The `network` of a test site is one. */
export interface LawNetwork {
  /** The next `count` calls fail, or all until `heal`. @param only calls of these operations */
  readonly fail: (count: number | "all", fault: Fault, only?: ReadonlyArray<string>) => void
  /** The next calls get these faults, one each. Without it, fewer combinations of faults are checked. */
  readonly failEach?: (faults: ReadonlyArray<Fault | "none">) => void
  /** Ends the faults. */
  readonly heal: () => void
}

/** The secret keys with which the site signs. `reset` restores the first one. */
export interface LawSecretKeys {
  /** From now on the site signs with another key, and still accepts the former one. */
  readonly replace: () => void | Promise<void>
  /** From now on the site no longer accepts the former key. Called after {@link replace}. */
  readonly removeFormer: () => void | Promise<void>
}

/** What an administrator can do with the stored passwords. */
export interface LawPasswords {
  /** Replaces the hash of a user's password by one that the next login upgrades. The password stays the same. */
  readonly outdate: (user: LawUser) => void | Promise<void>
  /** Sets another password for a user, with a request or a command of its own. */
  readonly set: (user: LawUser, password: string) => Promise<unknown>
}

/** What an administrator can do with the users. `reset` undoes it. */
export interface LawAccounts {
  /** From now on the user must not be logged in. */
  readonly deactivate: (user: LawUser) => void | Promise<void>
  /** Ends the effect of {@link deactivate}. */
  readonly activate: (user: LawUser) => void | Promise<void>
  /** Removes the user. */
  readonly remove: (user: LawUser) => void | Promise<void>
  /** Removes the user, and gives the same id to another person. */
  readonly replace: (user: LawUser, other: LawUser) => void | Promise<void>
}

/** Two authentication backends, which know the same users. Both are in use after a reset. */
export interface LawBackends {
  /** Logs in with one of them. */
  readonly login: (browser: Browser, user: LawUser, backend: 0 | 1) => Promise<Response>
  /** From now on only these are in use. */
  readonly use: (backends: ReadonlyArray<0 | 1>) => void | Promise<void>
}

/** How a site binds sessions to devices. */
export interface LawDeviceBound {
  /**
   * A new browser that binds its sessions to its device. The pages of the site send its requests with `browser.fetch`, to
   * the site itself: the browser sends its own requests there too.
   */
  readonly browser: () => DeviceBrowser
  /** The site. A `GET` request for `/` shows what `pages.visit` shows. */
  readonly handler: RequestHandler
  /** The name of the short cookie. */
  readonly cookie: string
  /** After how many seconds a short cookie expires. */
  readonly cookieSeconds: number
  /** How long a session is used without a proof after its login and after its registration. */
  readonly graceSeconds: number
  /** From now on the site only observes. `reset` makes it enforce again. */
  readonly observe: () => void
  /** From now on the site does not bind sessions at all, until `reset`. Not given: observing is not compared with this. */
  readonly off?: () => void
}

/** What a site tells its operators. */
export interface LawLog {
  /**
   * Runs requests. Returns all that the site meanwhile wrote to its logs, threw in its handlers and told the receivers
   * of its signals, as text.
   */
  readonly during: (requests: () => Promise<void>) => Promise<string>
  /** Secrets of the site that the log must not contain, besides those that browsers send: keys, encoded passwords. */
  readonly secrets: () => ReadonlyArray<string>
}

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
   * Whether a page refused what it was asked, although the status of its answer is below 400: for example, whether a form
   * is shown again with an error. Without it, only the status tells. Not asked for `pages.visit` and `pages.recent`.
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
   * From now on a login gives the session a new key also if its own user logs in again. `reset` turns it off. Without it,
   * the law about such logins is skipped.
   */
  readonly renewAtEveryLogin?: () => void | Promise<void>
  /** The WebSockets or event streams. Without them, the law about these is skipped. */
  readonly sockets?: LawSockets
  /** The network between the site and its stores. Without it, laws about outages are skipped. */
  readonly network?: LawNetwork
  /** The keys of the stored sessions: the values of their cookies. */
  readonly rows?: () => ReadonlySet<string>
  /** The site's secret keys. Without them, laws about new keys are skipped. */
  readonly secretKeys?: LawSecretKeys
  /** The stored passwords. Without them, laws about upgrades of their hashes are skipped. */
  readonly passwords?: LawPasswords
  /** The users' accounts. Without them, laws about users who are removed or may not log in are skipped. */
  readonly accounts?: LawAccounts
  /** A page that needs a permission. Without it, the law about permissions is skipped. */
  readonly permission?: LawPermission
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
  const { reauthenticate, recent, requestEmail, requestSignUp } = site.pages
  const whole = wholeOn(site)
  const { confirmEmail, logoutWithMetadata, endOtherSessions, endSession, verifyEmail, visit, write } = site.pages
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
      ...(write === undefined ? {} : { write: whole("write", write) })
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
