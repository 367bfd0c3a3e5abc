/** The end of a request: writes the session and makes the response headers. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { comesAgain } from "../../../core/device-bound/device-endpoints.ts"
import { healsByComingAgain } from "../../../core/device-bound/device-verdict.ts"
import { isClosed, isFlushed } from "../../../core/session/value/session.ts"
import { CsrfFailed, DeviceProofMissing, DeviceResponse, HeadersAlreadySent } from "../../errors/errors.ts"
import { rememberLogout } from "../scope/queries.ts"
import type { RequestScope, RespondFailure, ResponseHeaders } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { adoptHeaders, nothing } from "./response-headers.ts"
import { firstStep, isVisit, writeSession } from "./write-session.ts"

/** `Now` if nothing has to be loaded or written, which is true for most requests. */
export type Responded =
  /** The headers are known. */
  | { readonly _tag: "Now"; readonly headers: ResponseHeaders }
  /** The session has to be written first. */
  | { readonly _tag: "Later"; readonly headers: Effect.Effect<ResponseHeaders, RespondFailure> }

/**
 * Writes the session if needed and returns the headers of the response. After that the session can no longer change. If
 * the handler called {@link commit}, its headers are used. If that commit failed, the handler got the error, and no
 * headers are added.
 *
 * @param status the status of the handler's response
 */
export const respond = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number
): Responded => {
  scope.isHeadDue = true
  return afterGuards(services, scope, status, () => settle(services, scope, status))
}

const settle = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number
): Responded => {
  if (scope.committed !== undefined)
    return { _tag: "Later", headers: Effect.catch(Deferred.await(scope.committed), () => Effect.succeed(nothing)) }
  return scope.changesDiscarded ? { _tag: "Now", headers: nothing } : decide(services, scope, status)
}

/** Waits for running guards, and fails with the first refusal: then the handler's response must not be sent. */
const afterGuards = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number,
  settled: () => Responded
): Responded => {
  const failure = status === 500 ? failureBehind(scope) : undefined
  if (failure !== undefined) {
    if (isFlushed(scope.session)) rememberLogout(services, scope)
    return { _tag: "Later", headers: Effect.fail(failure) }
  }
  if (scope.isUnguarded || !(showsPage(status) || status === 500)) return settled()
  scope.closed = true
  const headers = Effect.flatMap(scope.guards.verdict, () => headersOfAll(settled()))
  return { _tag: "Later", headers }
}

/**
 * The error behind a response with status 500. Some frameworks (SvelteKit, React Router) answer every error of a
 * handler with 500, also latchkey's errors. The adapter then answers this error instead. The refusal of a guard is
 * treated in the same way.
 */
const failureBehind = <User>({
  committed,
  csrf,
  changesDiscarded,
  outage
}: RequestScope<User>): RespondFailure | undefined => {
  if (changesDiscarded || committed !== undefined) return undefined
  return outage ?? (csrf._tag === "Refused" ? new CsrfFailed({ reason: csrf.reason }) : undefined)
}

/** Whether a response with this status shows the page. A redirect or an error does not. */
const showsPage = (status: number): boolean => status < 300 || status === 304

/**
 * Discards the changes of the request, but not its logout: this process no longer accepts the session. What
 * {@link commit} has already written stays, and its cookies are still sent.
 */
export const discardChanges = <User extends object>(services: AuthServices<User>, scope: RequestScope<User>): void => {
  scope.closed = true
  scope.changesDiscarded = true
  if (isFlushed(scope.session)) rememberLogout(services, scope)
}

/**
 * Writes the session before the response is sent. A second call gets the result of the first.
 *
 * @param status the status that the response will have
 */
export const commit = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number
): Effect.Effect<void, RespondFailure | HeadersAlreadySent> =>
  Effect.suspend((): Effect.Effect<void, RespondFailure | HeadersAlreadySent> => {
    if (scope.committed !== undefined) return Effect.asVoid(Deferred.await(scope.committed))
    if (scope.closed) return Effect.fail(new HeadersAlreadySent({ operation: "commit" }))
    if (isClosed(scope.session)) return Effect.fail(new DeviceProofMissing({ operation: "commit" }))
    const committed = Deferred.makeUnsafe<ResponseHeaders, RespondFailure>()
    scope.committed = committed
    const headers = Effect.suspend(() =>
      headersOfAll(afterGuards(services, scope, status, () => decide(services, scope, status)))
    )
    return Effect.asVoid(Effect.onExit(headers, (exit) => Deferred.done(committed, exit)))
  })

const headersOfAll = (responded: Responded): Effect.Effect<ResponseHeaders, RespondFailure> =>
  responded._tag === "Now" ? Effect.succeed(responded.headers) : responded.headers

const decide = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number
): Responded => {
  scope.closed = true
  // A response of 500 or above stores no login.
  if (status >= 500) scope.deviceCookie = undefined
  const refused = status < 400 ? unverified(scope) : undefined
  if (refused !== undefined) return { _tag: "Later", headers: Effect.fail(refused) }
  const healed = status < 500 ? healing(services, scope) : undefined
  if (healed !== undefined) return { _tag: "Later", headers: Effect.fail(healed) }
  if (scope.isChanging)
    return {
      _tag: "Later",
      headers: Effect.flatMap(scope.idle, () => writeSession(services, scope, firstStep(services, scope, status)))
    }
  const step = firstStep(services, scope, status)
  return step._tag === "Done" &&
    step.value._tag === "Responded" &&
    scope.announced.length === 0 &&
    !step.effects.some(isVisit)
    ? { _tag: "Now", headers: adoptHeaders(services, scope, step) }
    : { _tag: "Later", headers: writeSession(services, scope, step) }
}

/**
 * Writes the session for an answer that latchkey makes itself, and that carries none of the session's headers. After
 * that the session can no longer change.
 */
export const storeQuietly = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<void, RespondFailure> =>
  Effect.suspend(() => {
    scope.closed = true
    return Effect.asVoid(writeSession(services, scope, firstStep(services, scope, 200)))
  })

/** The page that replaces the handler's if the browser can prove its device by requesting the page again. */
export const healing = <User extends object>(
  { settings: { session: settings } }: AuthServices<User>,
  { head, session }: RequestScope<User>
): DeviceResponse | undefined => {
  const { deviceBound } = settings
  if (deviceBound === undefined || session.verdict !== "Unproven" || !isClosed(session)) return undefined
  const shortCookie = session.device?.shortCookie
  return healsByComingAgain(head, shortCookie) ? new DeviceResponse(comesAgain(deviceBound, shortCookie)) : undefined
}

/** The error if a response with a status below 400 must not be sent: the CSRF token of a form is unchecked or wrong. */
const unverified = <User>({ csrf }: RequestScope<User>): CsrfFailed | undefined => {
  if (csrf._tag === "Refused") return new CsrfFailed({ reason: csrf.reason })
  return csrf._tag === "Awaited" ? notVerified : undefined
}

const notVerified = new CsrfFailed({
  reason:
    "The handler of this form did not call verifyCsrf. Put the body parser before latchkey, which then checks the token, " +
    "or parse the form in the handler and call verifyCsrf(form) there first.",
  isMissingVerifyCsrf: true
})
