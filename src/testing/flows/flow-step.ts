/** The steps of a flow: what each of several browsers does. */
import type { Browser } from "../browser/browser.ts"

/** What a browser does in one step. */
export type FlowAction =
  | PlainAction
  | LogInAction
  | DataAction
  | PasswordAction
  | AccountAction
  | CookiesAction
  | TimeAction
  | ExtraStep

/** A request without more details. */
export interface PlainAction {
  /** The page that it visits. */
  readonly _tag: "visit" | "log out" | "clear" | "renew the key"
}

/** A login. */
export interface LogInAction {
  /** The kind of step. */
  readonly _tag: "log in"
  /** The number of the user, in `users` of the site. */
  readonly user: 0 | 1
  /** `wrong`: a password that the user never had. */
  readonly password: "right" | "wrong"
}

/** A change of the session's data. */
export interface DataAction {
  /** The kind of step. */
  readonly _tag: "write" | "remove"
  /** The key in the data. */
  readonly key: string
  /** The value to write. */
  readonly value: number
}

/** A change of the password of the user who is logged in. */
export interface PasswordAction {
  /** The kind of step. */
  readonly _tag: "change password"
  /** The new password. */
  readonly password: string
}

/** An administrator decides whether a user may log in. */
export interface AccountAction {
  /** The kind of step. */
  readonly _tag: "deactivate" | "activate"
  /** The number of the user, in `users` of the site. */
  readonly user: 0 | 1
}

/** The browser gets the cookies of another one. */
export interface CookiesAction {
  /** The kind of step. */
  readonly _tag: "take the cookies"
  /** The number of the other browser. */
  readonly of: number
}

/** The site's clock moves, if the site has one. */
export interface TimeAction {
  /** The kind of step. */
  readonly _tag: "time passes"
  /** By how many days. */
  readonly days: number
}

/** A request of the application, which leaves users, sessions and the data that flows write as they are. */
export interface ExtraStep {
  /** The kind of step. */
  readonly _tag: "extra"
  /** The name of the request in the option `extra`. */
  readonly name: string
}

/** One step. */
export interface FlowStep {
  /** The number of the browser, from 0. */
  readonly browser: number
  /** What it does. */
  readonly action: FlowAction
}

/** A request of the application, for flows. */
export type ExtraAction = (browser: Browser) => Promise<unknown>
