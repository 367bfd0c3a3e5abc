/**
 * Hono 4, on Node, Bun, Deno and every other runtime that has Node's modules.
 *
 * ```ts
 * import { Hono } from "hono"
 * import { honoAuth } from "latchkey/hono"
 *
 * const app = new Hono().use(honoAuth(auth))
 *
 * app.post("/login", async (c) => {
 *   const { authenticate, login } = c.var.auth
 *   const user = await authenticate(await c.req.json())
 *   if (user === undefined) throw new HTTPException(401)
 *   await login(user)
 *   return c.json({ user: user.username })
 * })
 * ```
 *
 * The session is written when the inner handlers are done. The status of `c.res` decides whether it is written, and its
 * cookies are added to those on the response. Errors that handlers throw are answered by Hono's `app.onError`; the
 * status of that answer counts for the session. Failures that latchkey throws (outages, refused requests, guards) are
 * answered here, even if `app.onError` has answered them.
 *
 * Put it before `hono/method-override`. That middleware hides the method that the client sent; in this order it cannot
 * switch off the CSRF check. With `@hono/node-server` the order does not matter.
 */
import type { Context, MiddlewareHandler } from "hono"
import type { Auth } from "../api/auth.ts"
import type { AuthContext } from "../api/per-request/promises.ts"
import { checkAuth } from "../options/check-auth.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { discardsChanges, isAuthFailure } from "./failure-response.ts"
import { insideOf, methodAround, openedAround } from "./fetch/enclosing-requests.ts"
import { FetchRequestHead } from "./fetch/fetch-head.ts"
import { discard, failureToResponse, statusOf } from "./fetch/fetch-response.ts"
import { answerFailures } from "./hono/answerable.ts"
import { HonoResponse, replace } from "./hono/hono-response.ts"
import { answerTo, checkHttpOptions, HandlerRules, type HttpAuthOptions } from "./http-options.ts"

export type { FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"

/** The options of {@link honoAuth}. Functions get Hono's context: `csrfExempt: (c) => c.req.path === "/webhook"`. */
export type HonoAuthOptions = HttpAuthOptions<Context>

/** What {@link honoAuth} adds to a context: `new Hono<HonoAuthEnv<UserOf<typeof auth>, FieldsOf<typeof auth>>>()`. */
export interface HonoAuthEnv<User extends object, Fields extends SessionFields> {
  /** The variables of the context, `c.var`. */
  Variables: {
    /** The authentication of this request. */
    auth: AuthContext<User, Fields>
  }
}

/**
 * Middleware that puts the authentication of the request at `c.var.auth`.
 *
 * It may be used more than once for one request, with stricter options for a part of the site:
 * `app.use("/account/*", honoAuth(auth, { loginRequired: true }))`. The session is still loaded and written only once.
 */
export const honoAuth = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: HonoAuthOptions = {}
): MiddlewareHandler<HonoAuthEnv<User, Fields>> => {
  checkAuth(auth)
  checkHttpOptions(options)
  answerFailures()
  return async (c, next) => {
    const requests = [c, c.req.raw]
    const around = openedAround(auth, requests)
    const response = new HonoResponse(c)
    const opened = around ?? { auth, request: auth.open(headOf(c), response) }
    const { request } = opened

    c.set("auth", request.context)
    let thrown: { readonly error: unknown } | undefined
    let isAdmitted = false
    try {
      const admitted = request.enter(new HandlerRules(options, c, undefined))
      if (admitted !== undefined) await admitted
      isAdmitted = true
      await insideOf(opened, requests, next)
    } catch (error) {
      // Hono itself answers errors of handlers. Caught here: the refusal of `enter`, and thrown values that are not an
      // Error.
      if (isAuthFailure(error) && !isAdmitted) c.res = failed(request, error, c, options)
      else thrown = { error }
    }
    if (c.error !== undefined && isAdmitted && isAuthFailure(c.error)) {
      replace(c, failed(request, c.error, c, options))
      // The failure is answered: outer middleware and loggers should see no error.
      c.error = undefined
    }
    if (around !== undefined) {
      if (thrown !== undefined) throw thrown.error
      return
    }

    try {
      const headers = request.respond(thrown === undefined && c.finalized ? statusOf(c.res) : 500)
      response.send(headers instanceof Promise ? await headers : headers)
    } catch (error) {
      if (c.finalized) discard(c.res)
      replace(c, answerOf(error, c, options))
      return
    }
    if (thrown !== undefined) throw thrown.error
  }
}

const answerOf = (error: unknown, c: Context, options: HonoAuthOptions): Response =>
  failureToResponse(answerTo(error, c, options))

const failed = (
  request: { readonly discardChanges: () => void },
  error: unknown,
  c: Context,
  options: HonoAuthOptions
): Response => {
  if (discardsChanges(error)) request.discardChanges()
  return answerOf(error, c, options)
}

/** The request as the client sent it, also if a method override has made a new one. */
const headOf = (c: Context): FetchRequestHead =>
  new FetchRequestHead(c.req.raw, undefined, methodOnNode(c.env) ?? methodAround(c.req.raw))

/** The method of Node's own request, which `@hono/node-server` passes in `env`. */
const methodOnNode = (env: unknown): string | undefined => {
  const incoming = typeof env === "object" && env !== null && "incoming" in env ? env.incoming : undefined
  const method = typeof incoming === "object" && incoming !== null && "method" in incoming ? incoming.method : undefined
  return typeof method === "string" ? method : undefined
}
