/** Writes the session before the response is sent, and announces what was stored. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Respond from "../../../core/auth/request/respond.ts"
import * as Identity from "../../../core/auth/state/identity.ts"
import type { RequestState } from "../../../core/auth/state/request-state.ts"
import type {
  AnswerTo,
  Command,
  CommitAnswer,
  CommitSession,
  LoadSession,
  RecordVisit,
  SessionChange
} from "../../../core/effect.ts"
import { isFlushed } from "../../../core/session/value/session.ts"
import type { Respond as Step } from "../../../core/session/writing/commit.ts"
import { noEffects } from "../../../core/transition.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { SessionInterrupted, StoreUnavailable } from "../../errors/errors.ts"
import { drive } from "../../ports/driver.ts"
import { counted } from "../../telemetry/traced.ts"
import type { LockHolder } from "../scope/keyed-lock.ts"
import { adopting, resuming } from "../scope/perform.ts"
import { commitSession, loadSession, rememberLogout, rowOf } from "../scope/queries.ts"
import type { RequestScope, RespondFailure, ResponseHeaders } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { recordVisit } from "./request-sessions.ts"
import { adoptHeaders, nothing } from "./response-headers.ts"

/** The first step of the response: what has to be loaded or written for this status. Changes nothing. */
export const firstStep = <User extends object>(
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

/** Whether the use of the session has to be recorded. */
export const isVisit = (command: Command): command is RecordVisit => command._tag === "RecordVisit"

/**
 * Runs the state machine of the response until it is done. Requests that find the session changed by another request
 * retry one after the other, each with the text that the one before has stored. If N requests retried at the same time,
 * the number of statements would grow with the square of N.
 */
export const writeSession = Effect.fnUntraced(function* <User extends object>(
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
      return Effect.map(services.commitLocks.take(rowOf(change)), (taken) => {
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

  const written = Effect.scoped(drive(take, () => first, answer, resuming(services, scope, Respond.resume)))
  const response = yield* isFlushed(scope.session)
    ? Effect.onError(written, () => Effect.sync(() => rememberLogout(services, scope)))
    : written
  switch (response._tag) {
    case "Responded":
      yield* announceCommitted(services, scope, committed === "Committed")
      if (visit !== undefined) yield* recordVisit(services, scope, visit)
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
