/** The end of a request: writes the session and makes the response headers. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Identity from "../../core/auth/identity.ts"
import type { RequestState } from "../../core/auth/request-state.ts"
import * as Respond from "../../core/auth/respond.ts"
import type { Command, CommitAnswer, LoadSessionAnswer, SessionChange } from "../../core/effect.ts"
import { serialize } from "../../core/http/set-cookie.ts"
import type { Responding, Respond as Step } from "../../core/session/commit.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { momentOf } from "../ports/clock-and-random.ts"
import { CsrfFailed, HeadersAlreadySent, SessionInterrupted, StoreUnavailable } from "../ports/errors.ts"
import type { Turn } from "./keyed-lock.ts"
import { accepted, commitSession, loadSession, performAll } from "./perform.ts"
import type { Cell, RespondFailure, ResponseHeaders } from "./request-scope.ts"
import type { App } from "./services.ts"

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
export const respond = <User extends object>(app: App<User>, cell: Cell<User>, status: number): Responded => {
  cell.isLeaving = true
  return afterGuards(cell, status, () => settle(app, cell, status))
}

const settle = <User extends object>(app: App<User>, cell: Cell<User>, status: number): Responded => {
  if (cell.committed !== undefined)
    return { _tag: "Later", headers: Effect.catch(Deferred.await(cell.committed), () => Effect.succeed(nothing)) }
  return cell.forsaken ? { _tag: "Now", headers: nothing } : decide(app, cell, status)
}

/** Waits for running guards, and fails with the first refusal: then the handler's response must not be sent. */
const afterGuards = <User>(cell: Cell<User>, status: number, settled: () => Responded): Responded => {
  const failure = status === 500 ? failureBehind(cell) : undefined
  if (failure !== undefined) return { _tag: "Later", headers: Effect.fail(failure) }
  if (cell.isUnguarded || !(showsPage(status) || status === 500)) return settled()
  cell.sealed = true
  const headers = Effect.flatMap(cell.guards.verdict, () => headersOfAll(settled()))
  return { _tag: "Later", headers }
}

/**
 * The error behind a response with status 500. Some frameworks (SvelteKit, React Router) answer every error of a
 * handler with 500, also latchkey's errors. The adapter then answers this error instead. The refusal of a guard is
 * treated in the same way.
 */
const failureBehind = <User>({ committed, csrf, forsaken, outage }: Cell<User>): RespondFailure | undefined => {
  if (forsaken || committed !== undefined) return undefined
  return outage ?? (csrf._tag === "Refused" ? new CsrfFailed({ reason: csrf.reason }) : undefined)
}

/** Whether a response with this status shows the page. A redirect or an error does not. */
const showsPage = (status: number): boolean => status < 300 || status === 304

/**
 * Discards the changes of the request. What {@link commit} has already written stays, and its cookies are still sent.
 */
export const forsake = <User>(cell: Cell<User>): void => {
  cell.sealed = true
  cell.forsaken = true
}

/**
 * Whether the response gets no headers, for every possible status. Decides nothing, so the session can still change.
 */
export const isSilent = <User extends object>(app: App<User>, cell: Cell<User>): boolean => {
  if (cell.committed !== undefined || cell.forsaken || cell.isChanging || cell.announced.length > 0) return false
  if (!cell.isUnguarded) return false
  if (cell.csrf._tag === "Awaited" || cell.csrf._tag === "Refused") return false
  // A session that was read always adds `Vary: Cookie`.
  if (cell.session.accessed) return false
  // If nothing has to be written, the status makes no difference.
  const step = start(app, cell, 200)
  return step._tag === "Done" && step.value._tag === "Responded" && step.effects.length === 0
}

/**
 * Writes the session before the response is sent. A second call gets the result of the first.
 *
 * @param status the status that the response will have
 */
export const commit = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  status: number
): Effect.Effect<void, RespondFailure | HeadersAlreadySent> =>
  Effect.suspend((): Effect.Effect<void, RespondFailure | HeadersAlreadySent> => {
    if (cell.committed !== undefined) return Effect.asVoid(Deferred.await(cell.committed))
    if (cell.sealed) return Effect.fail(new HeadersAlreadySent({ operation: "commit" }))
    const committed = Deferred.makeUnsafe<ResponseHeaders, RespondFailure>()
    cell.committed = committed
    const headers = Effect.suspend(() => headersOfAll(afterGuards(cell, status, () => decide(app, cell, status))))
    return Effect.asVoid(Effect.onExit(headers, (exit) => Deferred.done(committed, exit)))
  })

const headersOfAll = (responded: Responded): Effect.Effect<ResponseHeaders, RespondFailure> =>
  responded._tag === "Now" ? Effect.succeed(responded.headers) : responded.headers

const decide = <User extends object>(app: App<User>, cell: Cell<User>, status: number): Responded => {
  cell.sealed = true
  const refused = status < 400 ? unverified(cell) : undefined
  if (refused !== undefined) return { _tag: "Later", headers: Effect.fail(refused) }
  if (cell.isChanging)
    return {
      _tag: "Later",
      headers: Effect.flatMap(cell.quiet, () => toTheEnd(app, cell, start(app, cell, status)))
    }
  const step = start(app, cell, status)
  return step._tag === "Done" && step.value._tag === "Responded" && cell.announced.length === 0
    ? { _tag: "Now", headers: taken(app, cell, step) }
    : { _tag: "Later", headers: toTheEnd(app, cell, step) }
}

/** The error if a response with a status below 400 must not be sent: the CSRF token of a form is unchecked or wrong. */
const unverified = <User>({ csrf }: Cell<User>): CsrfFailed | undefined => {
  if (csrf._tag === "Refused") return new CsrfFailed({ reason: csrf.reason })
  return csrf._tag === "Awaited" ? notVerified : undefined
}

const notVerified = new CsrfFailed({
  reason: "The handler of this form did not call verifyCsrf.",
  isOversight: true
})

const start = <User extends object>(app: App<User>, cell: Cell<User>, status: number): Step<RequestState<User>> =>
  Respond.respond(app.settings, cell.request, cell.session, status, momentOf(app.world))

const toTheEnd = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  first: Step<RequestState<User>>
): Effect.Effect<ResponseHeaders, RespondFailure> =>
  Effect.suspend(() => driven(app, cell, first, performance.now(), undefined))

/**
 * Runs the state machine of the response until it is done.
 *
 * @param startedAt the value of `performance.now()` at the start
 * @param turn the lock, if another request has changed the session. Requests that found it changed retry one after the
 * other, each with the text that the one before has stored. If N requests retried at the same time, the number of
 * statements would grow with the square of N.
 */
const driven = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  first: Step<RequestState<User>>,
  startedAt: number,
  turn: Turn | undefined
): Effect.fn.Return<ResponseHeaders, RespondFailure> {
  let step = first
  let committed: CommitAnswer["_tag"] | undefined
  while (step._tag === "Paused") {
    cell.adopt(step)
    yield* performAll(app, cell, step.effects)
    const { query, state } = step
    if (performance.now() - startedAt > app.deadlineSeconds * 1000)
      return yield* new StoreUnavailable({ operation: "commit", cause: "the session kept changing until the deadline" })
    const answer =
      query._tag === "LoadSession"
        ? yield* loadSession(app, cell, query)
        : yield* commitSession(app, cell, query.change)
    committed =
      answer._tag === "SessionFound" || answer._tag === "SessionAbsent" || answer._tag === "SessionExpired"
        ? committed
        : answer._tag
    if (turn !== undefined && query._tag === "CommitSession")
      turn.stored = query.change._tag === "Update" && answer._tag === "Committed" ? answer.text : undefined
    if (turn === undefined && answer._tag === "Changed" && query._tag === "CommitSession")
      return yield* app.retries.take(keyOf(query.change), (next) => {
        const present = { ...answer, text: next.stored ?? answer.text }
        return Effect.flatMap(resumed(app, cell, state, present), (rebased) =>
          driven(app, cell, rebased, startedAt, next)
        )
      })
    step = yield* resumed(app, cell, state, answer)
  }
  const { value } = step
  switch (value._tag) {
    case "Responded": {
      const headers = taken(app, cell, step)
      yield* announceCommitted(app, cell, committed === "Committed")
      return headers
    }
    case "Interrupted":
      return yield* new SessionInterrupted()
    case "KeysExhausted":
      return yield* new StoreUnavailable({
        operation: "commit",
        cause: "every generated session key was already in use"
      })
    default:
      return value satisfies never
  }
})

const resumed = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  state: Responding,
  answer: LoadSessionAnswer<User> | CommitAnswer
): Effect.Effect<Step<RequestState<User>>, StoreUnavailable> =>
  accepted(() => Respond.resume(app.settings, cell.request, cell.session, state, answer, momentOf(app.world)))

/** The key of the row that a change applies to. */
const keyOf = (change: SessionChange): SessionKey => (change._tag === "Move" ? change.from : change.key)

/**
 * Calls the receivers with `when: "committed"`. A login is announced only if its session was stored. Other signals are
 * always announced: a logout deletes its row even if the status is 500.
 */
const announceCommitted = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  stored: boolean
): Effect.Effect<void> => {
  const isLoggedIn = stored && Identity.names(cell.session.data)
  const current = isLoggedIn && cell.request.user?._tag === "Authenticated" ? cell.request.user.user : undefined
  const announced = cell.announced.filter(
    (announcement) => announcement.signal !== "user_logged_in" || announcement.user === current
  )
  cell.announced = []
  return Effect.forEach(
    announced,
    (announcement) =>
      Effect.catchDefect(app.announce(announcement, "committed", cell), () =>
        Effect.logError(`a receiver of ${announcement.signal} failed after the commit`)
      ),
    { discard: true }
  )
}

const taken = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  step: Step<RequestState<User>> & { readonly _tag: "Done" }
): ResponseHeaders => {
  cell.adopt(step)
  return step.effects.length === 0 ? nothing : headersOf(app.cacheControl, step.effects)
}

/** The result if latchkey adds no headers. */
export const nothing: ResponseHeaders = { cookies: [], varyOnCookie: false }

const headersOf = (policy: App<object>["cacheControl"], effects: ReadonlyArray<Command>): ResponseHeaders => {
  const cookies = effects.flatMap((effect) =>
    effect._tag === "SetCookie" || effect._tag === "DeleteCookie" ? [serialize(effect)] : []
  )
  const varyOnCookie = effects.some((effect) => effect._tag === "VaryOn")
  // A session that was read adds `Vary`. So `no-store` is set on every response that may show data of the session.
  const isPersonal = cookies.length > 0 || (policy === "no-store" && varyOnCookie)
  return { cookies, varyOnCookie, ...(policy === false || !isPersonal ? {} : { cacheControl: policy }) }
}
