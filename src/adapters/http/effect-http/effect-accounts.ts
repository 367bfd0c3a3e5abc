/**
 * The account pages for Effect's http server: login, logout, sign-up and others.
 *
 * ```ts
 * HttpRouter.serve(Layer.mergeAll(Routes, effectAccounts(auth)))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpRouter from "effect/http/HttpRouter"
import { add } from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { accountPages } from "../../account-pages/account-pages.ts"
import { defaultPath } from "../../account-pages/visit/account-options.ts"
import type { Auth } from "../../api/auth.ts"
import { Context } from "../../api/per-request/context.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, carryOut, withRefusals } from "../account-mount.ts"
import { effectAuth } from "../effect-http.ts"
import { readForm } from "../form-body.ts"
import { requestHead } from "./effect-head.ts"

export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"

/** The options of {@link effectAccounts}. */
export type EffectAccountsOptions = AccountMountOptions<HttpServerRequest.HttpServerRequest>

/**
 * Routes with the account pages, for `HttpRouter.serve`.
 *
 * @param given what `createAuth` returns, or an effect that gives it, such as a service of `latchkey/effect`
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export function effectAccounts<User extends object, Fields extends SessionFields>(
  given: Auth<User, Fields>,
  options?: EffectAccountsOptions
): Layer.Layer<never, never, HttpRouter.HttpRouter>
export function effectAccounts<User extends object, Fields extends SessionFields, Needed>(
  given: Effect.Effect<Auth<User, Fields>, never, Needed>,
  options?: EffectAccountsOptions
): Layer.Layer<never, never, HttpRouter.HttpRouter | Needed>
export function effectAccounts<User extends object, Fields extends SessionFields, Needed>(
  given: Auth<User, Fields> | Effect.Effect<Auth<User, Fields>, never, Needed>,
  options: EffectAccountsOptions = {}
): Layer.Layer<never, never, HttpRouter.HttpRouter | Needed> {
  const mount = accountMount(options)
  const routes = (auth: Auth<User, Fields>) => {
    const pages = accountPages(auth, mount.pages)
    const { RequestAuth, withAuth } = effectAuth(auth, withRefusals(mount.http, pages.refusal, requestHead))
    const serve = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const head = requestHead(request)
      if (!pages.isFor(head)) return HttpServerResponse.empty({ status: 404 })
      const context = new Context({ effects: yield* RequestAuth })
      const form = () => readForm(head, Stream.toAsyncIterable(request.stream))
      // `withAuth` answers the failures of latchkey, also those that a promise rejects with.
      const response = yield* Effect.promise(() => pages.respond({ head, context, form }))
      const { body, headers, status } = response
      yield* Effect.forkDetach(
        Effect.andThen(
          Effect.sleep(0),
          Effect.promise(() => carryOut(pages, response, mount.http))
        )
      )
      return HttpServerResponse.raw(body, { status, headers })
    })
    return add("*", `/${(options.path ?? defaultPath).slice(1)}/*`, withAuth(serve))
  }
  return Effect.isEffect(given) ? Layer.unwrap(Effect.map(given, routes)) : routes(given)
}
