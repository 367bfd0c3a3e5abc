/**
 * The account pages for Next.js: login, logout, sign-up and others.
 *
 * ```ts
 * // app/accounts/[...path]/route.ts
 * export const { GET, POST } = nextAccounts(auth)
 * ```
 */
import { type AccountPages, accountPages } from "../../account-pages/account-pages.ts"
import type { Auth } from "../../api/create-auth.ts"
import type { SessionFields } from "../../request/session-access.ts"
import { type AccountMountOptions, accountMount } from "../account-mount.ts"
import { accountResponse } from "../fetch/account-response.ts"
import { type AuthSource, authOf } from "./auth-source.ts"
import { RouteRequestHead } from "./next-head.ts"
import { type Route, withAuth } from "./route.ts"

export type { AccountPagesOptions } from "../../account-pages/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"
export type { AuthSource } from "./auth-source.ts"

/** The options of {@link nextAccounts}. */
export type NextAccountsOptions = AccountMountOptions<Request>

/** Route handlers for `app/accounts/[...path]/route.ts`. */
export interface NextAccounts {
  /** Shows the pages. */
  readonly GET: (request: Request, route: Route<{ path: Array<string> }>) => Promise<Response>
  /** Takes the forms. */
  readonly POST: (request: Request, route: Route<{ path: Array<string> }>) => Promise<Response>
}

/**
 * Route handlers with the account pages. The option `path` is the folder of the route, below the base path of
 * next.config. Other paths below it are answered with 404.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const nextAccounts = <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  options: NextAccountsOptions = {}
): NextAccounts => {
  const mount = accountMount(options)
  let made: Made<User, Fields> | undefined
  const pagesOf = (application: Auth<User, Fields>): AccountPages<User, Fields> => {
    if (made?.application !== application) made = { application, pages: accountPages(application, mount.pages) }
    return made.pages
  }
  const serve = withAuth<User, Fields, Request, { path: Array<string> }>(
    auth,
    (request, context) =>
      accountResponse(pagesOf(authOf(auth)), { request, context, head: new RouteRequestHead(request) }),
    mount.http
  )
  return { GET: serve, POST: serve }
}

/** The pages of the application that the last request had. */
interface Made<User extends object, Fields extends SessionFields> {
  readonly application: Auth<User, Fields>
  readonly pages: AccountPages<User, Fields>
}
