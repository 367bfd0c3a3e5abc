/**
 * Koa 3.
 *
 * ```ts
 * import { text } from "node:stream/consumers"
 * import Koa from "koa"
 * import { koaAuth } from "latchkey/koa"
 *
 * const app = new Koa().use(koaAuth(auth))
 *
 * app.use(async (ctx) => {
 *   const { authenticate, getCsrfToken, login, verifyCsrf } = ctx.auth
 *   if (ctx.method === "POST") {
 *     const form = new URLSearchParams(await text(ctx.req))
 *     await verifyCsrf(form)
 *     const user = await authenticate({ username: form.get("username"), password: form.get("password") })
 *     if (user) await login(user)
 *   }
 *   const user = await ctx.auth.getUser()
 *   ctx.body = `<p>${user ? "Welcome back" : "Who are you?"}</p>
 *     <form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="${await getCsrfToken()}">
 *     <input name="username"><input name="password" type="password"><button>Log in</button></form>`
 * })
 *
 * app.use(async (ctx) => {
 *   const user = await ctx.auth.requireUser() // others get the login page
 *   ctx.body = user.username
 * })
 *
 * app.listen(3000)
 * ```
 *
 * Errors that the application throws go to Koa: it answers them and emits its event `error`. A thrown error with a
 * status below 500 (`ctx.throw(404)`) is an answer: the session is stored, and its cookie is sent. Outages, interrupted
 * sessions and refused requests are answered here; Koa does not see them as errors. The options `onError` and `report`
 * apply to these.
 *
 * If `ctx.body` is a `Response`, each of its cookies is sent as a separate header line, beside the cookies that other
 * code has set before or sets later. One case is lost: cookies that Koa dropped itself for a `Response` that was the
 * body before this middleware ran.
 */
import type { Context, DefaultState, Next, ParameterizedContext } from "koa"
import type { Auth } from "../api/auth.ts"
import type { AuthContext, PromisedSession } from "../api/per-request/promises.ts"
import { checkAuth } from "../options/check-auth.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { checkHttpOptions, HandlerRules, type HttpAuthOptions } from "./http-options.ts"
import { hasAuthProperties, putAuthProperties } from "./koa/context-properties.ts"
import { keepCookieLines } from "./koa/cookie-lines.ts"
import { KoaResponse } from "./koa/koa-response.ts"
import { parsedBody } from "./koa/parsed-body.ts"

export type { FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"

/** The options of {@link koaAuth}. */
export type KoaAuthOptions = HttpAuthOptions<Context>

/**
 * What {@link koaAuth} adds to a context:
 * `new Koa<DefaultState, KoaAuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>>()`.
 */
export interface KoaAuthContext<User extends object, Fields extends SessionFields> {
  /** The authentication of this request. */
  auth: AuthContext<User, Fields>
  /** The session of this request, the same as `ctx.auth.session`. */
  session: PromisedSession<Fields>
}

/** The middleware that {@link koaAuth} makes. */
export type KoaAuthMiddleware<User extends object, Fields extends SessionFields> = (
  ctx: ParameterizedContext<DefaultState, KoaAuthContext<User, Fields>>,
  next: Next
) => Promise<void>

/**
 * Middleware that puts the authentication of the request at `ctx.auth` and its session at `ctx.session`. There is no
 * `ctx.state.user`: the user is loaded only when a handler asks for it, so it would be a promise, and a promise is
 * always truthy.
 *
 * The session is stored when the inner middleware is done, before the answer is sent. Outer middleware finds the cookie
 * and `Vary` on the response. If the answer is made elsewhere (Koa answers an error, or `ctx.respond = false`), the
 * session is stored just before the head is sent.
 *
 * Put the body parser before this middleware, which then checks the tokens of forms. Otherwise the handler has to call
 * `verifyCsrf(form)`. Until it has passed, `getUser`, guards and the session fail.
 */
export const koaAuth = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: KoaAuthOptions = {}
): KoaAuthMiddleware<User, Fields> => {
  checkAuth(auth)
  checkHttpOptions(options)
  // `then` takes 0.2 µs less for each request than an async function.
  return (ctx, next) => {
    if (hasAuthProperties(ctx, auth))
      throw new Error("koaAuth has already run for this request; use it once in the application")
    keepCookieLines(ctx)
    const leaving = new KoaResponse(auth, ctx, options)
    const { request } = leaving
    putAuthProperties(ctx, auth, request.context)
    try {
      const admitted = request.enter(new HandlerRules(options, ctx, parsedBody(ctx)))
      const handled = admitted === undefined ? Promise.resolve(next()) : admitted.then(next)
      return handled.then(
        () => leaving.done(),
        (error) => leaving.failed(error)
      )
    } catch (error) {
      return leaving.failed(error)
    }
  }
}
