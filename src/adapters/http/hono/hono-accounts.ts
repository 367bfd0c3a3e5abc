/**
 * The account pages for Hono: login, logout, sign-up and others.
 *
 * ```ts
 * app.use(honoAccounts(auth))
 * ```
 */
import type { Context, MiddlewareHandler } from "hono"
import { accountPages } from "../../account-pages/account-pages.ts"
import type { Auth } from "../../api/auth.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, withRefusals } from "../account-mount.ts"
import { isAuthFailure } from "../failure-response.ts"
import { accountResponse, soon } from "../fetch/account-response.ts"
import { FetchRequestHead } from "../fetch/fetch-head.ts"
import { type HonoAuthEnv, honoAuth } from "../hono.ts"

export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"

/** The options of {@link honoAccounts}. */
export type HonoAccountsOptions = AccountMountOptions<Context>

/**
 * Middleware that answers the requests for account pages, and passes all others on. Put it before a middleware that
 * requires a login.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const honoAccounts = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: HonoAccountsOptions = {}
): MiddlewareHandler<HonoAuthEnv<User, Fields>> => {
  const mount = accountMount(options)
  const pages = accountPages(auth, mount.pages)
  const authenticated = honoAuth(
    auth,
    withRefusals(mount.http, pages.refusal, (c) => new FetchRequestHead(c.req.raw))
  )
  return async (c, next) => {
    const request = c.req.raw
    const head = new FetchRequestHead(request)
    if (!pages.isFor(head)) return next()
    return authenticated(c, async () => {
      try {
        c.res = await accountResponse(pages, { head, request, context: c.var.auth, after: soon, http: mount.http })
      } catch (error) {
        if (!isAuthFailure(error)) throw error
        c.error = error // as Hono itself does with errors of handlers: `honoAuth` answers it
      }
    })
  }
}
