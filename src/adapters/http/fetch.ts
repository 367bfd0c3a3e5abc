/**
 * Handlers that take a `Request` and return a `Response`: React Router, SvelteKit, Astro, Bun, Deno. For Hono
 * there is `latchkey/hono`.
 *
 * ```ts
 * const login = withAuth(auth, async (request, { authenticate, login }) => {
 *   const user = await authenticate(await request.json())
 *   if (user === undefined) return Response.json({ error: "invalid" }, { status: 401 })
 *   await login(user)
 *   return Response.json({ user: user.username })
 * })
 *
 * Bun.serve({ routes: { "/login": { POST: login } } })             // Bun
 * Deno.serve(login)                                                // Deno
 * export const action = ({ request }) => login(request)            // React Router
 * export const POST = ({ request }) => login(request)              // SvelteKit, Astro
 * ```
 *
 * Further arguments that the framework passes go on to the handler. So you can wrap a whole application:
 *
 * ```ts
 * const handled = withAuth(auth, (_request, context, { event, resolve }: Parameters<Handle>[0]) => {
 *   event.locals.auth = context
 *   return resolve(event)
 * })
 * export const handle: Handle = (input) => handled(input.event.request, input)   // SvelteKit, hooks.server.ts
 * ```
 *
 * The session is written before the `Response` is returned. The body is never read, so a stream is still streamed.
 * Whether the client used https is decided by the URL of the request, unless `secureProxyHeader` is set.
 */
import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { Auth } from "../api/auth.ts"
import type { AuthContext } from "../api/per-request/promises.ts"
import { checkAuth } from "../options/check-auth.ts"
import { boolean, callable, type Kinds } from "../options/option-kinds.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { openedAround } from "./fetch/enclosing-requests.ts"
import { answered, answeredInside, answerToError, type Handling, responseInProgress } from "./fetch/fetch-answer.ts"
import { FetchRequestHead } from "./fetch/fetch-head.ts"
import { controlFlowOf, thrownOrMade } from "./fetch/thrown-answers.ts"
import { checkHttpOptions, type HttpAuthOptions } from "./http-options.ts"

export type { FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"

/**
 * What latchkey reads of a `Request`, for `auth.reader`. Use it where there is no response to write to, as in a
 * WebSocket upgrade.
 */
export const requestHead = (request: Request): RequestHead => new FetchRequestHead(request)

/** The options of {@link withAuth}. */
export interface FetchAuthOptions<Req extends Request = Request> extends HttpAuthOptions<Req> {
  /**
   * Returns `true` for a thrown value that your framework treats as a response, in addition to those that
   * {@link withAuth} knows. The value's `status` decides whether the session is written; a value without `status`
   * counts as 200. Then the value is thrown again.
   */
  readonly isResponse?: (error: unknown) => boolean
  /**
   * Whether a thrown `Response` is thrown again, with its cookies added, instead of returned. Use it for loaders and
   * actions of React Router, whose error boundaries render what is thrown. Default: `false`.
   */
  readonly throwResponses?: boolean
}

/**
 * A handler that gets the authentication of its request as second argument, and then the framework's other arguments.
 */
export type FetchHandler<
  User extends object,
  Fields extends SessionFields,
  Req extends Request = Request,
  Rest extends ReadonlyArray<unknown> = []
> = (request: Req, context: AuthContext<User, Fields>, ...rest: Rest) => Promise<Response> | Response

/**
 * Gives a handler the authentication of its request.
 *
 * - A `Response` that the handler throws is treated like one that it returns.
 * - Values that a framework throws to answer (Hono's `HTTPException`, SvelteKit's `redirect()` and `error()`, React
 *   Router's `data()`) are thrown again for the framework. Their status decides whether the session is written.
 * - Failures that latchkey throws (outages, refused requests, guards) are answered here, as the options say.
 * - Any other error is thrown again, for the framework's own error handler. For the session it counts as status 500.
 *
 * A framework's answer to a thrown value would not contain latchkey's cookies. So if there are cookies (after a login,
 * for example), an answer of the same status is made here instead: the exception's own response, the redirect, the body
 * of `error()` as JSON, or what `onError` returns for an error. For React Router's `data()` the cookies are added to
 * its headers, which React Router keeps. A value that is thrown again carries no `Vary`, except where latchkey wraps
 * the whole application.
 *
 * @returns a handler for the framework
 */
export const withAuth = <
  User extends object,
  Fields extends SessionFields,
  Req extends Request = Request,
  Rest extends ReadonlyArray<unknown> = []
>(
  auth: Auth<User, Fields>,
  handler: FetchHandler<User, Fields, Req, Rest>,
  options: FetchAuthOptions<Req> = {}
): ((request: Req, ...rest: Rest) => Promise<Response>) => {
  checkAuth(auth)
  checkHttpOptions(options, ownKinds)
  return (request, ...rest) => {
    const handling: Handling<User, Fields, Req> = {
      request,
      options,
      handle: (context) => handler(request, context, ...rest),
      controlFlow: (error) =>
        controlFlowOf(error, options.isResponse) ??
        thrownOrMade(error, 500, () => answerToError(error, { request, options })),
      throwsResponses: options.throwResponses === true
    }
    const around = openedAround(auth, [request])
    if (around !== undefined) return answeredInside(around, handling)
    return answered({ auth, request: auth.open(new FetchRequestHead(request), responseInProgress) }, handling)
  }
}

const ownKinds: Kinds<Omit<FetchAuthOptions, keyof HttpAuthOptions<never>>> = {
  isResponse: callable,
  throwResponses: boolean
}
