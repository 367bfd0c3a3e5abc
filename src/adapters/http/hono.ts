/**
 * Hono 4, on Node, Bun, Deno and wherever else it runs beside Node's modules.
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
 * The session is written when the handlers inside are done, by the status of `c.res`; its cookies join those that are
 * there. What they throw is Hono's: `app.onError` answers it, and the session is written by the status of that answer.
 * Failures of latchkey's (outages, refused requests, guards) are answered here, whatever `app.onError` made of them.
 *
 * Put it before `hono/method-override`, which hides how a request came: then the override does not switch the CSRF
 * check off. With `@hono/node-server` the order does not matter.
 */
import type { Context, MiddlewareHandler } from "hono"
import type { AuthContext } from "../interpreter/context.ts"
import type { Auth } from "../interpreter/create-auth.ts"
import type { SessionFields } from "../interpreter/session-access.ts"
import { isAuthFailure, isUntouching } from "./failure.ts"
import { insideOf, methodAround, openedAround } from "./fetch/inside.ts"
import { FetchRequestHead } from "./fetch/request-head.ts"
import { discard, failureToResponse, statusOf } from "./fetch/response.ts"
import { answerFailures } from "./hono/answerable.ts"
import { replace, sendWith } from "./hono/response.ts"
import { Opened } from "./opened.ts"
import { answerTo, checkHttpOptions, entryOf, type HttpAuthOptions } from "./options.ts"

export type { FailureResponse } from "./failure.ts"
export type { HttpAuthOptions } from "./options.ts"

/** The options of {@link honoAuth}; functions get Hono's context: `csrfExempt: (c) => c.req.path === "/webhook"`. */
export type HonoAuthOptions = HttpAuthOptions<Context>

/** What {@link honoAuth} adds to a context: `new Hono<HonoAuthEnv<User, Fields>>()`. */
export interface HonoAuthEnv<User extends object, Fields extends SessionFields> {
  Variables: { auth: AuthContext<User, Fields> }
}

/**
 * Middleware that puts the authentication of the request at `c.var.auth`.
 *
 * It may be used again on the way of a request, with stricter options for a part of the site:
 * `app.use("/account/*", honoAuth(auth, { loginRequired: true }))`. The session is loaded and written once.
 */
export const honoAuth = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: HonoAuthOptions = {}
): MiddlewareHandler<HonoAuthEnv<User, Fields>> => {
  checkHttpOptions(options)
  answerFailures()
  return async (c, next) => {
    const answerOf = (error: unknown): Response => failureToResponse(answerTo(error, c, options))
    const around = openedAround(auth, c) ?? openedAround(auth, c.req.raw)
    const opened = around ?? new Opened(auth, auth.open(headOf(c), new HonoResponse(c)))
    const { request } = opened
    const failed = (error: unknown): Response => {
      if (isUntouching(error)) request.forsake()
      return answerOf(error)
    }

    c.set("auth", request.context)
    let thrown: { readonly error: unknown } | undefined
    let isAdmitted = false
    try {
      await opened.admit(entryOf(options, c, undefined))
      isAdmitted = true
      await insideOf(opened, [c, c.req.raw], next)
    } catch (error) {
      // Hono answers errors of handlers itself: here are those of admission, and what is thrown that is no error.
      if (isAuthFailure(error) && !isAdmitted) c.res = failed(error)
      else thrown = { error }
    }
    if (isAdmitted && isAuthFailure(c.error)) {
      replace(c, failed(c.error))
      // Answered: no error to a door further out, nor to a log.
      c.error = undefined
    }
    if (around !== undefined) {
      if (thrown !== undefined) throw thrown.error
      return
    }

    try {
      sendWith(c, await request.respond(thrown === undefined && c.finalized ? statusOf(c.res) : 500))
    } catch (error) {
      if (c.finalized) discard(c.res)
      replace(c, answerOf(error))
      return
    }
    if (thrown !== undefined) throw thrown.error
  }
}

/** The request as it came over the wire, also where a method override has made another one out of it. */
const headOf = (c: Context): FetchRequestHead =>
  new FetchRequestHead(c.req.raw, undefined, methodOnNode(c.env) ?? methodAround(c.req.raw))

/** What `@hono/node-server` leaves of Node's own request. */
const methodOnNode = (env: unknown): string | undefined => {
  const incoming: unknown = typeof env === "object" && env !== null ? Reflect.get(env, "incoming") : undefined
  const method: unknown =
    typeof incoming === "object" && incoming !== null ? Reflect.get(incoming, "method") : undefined
  return typeof method === "string" ? method : undefined
}

/** A class: see `CellRequest`. */
class HonoResponse {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }
  status(): number {
    return this.#context.finalized ? this.#context.res.status : 200
  }
}
