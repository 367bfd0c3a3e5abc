/** The end of a request: writes the session and makes the response headers. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Identity from "../../../core/auth/identity.ts"
import type { RequestState } from "../../../core/auth/request-state.ts"
import * as Respond from "../../../core/auth/respond.ts"
import { comesAgain } from "../../../core/device-bound/device-endpoints.ts"
import { healsByComingAgain } from "../../../core/device-bound/device-verdict.ts"
import type {
  AnswerTo,
  Command,
  CommitAnswer,
  CommitSession,
  LoadSession,
  RecordVisit,
  SessionChange
} from "../../../core/effect.ts"
import { isSecure } from "../../../core/http/scheme.ts"
import { serialize } from "../../../core/http/set-cookie.ts"
import type { Respond as Step } from "../../../core/session/commit.ts"
import { isClosed } from "../../../core/session/session.ts"
import type { SessionKey } from "../../../core/session-key.ts"
import { noEffects } from "../../../core/transition.ts"
import { momentOf } from "../../ports/clock-and-random.ts"
import { drive } from "../../ports/driver.ts"
import {
  CsrfFailed,
  DeviceProofMissing,
  DeviceResponse,
  HeadersAlreadySent,
  SessionInterrupted,
  StoreUnavailable
} from "../../ports/errors.ts"
import { counted } from "../../telemetry/traced.ts"
import type { LockHolder } from "../scope/keyed-lock.ts"
import { adopting, commitSession, loadSession, resuming } from "../scope/perform.ts"
import type { RequestScope, RespondFailure, ResponseHeaders } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { recordVisit } from "./request-sessions.ts"

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
  return afterGuards(scope, status, () => settle(services, scope, status))
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
const afterGuards = <User>(scope: RequestScope<User>, status: number, settled: () => Responded): Responded => {
  const failure = status === 500 ? failureBehind(scope) : undefined
  if (failure !== undefined) return { _tag: "Later", headers: Effect.fail(failure) }
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
  changesDiscarded: forsaken,
  outage
}: RequestScope<User>): RespondFailure | undefined => {
  if (forsaken || committed !== undefined) return undefined
  return outage ?? (csrf._tag === "Refused" ? new CsrfFailed({ reason: csrf.reason }) : undefined)
}

/** Whether a response with this status shows the page. A redirect or an error does not. */
const showsPage = (status: number): boolean => status < 300 || status === 304

/**
 * Discards the changes of the request. What {@link commit} has already written stays, and its cookies are still sent.
 */
export const forsake = <User>(scope: RequestScope<User>): void => {
  scope.closed = true
  scope.changesDiscarded = true
}

/**
 * Whether the response gets no headers, for every possible status. Decides nothing, so the session can still change.
 */
export const isSilent = <User extends object>(services: AuthServices<User>, scope: RequestScope<User>): boolean => {
  if (scope.committed !== undefined || scope.changesDiscarded || scope.isChanging || scope.announced.length > 0)
    return false
  if (!scope.isUnguarded) return false
  if (scope.csrf._tag === "Awaited" || scope.csrf._tag === "Refused") return false
  // A session that was read always adds `Vary: Cookie`.
  if (scope.session.accessed) return false
  // If nothing has to be written, the status makes no difference.
  const step = start(services, scope, 200)
  return step._tag === "Done" && step.value._tag === "Responded" && step.effects.length === 0
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
      headersOfAll(afterGuards(scope, status, () => decide(services, scope, status)))
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
      headers: Effect.flatMap(scope.idle, () => driveLater(services, scope, start(services, scope, status)))
    }
  const step = start(services, scope, status)
  return step._tag === "Done" &&
    step.value._tag === "Responded" &&
    scope.announced.length === 0 &&
    !step.effects.some(isVisit)
    ? { _tag: "Now", headers: adoptHeaders(services, scope, step) }
    : { _tag: "Later", headers: driveLater(services, scope, step) }
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
    return Effect.asVoid(driveLater(services, scope, start(services, scope, 200)))
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
  reason: "The handler of this form did not call verifyCsrf.",
  isMissingVerifyCsrf: true
})

const start = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  status: number
): Step<RequestState<User>> =>
  Respond.respond(
    services.settings,
    withVisitor(services, scope),
    scope.session,
    status,
    momentOf(services.clockAndRandom)
  )

/** The state of the request, with its client if the request may record the use of its session. */
const withVisitor = <User extends object>(
  { settings, visitorOf }: AuthServices<User>,
  { head, request, session }: RequestScope<User>
): RequestState<User> =>
  visitorOf !== undefined && (session.accessed || settings.session.saveEveryRequest)
    ? { ...request, visitor: visitorOf(head) }
    : request

const isVisit = (command: Command): command is RecordVisit => command._tag === "RecordVisit"

/**
 * Runs the state machine of the response until it is done. Requests that find the session changed by another request
 * retry one after the other, each with the text that the one before has stored. If N requests retried at the same time,
 * the number of statements would grow with the square of N.
 */
const driveLater = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  first: Step<RequestState<User>>
): Effect.fn.Return<ResponseHeaders, RespondFailure> {
  const startedAt = performance.now()
  const adopt = adopting(services, scope)
  let headers = nothing
  let visit: RecordVisit | undefined
  let committed: CommitAnswer["_tag"] | undefined
  let lock: LockHolder | undefined

  const take = (step: Step<RequestState<User>>) => {
    if (step._tag === "Paused") return adopt(step)
    headers = adoptHeaders(services, scope, step)
    visit = step.effects.find(isVisit)
    return undefined
  }
  const commitInTurn = (change: SessionChange) =>
    Effect.flatMap(commitSession(services, scope, change), (answer) => {
      committed = answer._tag
      if (lock !== undefined)
        lock.stored = change._tag === "Update" && answer._tag === "Committed" ? answer.text : undefined
      if (lock !== undefined || answer._tag !== "Changed") return Effect.succeed(answer)
      return Effect.map(services.commitLocks.take(keyOf(change)), (taken) => {
        lock = taken
        return { ...answer, text: taken.stored ?? answer.text }
      })
    })
  const answer = (
    query: LoadSession | CommitSession
  ): Effect.Effect<AnswerTo<LoadSession | CommitSession, User>, StoreUnavailable, Scope.Scope> => {
    if (performance.now() - startedAt > services.deadlineSeconds * 1000)
      return Effect.fail(
        new StoreUnavailable({ operation: "commit", cause: "the session kept changing until the deadline" })
      )
    return query._tag === "LoadSession" ? loadSession(services, scope, query) : commitInTurn(query.change)
  }

  const response = yield* Effect.scoped(drive(take, () => first, answer, resuming(services, scope, Respond.resume)))
  switch (response._tag) {
    case "Responded":
      yield* announceCommitted(services, scope, committed === "Committed")
      if (visit !== undefined) yield* recordVisit(services, visit)
      return headers
    case "Interrupted":
      return yield* new SessionInterrupted()
    case "KeysExhausted":
      return yield* new StoreUnavailable({
        operation: "commit",
        cause: "every generated session key was already in use"
      })
    default:
      return response satisfies never
  }
})

/** The key of the row that a change applies to. */
const keyOf = (change: SessionChange): SessionKey => (change._tag === "Move" ? change.from : change.key)

/**
 * Calls the receivers with `when: "committed"`. A login is announced only if its session was stored. Other signals are
 * always announced: a logout deletes its row even if the status is 500.
 */
const announceCommitted = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  stored: boolean
): Effect.Effect<void> => {
  const isLoggedIn = stored && Identity.hasUserId(scope.session.data)
  const current = isLoggedIn && scope.request.user?._tag === "Authenticated" ? scope.request.user.user : undefined
  const announced = scope.announced.filter(
    (announcement) => announcement.signal !== "user_logged_in" || announcement.user === current
  )
  scope.announced = noEffects
  if (services.telemetry === undefined && !announced.some(({ signal }) => services.isHeard(signal))) return Effect.void
  const logins = announced.filter(({ signal }) => signal === "user_logged_in")
  const measured = Effect.forEach(logins, () => counted(services, "latchkey.logins"), { discard: true })
  const told = Effect.forEach(
    announced,
    (announcement) =>
      Effect.catchDefect(services.announce(announcement, "committed", scope), () =>
        Effect.logError(`a receiver of ${announcement.signal} failed after the commit`)
      ),
    { discard: true }
  )
  return services.telemetry === undefined ? told : Effect.andThen(measured, told)
}

const adoptHeaders = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  step: Step<RequestState<User>> & { readonly _tag: "Done" }
): ResponseHeaders => {
  scope.adopt(step)
  const effects = scope.deviceCookie === undefined ? step.effects : [...step.effects, scope.deviceCookie]
  const headers = effects.length === 0 ? nothing : headersOf(services.cacheControl, effects)
  return services.clearSiteData !== undefined && endsLogin(services, scope, step.effects)
    ? { ...headers, clearSiteData: services.clearSiteData }
    : headers
}

/** Whether the response ends a login, over https: browsers ignore `Clear-Site-Data` over http. */
const endsLogin = <User extends object>(
  { http, settings }: AuthServices<User>,
  { announced, head }: RequestScope<User>,
  effects: ReadonlyArray<Command>
): boolean =>
  announced.some(({ signal }) => signal === "user_logged_out") &&
  !effects.some((effect) => effect._tag === "SetCookie" && effect.name === settings.session.cookie.name) &&
  isSecure(http, head)

/** The result if latchkey adds no headers. */
export const nothing: ResponseHeaders = { cookies: [], varyOnCookie: false }

/** The headers for these effects. */
export const headersOf = (
  policy: AuthServices<object>["cacheControl"],
  effects: ReadonlyArray<Command>
): ResponseHeaders => {
  const cookies: Array<string> = []
  let varyOnCookie = false
  let registration: string | undefined
  for (const effect of effects) {
    if (effect._tag === "SetCookie" || effect._tag === "DeleteCookie") cookies.push(serialize(effect))
    if (effect._tag === "VaryOn") varyOnCookie = true
    if (effect._tag === "OfferRegistration") registration ??= effect.value
  }
  // A session that was read adds `Vary`. So `no-store` is set on every response that may show data of the session.
  const isPersonal = cookies.length > 0 || (policy === "no-store" && varyOnCookie)
  return {
    cookies,
    varyOnCookie,
    ...(registration === undefined ? {} : { registration }),
    ...(policy === false || !isPersonal ? {} : { cacheControl: policy })
  }
}
