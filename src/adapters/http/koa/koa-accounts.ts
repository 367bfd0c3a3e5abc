/**
 * The account pages for Koa: login, logout, sign-up and others.
 *
 * ```ts
 * app.use(koaAccounts(auth))
 * ```
 */
import type { ExtendableContext } from "koa"
import { accountPages } from "../../account-pages/account-pages.ts"
import type { ReadForm } from "../../account-pages/visit/account-request.ts"
import type { Auth } from "../../api/auth.ts"
import { isForm } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, carryOut, withRefusals } from "../account-mount.ts"
import { discardsChanges, type FailureResponse, isAuthFailure } from "../failure-response.ts"
import { readForm } from "../form-body.ts"
import { answerTo } from "../http-options.ts"
import { type KoaAuthMiddleware, type KoaAuthOptions, koaAuth } from "../koa.ts"
import { afterResponse } from "../node/after-response.ts"
import { requestBody } from "../node/request-body.ts"
import { hasAuthProperties } from "./context-properties.ts"
import { KoaRequestHead } from "./koa-head.ts"
import { parsedBody } from "./parsed-body.ts"

export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"

/** The options of {@link koaAccounts}. */
export type KoaAccountsOptions = AccountMountOptions<Parameters<NonNullable<KoaAuthOptions["onError"]>>[1]>

/**
 * Middleware that answers the requests for account pages, and passes all others on. It needs no other middleware: it
 * reads the body of a form itself, unless a parser has read it before. Put it before a middleware that requires a
 * login.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const koaAccounts = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: KoaAccountsOptions = {}
): KoaAuthMiddleware<User, Fields> => {
  const mount = accountMount(options)
  const pages = accountPages(auth, mount.pages)
  const http = withRefusals(mount.http, pages.refusal, (ctx: ExtendableContext) => new KoaRequestHead(ctx))
  const authenticated = koaAuth(auth, http)
  return async (ctx, next) => {
    const head = new KoaRequestHead(ctx)
    if (!pages.isFor(head)) return next()
    const form = async (): Promise<ReadForm> => {
      const parsed = parsedBody(ctx)
      return isForm(parsed) ? { _tag: "Form", fields: parsed } : readForm(head, requestBody(ctx.req))
    }
    const serve = async (): Promise<void> => {
      const response = await pages.respond({ head, context: ctx.auth, form })
      afterResponse(ctx.res, () => void carryOut(pages, response, mount.http))
      send(response)
    }
    const send = ({ body, headers, status }: FailureResponse): void => {
      ctx.status = status
      ctx.body = body
      if (body === "") ctx.remove("Content-Type")
      ctx.set({ ...headers })
    }
    if (!hasAuthProperties(ctx, auth)) return authenticated(ctx, serve)
    try {
      await serve()
    } catch (error) {
      // The changes of the request are discarded by the outer `koaAuth`, which answers with its own `onError`.
      if (!isAuthFailure(error) || discardsChanges(error)) throw error
      send(answerTo(error, ctx, http))
    }
  }
}
