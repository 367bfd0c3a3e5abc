/**
 * Who may see a page.
 *
 * |                              | anonymous         | logged in, without permission              | with it |
 * | ---------------------------- | ----------------- | ------------------------------------------ | ------- |
 * | loginRequired, denyByDefault | login page        | (any user will do)                         | Allowed |
 * | userPassesTest               | login page        | login page                                 | Allowed |
 * | permissionRequired "Login"   | login page        | login page, which may send them back again | Allowed |
 * | … "Forbid"                   | 403               | 403                                        | Allowed |
 * | … "LoginOrForbid"            | login page        | 403                                        | Allowed |
 *
 * The host is looked at only where somebody is to be sent to the login page; one that is not ours is a bad request.
 */
import type { RequestHead } from "../http/request-head.ts"
import { type BadRequest, isLoginPage, type LoginRedirectSettings, type Redirect, toLogin } from "./login-redirect.ts"
import type { Resolved } from "./request-state.ts"

/** For guards that ask for a user, and would take any. */
export type Entry = { readonly _tag: "Allowed" } | Redirect | BadRequest

export type Decision = Entry | { readonly _tag: "Forbidden" }

/**
 * What is done with somebody who lacks a permission: `Login` as Django's decorator does, `Forbid` as it does with
 * `raise_exception`, `LoginOrForbid` as its view mixins do.
 */
export type Refusal = "Login" | "Forbid" | "LoginOrForbid"

/** @see Django: user_passes_test */
export const userPassesTest = (settings: LoginRedirectSettings, head: RequestHead, passes: boolean): Entry =>
  passes ? allowed : toLogin(settings, head)

/** @see Django: login_required */
export const loginRequired = (settings: LoginRedirectSettings, head: RequestHead, user: Resolved<unknown>): Entry =>
  userPassesTest(settings, head, user._tag === "Authenticated")

/**
 * @param permitted whether the user has all the permissions wanted; anonymous users may have some
 * @see Django: permission_required, PermissionRequiredMixin
 */
export const permissionRequired = (
  settings: LoginRedirectSettings,
  head: RequestHead,
  user: Resolved<unknown>,
  permitted: boolean,
  refusal: Refusal
): Decision =>
  !permitted && (refusal === "Forbid" || (refusal === "LoginOrForbid" && user._tag === "Authenticated"))
    ? forbidden
    : userPassesTest(settings, head, permitted)

/** The decision depends on the user, whom nobody has asked for yet. */
export interface UserNeeded {
  readonly _tag: "UserNeeded"
}

/**
 * Every page wants a login unless it says otherwise, or is the login page. Pages that are open to all are decided
 * without the user, so that they touch no session.
 *
 * @param settings with the page's own login URL and field, where it has them
 * @param isOpen the page is marked as one for everybody
 * @param user `undefined` until somebody asked
 * @see Django: LoginRequiredMiddleware
 */
export const denyByDefault = (
  settings: LoginRedirectSettings,
  head: RequestHead,
  isOpen: boolean,
  user: Resolved<unknown> | undefined
): Entry | UserNeeded => {
  if (isOpen || isLoginPage(settings, head)) return allowed
  return user === undefined ? { _tag: "UserNeeded" } : loginRequired(settings, head, user)
}

const allowed: Entry = { _tag: "Allowed" }
const forbidden: Decision = { _tag: "Forbidden" }
