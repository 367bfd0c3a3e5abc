/**
 * Effect's own http server: HttpRouter, HttpApi, and any other effect that answers a request.
 *
 * ```ts
 * const { CurrentUser, RequestAuth, requireUser, withAuth } = effectAuth(auth)
 *
 * const Routes = HttpRouter.add("POST", "/login", Effect.gen(function* () {
 *   const { authenticate, login } = yield* RequestAuth
 *   const user = yield* authenticate(yield* HttpServerRequest.schemaBodyJson(Credentials))
 *   if (user === undefined) return HttpServerResponse.jsonUnsafe({ error: "invalid" }, { status: 401 })
 *   yield* login(user)
 *   return HttpServerResponse.jsonUnsafe({ user: user.username })
 * }))
 *
 * HttpRouter.serve(Routes.pipe(Layer.provide(HttpRouter.middleware<Provided>()(withAuth).layer)))
 * ```
 *
 * The session is written just before the response is sent. This holds for every response, also one that Effect made of
 * a failure.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { unhandled } from "effect/Types"
import { addVary } from "../../core/http/headers/vary.ts"
import type { Auth } from "../api/auth.ts"
import type { AuthEffects } from "../api/per-request/auth-effects.ts"
import { spanned } from "../api/per-request/spanned-effects.ts"
import type { CsrfFailed } from "../errors/errors.ts"
import { checkAuth } from "../options/check-auth.ts"
import type { BackendFailure } from "../ports/backend.ts"
import type { GuardFailure } from "../request/scope/guard-record.ts"
import type { ResponseHeaders } from "../request/scope/request-scope.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { requestHead } from "./effect-http/effect-head.ts"
import { type AuthFailure, discardsChanges, type FailureResponse, isAuthFailure } from "./failure-response.ts"
import { answerTo, checkHttpOptions, HandlerRules, type HttpAuthOptions } from "./http-options.ts"

export type { AuthFailure, FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"
export { requestHead }

/** The identifier of the service {@link EffectAuth.RequestAuth}. */
export interface RequestAuth {
  /** Distinguishes the type from those of other services. */
  readonly _: "latchkey/RequestAuth"
}

/** The identifier of the service {@link EffectAuth.CurrentUser}. */
export interface CurrentUser {
  /** Distinguishes the type from those of other services. */
  readonly _: "latchkey/CurrentUser"
}

/** What {@link EffectAuth.withAuth} provides and handles for routes: `HttpRouter.middleware<Provided>()(withAuth)`. */
export interface Provided {
  /** The service that routes can use. */
  readonly provides: RequestAuth
  /** The failures of routes that latchkey answers. */
  readonly handles: AuthFailure
}

type Request = HttpServerRequest.HttpServerRequest

/** The options of {@link effectAuth}. */
export type EffectAuthOptions = HttpAuthOptions<Request>

type Response = HttpServerResponse.HttpServerResponse

/** A handler: an effect that answers the request. */
export type Handler<E, R> = Effect.Effect<Response, E, R>

/** The failures of a handler that remain after latchkey has answered its own. */
export type Unhandled<E> = Exclude<E, Extract<E, AuthFailure>>

/** Gives a handler the authentication of its request, and adds the session's cookies and headers to the response. */
export type WithAuth = <E, R>(handler: Handler<E, R>) => Handler<Unhandled<E>, Exclude<R, RequestAuth> | Request>

/** {@link WithAuth} for one kind of handler: the routes of `HttpRouter.middleware<Provided>()`. */
export type WithAuthForRoutes = (handler: Handler<AuthFailure | unhandled, RequestAuth>) => Handler<unhandled, Request>

/** The services and wrappers of one application. */
export interface EffectAuth<User extends object, Fields extends SessionFields, Wrap = WithAuth> {
  /** The authentication of one request. Its operations run in spans named `latchkey.<operation>`. */
  readonly RequestAuth: Context.Service<RequestAuth, AuthEffects<User, Fields>>
  /** The logged-in user, for handlers inside {@link EffectAuth.requireUser}. */
  readonly CurrentUser: Context.Service<CurrentUser, User>
  /**
   * {@link WithAuth}, or an effect that gives it if {@link effectAuth} was called with a service. Both can be passed to
   * `HttpRouter.middleware` and `HttpApiMiddleware`.
   */
  readonly withAuth: Wrap
  /**
   * Runs the handler only for a logged-in user, and provides the user as {@link EffectAuth.CurrentUser}. Other visitors
   * are redirected to the login page, or get 401 if they ask for JSON. Use it inside `withAuth`. For permissions:
   * `(yield* RequestAuth).requirePermission(…)`.
   */
  readonly requireUser: <E, R>(
    handler: Handler<E, R>
  ) => Handler<E | GuardFailure, Exclude<R, CurrentUser> | RequestAuth>
  /** The same, but `otherwise` answers or fails for visitors who are not logged in: with a 401, for example. */
  readonly requireUserOr: <E2, R2>(
    otherwise: Handler<E2, R2>
  ) => <E, R>(handler: Handler<E, R>) => Handler<E | E2 | UserFailure, Exclude<R, CurrentUser> | R2 | RequestAuth>
}

/** Why the user could not be determined: an outage, or a form whose CSRF token has not been checked yet. */
export type UserFailure = BackendFailure | CsrfFailed

/**
 * Authentication for handlers that are effects.
 *
 * @param given what `createAuth` returns, or an effect that gives it, such as a service of `latchkey/effect`
 */
export function effectAuth<User extends object, Fields extends SessionFields>(
  given: Auth<User, Fields>,
  options?: EffectAuthOptions
): EffectAuth<User, Fields>
export function effectAuth<User extends object, Fields extends SessionFields, Needed>(
  given: Effect.Effect<Auth<User, Fields>, never, Needed>,
  options?: EffectAuthOptions
): EffectAuth<User, Fields, Effect.Effect<WithAuth & WithAuthForRoutes, never, Needed>>
export function effectAuth<User extends object, Fields extends SessionFields, Needed>(
  given: Auth<User, Fields> | Effect.Effect<Auth<User, Fields>, never, Needed>,
  options: EffectAuthOptions = {}
): EffectAuth<User, Fields, WithAuth | Effect.Effect<WithAuth & WithAuthForRoutes, never, Needed>> {
  if (!Effect.isEffect(given)) checkAuth(given)
  checkHttpOptions(options)
  const RequestAuth = Context.Service<RequestAuth, AuthEffects<User, Fields>>("latchkey/RequestAuth")
  const CurrentUser = Context.Service<CurrentUser, User>("latchkey/CurrentUser")

  const wrap =
    (auth: Auth<User, Fields>): WithAuth =>
    <E, R>(handler: Handler<E, R>): Handler<Unhandled<E>, Exclude<R, RequestAuth> | Request> =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const opened = auth.open(requestHead(request))
        const answer = (error: unknown): Response => responseOf(answerTo(error, request, options))
        const failed = (error: AuthFailure): Handler<never, never> =>
          Effect.sync(() => {
            if (discardsChanges(error)) opened.discardChanges()
            return answer(error)
          })
        const respond = (_: Request, response: Response): Handler<never, never> =>
          opened.respondEffect(statusOf(response)).pipe(
            Effect.match({ onFailure: answer, onSuccess: (headers) => carrying(response, headers) }),
            // If this defect were not answered here, the client would get no response.
            Effect.catchDefect((defect) => Effect.sync(() => answer(defect)))
          )
        const handled: Handler<Unhandled<E>, Exclude<R, RequestAuth>> = handler.pipe(
          Effect.provideService(RequestAuth, spanned(opened.effects)),
          Effect.catchIf((error: E): error is Extract<E, AuthFailure> => isAuthFailure(error), failed),
          Effect.catchDefect((defect) => (isAuthFailure(defect) ? failed(defect) : Effect.die(defect)))
        )
        const admitted = opened.enterEffect(new HandlerRules(options, request, undefined))
        return Effect.matchEffect(admitted, { onFailure: failed, onSuccess: () => handled }).pipe(
          HttpEffect.withPreResponseHandler(respond)
        )
      })

  const requireUser = <E, R>(
    handler: Handler<E, R>
  ): Handler<E | GuardFailure, Exclude<R, CurrentUser> | RequestAuth> =>
    Effect.flatMap(RequestAuth, (request) =>
      Effect.flatMap(request.requireUser, (user) => Effect.provideService(handler, CurrentUser, user))
    )

  const requireUserOr =
    <E2, R2>(otherwise: Handler<E2, R2>) =>
    <E, R>(handler: Handler<E, R>): Handler<E | E2 | UserFailure, Exclude<R, CurrentUser> | R2 | RequestAuth> =>
      Effect.flatMap(RequestAuth, ({ getUser }) =>
        Effect.flatMap(
          getUser,
          (user): Handler<E | E2, Exclude<R, CurrentUser> | R2> =>
            user === undefined ? otherwise : Effect.provideService(handler, CurrentUser, user)
        )
      )

  const withAuth = Effect.isEffect(given) ? Effect.map(given, wrap) : wrap(given)
  return { RequestAuth, CurrentUser, withAuth, requireUser, requireUserOr }
}

// ---- responses ---------------------------------------------------------------------------------------------------

/**
 * Effect gives status 499 to a handler that was interrupted because its client disconnected. Its session changes are
 * dropped.
 */
const statusOf = ({ status }: Response): number => (status === clientClosedRequest ? 500 : status)
const clientClosedRequest = 499

const carrying = (
  response: Response,
  { cacheControl, clearSiteData, cookies, registration, varyOnCookie }: ResponseHeaders
): Response => {
  const clearing =
    clearSiteData === undefined ? response : HttpServerResponse.setHeader(response, "clear-site-data", clearSiteData)
  const offering =
    registration === undefined
      ? clearing
      : HttpServerResponse.setHeader(clearing, "secure-session-registration", registration)
  const controlled =
    cacheControl === undefined || response.headers["cache-control"] !== undefined
      ? offering
      : HttpServerResponse.setHeader(offering, "cache-control", cacheControl)
  const varied = varyOnCookie
    ? HttpServerResponse.setHeader(controlled, "vary", addVary(response.headers["vary"], "Cookie"))
    : controlled
  return cookies.length === 0
    ? varied
    : HttpServerResponse.updateCookies(varied, (present) => Cookies.merge(present, Cookies.fromSetCookie(cookies)))
}

const responseOf = ({ body, headers, status }: FailureResponse): Response =>
  HttpServerResponse.text(body, { status, headers })
