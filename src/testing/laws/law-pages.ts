/** The pages of a site, as the laws visit them. */
import type { Browser } from "../browser/browser.ts"

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
  /** Logs in. The status is below 400 if it succeeded, and 400 or above if not; see `isRefused` of the site. */
  readonly login: (browser: Browser, user: LawUser) => Promise<Response>
  /** Logs out. */
  readonly logout: (browser: Browser) => Promise<Response>
  /** Puts a value into the session's data. */
  readonly write?: (browser: Browser, key: string, value: number) => Promise<Response>
  /** Puts a text into the session's data. */
  readonly writeText?: (browser: Browser, key: string, text: string) => Promise<Response>
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
   * Sends the form that logs out, with the browser's own CSRF token, from a page at this URL: `browser.fetch` with
   * `from` and `csrf`.
   */
  readonly logoutFrom?: (browser: Browser, page: string) => Promise<Response>
  /** Sends the form that logs out, with a CSRF token in its field, and with one in the header as a script adds it. */
  readonly logoutWithTokens?: (browser: Browser, tokens: LawTokens) => Promise<Response>
  /**
   * For sites with `csrfMode: "fetch-metadata"`: sends the form that logs out, without a CSRF token, and with these
   * headers in place of the `Origin` and `Sec-Fetch-Site` that the browser adds.
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
   * Sends the form that signs up as `user`, a new name, with the address of `owner`, who need not exist. Answers what
   * the site answers.
   */
  readonly requestSignUp?: (browser: Browser, user: LawUser, owner: LawUser) => Promise<Response>
  /** Follows a link of `signUpLink` and enters this password. The status is below 400 if the user is logged in then. */
  readonly verifyEmail?: (browser: Browser, link: string, password: string) => Promise<Response>
  /** The user who is logged in proves again who they are, with this password, which may be wrong. */
  readonly reauthenticate?: (browser: Browser, password: string) => Promise<Response>
  /** A page that needs a recent login. The status is below 300 if the visitor sees it. */
  readonly recent?: (browser: Browser) => Promise<Response>
  /**
   * The user who is logged in deactivates the own account, and confirms it with this password. The status is below 400
   * if it was done.
   */
  readonly deactivateAccount?: (browser: Browser, password: string) => Promise<Response>
  /**
   * The user who is logged in deletes the own account, and confirms it with this password. The status is below 400 if
   * it was done.
   */
  readonly deleteAccount?: (browser: Browser, password: string) => Promise<Response>
  /** Sets another password for the user who is logged in, and keeps this session. */
  readonly changePassword?: (browser: Browser, password: string) => Promise<Response>
  /** The sessions of the user who is logged in. */
  readonly listSessions?: (browser: Browser) => Promise<ReadonlyArray<LawSession>>
  /** Ends one session of the user who is logged in. The status is below 400, also if the user has no such session. */
  readonly endSession?: (browser: Browser, id: string) => Promise<Response>
  /**
   * Ends the sessions of the user who is logged in, except this one. The status is below 400 if a user is logged in.
   */
  readonly endOtherSessions?: (browser: Browser) => Promise<Response>
}

/** The CSRF tokens of a form. */
export interface LawTokens {
  /** The one in the field of the form. */
  readonly field: string
  /** The one in the header, as a script adds it. `undefined`: there is no header. */
  readonly header: string | undefined
}
