/**
 * The account pages for handlers that take a `Request`: login, logout, sign-up and others.
 *
 * ```ts
 * const accounts = fetchAccounts(auth)
 *
 * Bun.serve({ fetch: async (request) => (await accounts(request)) ?? page(request) })
 * ```
 */
import { accountPages } from "../../account-pages/account-pages.ts"
import type { Auth } from "../../api/auth.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, withRefusals } from "../account-mount.ts"
import { withAuth } from "../fetch.ts"
import { accountResponse, soon } from "./account-response.ts"
import { FetchRequestHead } from "./fetch-head.ts"

export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"

/** The options of {@link fetchAccounts}. */
export type FetchAccountsOptions = AccountMountOptions<Request>

/**
 * Answers the requests for account pages. It reads the body of a form, so do not read it before.
 *
 * @returns a function that returns `undefined` for every other request
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const fetchAccounts = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: FetchAccountsOptions = {}
): ((request: Request) => Promise<Response | undefined>) => {
  const mount = accountMount(options)
  const pages = accountPages(auth, mount.pages)
  const serve = withAuth(
    auth,
    (request, context) =>
      accountResponse(pages, { head: new FetchRequestHead(request), request, context, after: soon, http: mount.http }),
    withRefusals(mount.http, pages.refusal, (request) => new FetchRequestHead(request))
  )
  return async (request) => (pages.isFor(new FetchRequestHead(request)) ? serve(request) : undefined)
}
