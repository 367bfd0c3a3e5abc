/**
 * Decides whether a request may see a page.
 *
 * | guard                        | anonymous         | logged in, without permission                      | permitted |
 * | ---------------------------- | ----------------- | -------------------------------------------------- | --------- |
 * | loginRequired, denyByDefault | login page        | (every logged-in user is permitted)                | Allowed   |
 * | recentLogin                  | login page        | (login long ago:) page that asks for a proof       | Allowed   |
 * | userPassesTest               | login page        | login page                                         | Allowed   |
 * | permissionRequired "Login"   | login page        | login page, which may redirect to this page again  | Allowed   |
 * | … "Forbid"                   | 403               | 403                                                | Allowed   |
 * | … "LoginOrForbid"            | login page        | 403                                                | Allowed   |
 *
 * The host of the request is checked only before a redirect to the login page. A host that is not allowed is a bad
 * request.
 */

import type { Resolved } from "../auth/state/request-state.ts"
import type { RequestHead } from "../http/request/request-head.ts"
import { type BadRequest, isLoginPage, type LoginRedirectSettings, type Redirect, toLogin } from "./login-redirect.ts"

/** The decision of a guard that never forbids: it allows the request or redirects to the login page. */
export type Entry = { readonly _tag: "Allowed" } | Redirect | BadRequest

/** The decision of a guard that may also forbid: 403. */
export type Decision = Entry | { readonly _tag: "Forbidden" }

/**
 * What happens to a user who lacks a permission: `Login` as with Django's decorator, `Forbid` as with
 * `raise_exception`, `LoginOrForbid` as with Django's view mixins.
 */
export type Refusal = "Login" | "Forbid" | "LoginOrForbid"

/**
 * Allows a request whose user passes the application's test.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.decorators.user_passes_test
 */
export const userPassesTest = (settings: LoginRedirectSettings, head: RequestHead, passes: boolean): Entry =>
  passes ? allowed : toLogin(settings, head)

/**
 * Allows a request of a logged-in user.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.decorators.login_required
 */
export const loginRequired = (settings: LoginRedirectSettings, head: RequestHead, user: Resolved<unknown>): Entry =>
  userPassesTest(settings, head, user._tag === "Authenticated")

/**
 * Allows a request of a logged-in user who has proved less than a number of seconds ago who they are. For other users
 * the decision is a redirect to the page that asks for the proof.
 *
 * @param isRecent whether the proof is recent enough; see `LoginRecord.isRecent`
 * @param reauthenticationUrl the page that asks for the proof
 */
export const recentLogin = (
  settings: LoginRedirectSettings,
  reauthenticationUrl: string,
  head: RequestHead,
  user: Resolved<unknown>,
  isRecent: boolean
): Entry => {
  if (user._tag === "Anonymous") return toLogin(settings, head)
  return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)
}

/**
 * Allows a request whose user has the permissions. Another request is redirected to the login page or forbidden, by
 * `refusal`.
 *
 * @param permitted whether the user has all the required permissions; an anonymous user may have some
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.decorators.permission_required
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.mixins.PermissionRequiredMixin
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

/** The decision depends on the user, and the caller has not loaded the user yet. */
export interface UserNeeded {
  readonly _tag: "UserNeeded"
}

/**
 * Requires a login for every page, except pages that are marked as open and the login page. Open pages are allowed
 * without the user, so they do not read the session.
 *
 * @param settings with the page's own login URL and field, where it has them
 * @param isOpen the page is marked as open to anonymous users
 * @param user `undefined` while the user has not been loaded
 * @see https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.auth.middleware.LoginRequiredMiddleware
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
