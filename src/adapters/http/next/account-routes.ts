import { type AccountPages, accountPages } from "../../account-pages/account-pages.ts"
import type { Auth } from "../../api/create-auth.ts"
import type { SessionFields } from "../../request/session-access.ts"
import { type AccountMountOptions, accountMount } from "../account-mount.ts"
import { accountResponse } from "../fetch/account-response.ts"
import { type AuthSource, authOf } from "./auth-source.ts"
import { RouteRequestHead } from "./next-head.ts"
import { type Route, withAuth } from "./route.ts"

/** The options of `nextAccounts`, `accountAction` and `accountForm`. */
export type NextAccountsOptions = AccountMountOptions<Request>

/** Route handlers for `app/accounts/[...path]/route.ts`. */
export interface NextAccounts {
  /** Shows the pages. */
  readonly GET: (request: Request, route: Route<{ path: Array<string> }>) => Promise<Response>
  /** Takes the forms. */
  readonly POST: (request: Request, route: Route<{ path: Array<string> }>) => Promise<Response>
}

/** Makes `nextAccounts` with Next's `after`, which calls a function when the response was sent. */
export const accountRoutes =
  (after: (then: () => Promise<void>) => void) =>
  <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>,
    options: NextAccountsOptions = {}
  ): NextAccounts => {
    const { http, pages } = accountMount(options)
    let made: Made<User, Fields> | undefined
    const pagesOf = (application: Auth<User, Fields>): AccountPages<User, Fields> => {
      if (made?.application !== application) made = { application, pages: accountPages(application, pages) }
      return made.pages
    }
    const serve = withAuth<User, Fields, Request, { path: Array<string> }>(
      auth,
      (request, context) => {
        const head = new RouteRequestHead(request)
        return accountResponse(pagesOf(authOf(auth)), { after, context, head, http, request })
      },
      http
    )
    return { GET: serve, POST: serve }
  }

/** The pages of the application that the last request had. */
interface Made<User extends object, Fields extends SessionFields> {
  readonly application: Auth<User, Fields>
  readonly pages: AccountPages<User, Fields>
}
