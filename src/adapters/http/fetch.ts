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
 * What a framework passes besides the request goes through to the handler. So a whole application is wrapped at once:
 *
 * ```ts
 * const handled = withAuth(auth, (_request, context, { event, resolve }: Parameters<Handle>[0]) => {
 *   event.locals.auth = context
 *   return resolve(event)
 * })
 * export const handle: Handle = (input) => handled(input.event.request, input)   // SvelteKit, hooks.server.ts
 * ```
 *
 * The session is written before the `Response` is returned; its body is never read, so streams stay streams. Whether
 * the client used https is what the URL of the request says, unless `secureProxyHeader` is set.
 */
import type { RequestHead } from "../../core/http/request-head.ts"
import type { AuthContext } from "../interpreter/context.ts"
import type { Auth } from "../interpreter/create-auth.ts"
import type { SessionFields } from "../interpreter/session-access.ts"
import { boolean, callable, type Kinds } from "../option-kinds.ts"
import { answered, answeredInside, answerToError, type Handling, responseInProgress } from "./fetch/answer.ts"
import { controlFlowOf, thrownOrMade } from "./fetch/control-flow.ts"
import { openedAround } from "./fetch/inside.ts"
import { FetchRequestHead } from "./fetch/request-head.ts"
import { Opened } from "./opened.ts"
import { checkHttpOptions, type HttpAuthOptions } from "./options.ts"

export type { FailureResponse } from "./failure.ts"
export type { HttpAuthOptions } from "./options.ts"

/** What latchkey reads of a `Request`, for `auth.reader`: where there is no response to write to, as in a WebSocket upgrade. */
export const requestHead = (request: Request): RequestHead => new FetchRequestHead(request)

/** The options of {@link withAuth}. */
export interface FetchAuthOptions<Req extends Request = Request> extends HttpAuthOptions<Req> {
  /**
   * Whether a thrown value is an answer of your framework's, besides those that are known ({@link withAuth}). The session
   * is written by its `status`, and the value is thrown on; a value without `status` counts as 200.
   */
  readonly isResponse?: (error: unknown) => boolean
  /**
   * Whether a thrown `Response` is thrown on instead of returned, with its cookies: for loaders and actions of React
   * Router, whose error boundaries render what is thrown. Default: `false`.
   */
  readonly throwResponses?: boolean
}

/** A handler that gets the authentication of its request as second argument, and then what its framework passes. */
export type FetchHandler<
  User extends object,
  Fields extends SessionFields,
  Req extends Request = Request,
  Rest extends ReadonlyArray<unknown> = []
> = (request: Req, context: AuthContext<User, Fields>, ...rest: Rest) => Promise<Response> | Response

/**
 * Gives a handler the authentication of its request.
 *
 * - A `Response` that it throws is an answer like one that it returns.
 * - What frameworks throw as an answer (Hono's `HTTPException`, SvelteKit's `redirect()` and `error()`, React Router's
 *   `data()`) is thrown on, after the session is written by its status.
 * - Failures of latchkey's (outages, refused requests, guards) are answered here, as the options say.
 * - Any other error is thrown on, for the framework's own error handler; for the session it counts as a status of 500.
 *
 * The framework's answer to a thrown value would lose cookies. Where there are any (after a login, say), an answer of the
 * same status is made here instead: the exception's own response, the redirect, the body of `error()` as JSON, what
 * `onError` makes of an error. React Router keeps the cookies of `data()`. What is thrown on carries no `Vary`, except
 * where latchkey is around the whole application.
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
    const around = openedAround(auth, request)
    if (around !== undefined) return answeredInside(around, handling)
    return answered(new Opened(auth, auth.open(new FetchRequestHead(request), responseInProgress)), handling)
  }
}

const ownKinds: Kinds<Omit<FetchAuthOptions, keyof HttpAuthOptions<never>>> = {
  isResponse: callable,
  throwResponses: boolean
}
