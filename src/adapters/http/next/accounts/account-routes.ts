import type { SessionFields } from "../../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, withRefusals } from "../../account-mount.ts"
import { accountResponse } from "../../fetch/account-response.ts"
import type { AuthSource } from "../framework/auth-source.ts"
import { RouteRequestHead } from "../framework/next-head.ts"
import { type Route, withAuth } from "../handlers/route.ts"
import { pagesOf } from "./pages-of.ts"

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
    const own = pagesOf(auth, pages)
    const serve = withAuth<User, Fields, Request, { path: Array<string> }>(
      auth,
      (request, context) => {
        const head = new RouteRequestHead(request)
        return accountResponse(own(), { after, context, head, http, request })
      },
      withRefusals(
        http,
        (head, made, detail) => own().refusal(head, made, detail),
        (request) => new RouteRequestHead(request)
      )
    )
    return { GET: serve, POST: serve }
  }
