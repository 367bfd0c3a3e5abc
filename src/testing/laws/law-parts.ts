/** What a site can have besides its pages, for laws that need it. */
import type { Browser, RequestHandler } from "../browser/browser.ts"
import type { DeviceBrowser } from "../browser/device-browser.ts"
import type { VirtualClock } from "../site/clock.ts"
import type { Fault } from "../stores/store-network.ts"
import type { LawUser } from "./law-pages.ts"

/** A page that needs a permission, and who has the permission. */
export interface LawPermission {
  /** The page. The status is below 300 if the visitor sees it. */
  readonly page: (browser: Browser) => Promise<Response>
  /**
   * From now on `users[0]` has the permission, and `users[1]` has not. `reset` undoes it. Not given: that is always so.
   */
  readonly start?: () => void | Promise<void>
  /** As `start`, and `users[0]` is no administrator: the user has this permission only, for no object in particular. */
  readonly grant?: () => void | Promise<void>
  /** Called after {@link grant}: from now on a rule that comes before it denies the permission to `users[0]`. */
  readonly deny?: () => void | Promise<void>
  /** A page that needs the permission for one object. The status is below 300 if the visitor sees it. */
  readonly objectPage?: (browser: Browser) => Promise<Response>
}

/** A proxy that names the user of each request in a header. */
export interface LawProxy {
  /** Sends a request for `pages.visit` in which the proxy names this user; `undefined`: it sends no such header. */
  readonly visit: (browser: Browser, username: string | undefined) => Promise<Response>
  /** From now on the site reads the header. `reset` ends that. Not given: it always does. */
  readonly start?: () => void | Promise<void>
}

/** How much a session may hold. */
export interface LawSize {
  /** A text of so many characters is too much for a session. */
  readonly characters: number
  /** Limits the size, if it is not always limited. `reset` ends that. */
  readonly start?: () => void | Promise<void>
}

/** A clock that the site follows. */
export interface LawClock extends Pick<VirtualClock, "advance" | "now">, Partial<Pick<VirtualClock, "setBack">> {
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

/** A way in which a site answers over https. */
export interface LawHttps {
  /** A new browser, without cookies, that visits the site over https. */
  readonly browser: () => Browser
  /** From now on the site answers in this way. `reset` ends it. Not given: it always does. */
  readonly start?: () => void | Promise<void>
}

/** What a form says in its head. */
export interface LawForm {
  /** Whether it has the browser's own CSRF token. Default false. */
  readonly token?: true
  /** These headers, in place of `Host`, `Origin`, `Referer` and `Sec-Fetch-Site` that the browser adds. */
  readonly headers: Readonly<Record<string, string>>
  /** The method. Default `POST`. */
  readonly method?: string
  /** The method that the framework reads in place of the one that was sent. Not given: the same. */
  readonly as?: string
}

/** The forms of a site over https, with heads that the laws write. */
export interface LawForms extends LawHttps {
  /** Sends the form that logs out. */
  readonly logout: (browser: Browser, form: LawForm) => Promise<Response>
  /** Https pages of other sites whose forms are accepted. */
  readonly trustedPages?: ReadonlyArray<string>
}

/** What a logout over https asks the browser to delete. */
export interface LawSiteData extends LawHttps {
  /** The kinds of data, such as `cookies` and `storage`. */
  readonly kinds: ReadonlyArray<string>
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
   * A new browser that binds its sessions to its device. The pages of the site send its requests with `browser.fetch`,
   * to the site itself: the browser sends its own requests there too.
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
  /**
   * From now on the site does not bind sessions at all, until `reset`. Not given: observing is not compared with this.
   */
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

/** The session table of a site, as another program reads and writes it that shares the table. `reset` empties it. */
export interface LawSharedTable {
  /**
   * Stores a session as the other program does. Returns the value of its cookie.
   *
   * @param json a JSON object, the data of the session: one character for each byte
   */
  readonly store: (json: string) => string | Promise<string>
  /** The JSON of a stored session, one character for each byte. `undefined`: the cookie has no session. */
  readonly read: (cookie: string) => string | undefined | Promise<string | undefined>
}

/** What a stored session says about who is logged in: by name, for example a user's id and a hash of the password. */
export type LawIdentity = Readonly<Record<string, string>>
