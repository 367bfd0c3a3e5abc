/**
 * Performs the queries and commands of the core. Each query is one call of a service. If the core gets a new effect
 * without a case here, this file does not compile.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { AuthSettings, RequestState } from "../../../core/auth/state/request-state.ts"
import type {
  Command,
  CommitAnswer,
  LoadSession,
  LoadSessionAnswer,
  LoadUser,
  LoadUserAnswer,
  PrefetchedRow,
  SessionChange
} from "../../../core/effect.ts"
import { isFlushed, type Session } from "../../../core/session/value/session.ts"
import type { SessionKey } from "../../../core/session-key.ts"
import type { Moment } from "../../../core/transition.ts"
import { endSession } from "../../account/user-sessions.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { BackendUnavailable, Busy, StoreUnavailable } from "../../errors/errors.ts"
import { type Backend, type BackendFailure, toolsOf } from "../../ports/backend.ts"
import { storeCall, timedContext, withStoreTime } from "../../store-time/store-time.ts"
import { counted, tracedCall } from "../../telemetry/traced.ts"
import type { InFlight, PendingQuery, RequestScope } from "./request-scope.ts"
import type { AuthServices } from "./services.ts"

// ---- commands ----------------------------------------------------------------------------------------------------

/** For `drive`: the request takes over the state after each step of an operation, and performs the step's commands. */
export const adopting =
  <User extends object>(services: AuthServices<User>, scope: RequestScope<User>) =>
  (step: {
    readonly request: RequestState<User>
    readonly session: Session
    readonly effects: ReadonlyArray<Command<User>>
  }): Effect.Effect<void, StoreUnavailable> | undefined => {
    const verdict = scope.session.verdict === undefined ? step.session.verdict : undefined
    scope.adopt(step)
    const performed = step.effects.length === 0 ? undefined : performAll(services, scope, step.effects)
    if (verdict === undefined || services.telemetry === undefined) return performed
    return Effect.andThen(counted(services, "latchkey.device_verdict", { verdict }), performed ?? Effect.void)
  }

/**
 * For `drive`: continues an operation of the core with the state of the request at the moment when the query is
 * answered.
 */
export const resuming =
  <User extends object, State, Answer, Step>(
    services: AuthServices<User>,
    scope: RequestScope<User>,
    resume: (
      settings: AuthSettings,
      request: RequestState<User>,
      session: Session,
      state: State,
      answer: Answer,
      moment: Moment
    ) => Step
  ) =>
  (state: State, answer: Answer): Step =>
    resume(services.settings, scope.request, scope.session, state, answer, momentOf(services.clockAndRandom))

/** Performs commands, in order. Commands at the end of the request (cookies, headers, visits) are left to `respond`. */
export const performAll = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  commands: ReadonlyArray<Command<User>>
): Effect.Effect<void, StoreUnavailable> =>
  Effect.forEach(commands, (command) => perform(services, scope, command), { discard: true })

const perform = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  command: Command<User>
): Effect.Effect<void, StoreUnavailable> => {
  switch (command._tag) {
    case "AnnounceSignal": {
      scope.announced = [...scope.announced, command]
      const told = services.isHeard(command.signal) ? services.announce(command, "during", scope) : Effect.void
      if (command.signal === "user_logged_in") return Effect.andThen(recordLogin(services, scope), told)
      if (services.telemetry === undefined) return told
      const counter = command.signal === "user_logged_out" ? "latchkey.logouts" : "latchkey.login.failures"
      return Effect.andThen(counted(services, counter), told)
    }
    case "Warn":
      return Effect.logWarning(`session data corrupted (${command.event})`)
    case "SetCookie":
    case "DeleteCookie":
    case "VaryOn":
    case "RecordVisit":
    case "OfferRegistration":
      return Effect.void
    default:
      return command satisfies never
  }
}

/** Stores the time of the login before receivers of `user_logged_in` are called, as Django's first receiver does. */
const recordLogin = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<void, StoreUnavailable> => {
  const { user } = scope.request
  const users = user?._tag === "Authenticated" ? services.backends.get(user.principal.backend)?.users : undefined
  return user?._tag === "Authenticated" && users !== undefined
    ? tracedCall(
        services,
        "recordLogin",
        storeCall(
          users.store,
          "record a login",
          users.store.recordLogin(user.principal.id, services.clockAndRandom.now())
        )
      )
    : Effect.void
}

// ---- queries -----------------------------------------------------------------------------------------------------

export const loadSession = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  query: LoadSession
): Effect.Effect<LoadSessionAnswer<User>, StoreUnavailable> =>
  singleFlight(
    scope,
    scope.sessionLoads,
    query.key,
    (): Effect.Effect<LoadSessionAnswer<User>, StoreUnavailable> =>
      services.failedLogouts.has(query.key)
        ? Effect.as(endSession(services, query.key), absent)
        : Effect.map(
            tracedCall(
              services,
              "loadSession",
              storeCall(
                services.store,
                "load a session",
                effectOf("load", services.store.load(query.key, services.clockAndRandom.now()))
              )
            ),
            (answer) =>
              answer._tag === "SessionFound"
                ? { ...answer, prefetched: prefetchedOf(services, answer.prefetched) }
                : answer
          )
  )

/** The session whose logout failed before, and has now been carried out. */
const absent: LoadSessionAnswer<never> = { _tag: "SessionAbsent" }

/** What the store returned, if it is an Effect. A store whose functions return promises would leave a request without an end. */
const effectOf = <A, E>(operation: string, returned: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.isEffect(returned)
    ? returned
    : Effect.die(new TypeError(`sessions: ${operation} returns no Effect; make the store with defineSessionStore`))

export const loadUser = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  { backend: name, id }: LoadUser
): Effect.Effect<LoadUserAnswer<User>, BackendFailure> =>
  singleFlight(scope, scope.userLoads, `${name}\n${id}`, (): Effect.Effect<LoadUserAnswer<User>, BackendFailure> => {
    const backend = services.backends.get(name)
    if (backend === undefined) return Effect.succeed({ _tag: "UserAbsent" })
    return Effect.map(
      tracedCall(
        services,
        "loadUser",
        storeCall(backend.users?.store, "load a user", backend.getUser(id, toolsOf(services, name)))
      ),
      (known): LoadUserAnswer<User> => {
        if (known === undefined) return { _tag: "UserAbsent" }
        if (scope.session.storedKey !== undefined) remember(services, backend, scope.session.storedKey, name, id)
        return { _tag: "UserFound", known }
      }
    )
  })

export const commitSession = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  change: SessionChange
): Effect.Effect<CommitAnswer, StoreUnavailable> =>
  Effect.map(withStoreTime(scope.storeTime, committed(services, scope, change)), (answer) => {
    const { user } = scope.request
    if (change._tag === "Delete" || change._tag === "Move") {
      const key = rowOf(change)
      if (answer._tag !== "KeyTaken") services.failedLogouts.remove(key)
      services.watches.sessionChanged(key)
    }
    if (answer._tag === "Committed" && user?._tag === "Authenticated") {
      const backend = services.backends.get(user.principal.backend)
      if (backend !== undefined) remember(services, backend, answer.key, user.principal.backend, user.principal.id)
    }
    return answer
  })

/** The key of the row that a change applies to. */
export const rowOf = (change: SessionChange): SessionKey => (change._tag === "Move" ? change.from : change.key)

const committed = <User extends object>(
  services: AuthServices<User>,
  { session }: RequestScope<User>,
  change: SessionChange
): Effect.Effect<CommitAnswer, StoreUnavailable> => {
  const row = rowOf(change)
  // A request that loaded the session before its logout failed finds that it is gone.
  return services.failedLogouts.has(row) && !isFlushed(session)
    ? Effect.andThen(endSession(services, row), write(services, change))
    : write(services, change)
}

const write = <User extends object>(
  services: AuthServices<User>,
  change: SessionChange
): Effect.Effect<CommitAnswer, StoreUnavailable> => {
  const commit = storeCall(
    services.store,
    "write a session",
    effectOf("commit", services.store.commit(change, services.clockAndRandom.now()))
  )
  if (services.telemetry === undefined) return commit
  return Effect.tap(tracedCall(services, "commitSession", commit), ({ _tag }) =>
    _tag === "Changed" ? counted(services, "latchkey.session.conflicts") : Effect.void
  )
}

/** A logout has failed: this process accepts the session no more. */
export const rememberLogout = <User extends object>(
  { failedLogouts }: AuthServices<User>,
  { session: { storedKey } }: RequestScope<User>
): void => {
  if (storedKey !== undefined) failedLogouts.add(storedKey)
}

/**
 * Accepts a user that was loaded with the session only if the row is from the same store that the backend would query.
 */
const prefetchedOf = <User extends object>(
  services: AuthServices<User>,
  row: PrefetchedRow | undefined
): PrefetchedRow<User> | undefined => {
  if (row === undefined) return undefined
  const backend = services.backends.get(row.backend)
  if (backend?.users === undefined || backend.users.store !== services.store.prefetch?.users) return undefined
  return { ...row, known: backend.users.userOfRow(row.known) }
}

const remember = <User extends object>(
  services: AuthServices<User>,
  backend: Backend<User>,
  key: NonNullable<Session["key"]>,
  name: string,
  id: string
): void => {
  const { prefetch } = services.store
  if (prefetch !== undefined && prefetch.users === backend.users?.store) prefetch.remember(key, name, id)
}

/**
 * Runs an operation that calls stores, in the time of its request. Stores an outage in the scope, because a framework may
 * turn the error into a plain 500. See `failureBehind`. A {@link singleFlight} does both by itself.
 */
export const keepingOutage = <A, E>(
  scope: Pick<RequestScope<never>, "outage" | "storeTime">,
  asked: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.tapError(withStoreTime(scope.storeTime, asked), (error) =>
    Effect.sync(() => {
      if (isOutage(error)) scope.outage = error
    })
  )

const isOutage = (error: unknown): error is BackendFailure =>
  error instanceof StoreUnavailable || error instanceof BackendUnavailable || error instanceof Busy

/**
 * Runs a query, in the time of its request. Operations of one request that need the same query at the same time share it.
 * An outage is stored in the scope, because a framework may turn the error into a plain 500. See `failureBehind`.
 */
export const singleFlight = <A, E extends BackendFailure>(
  scope: Pick<RequestScope<never>, "outage" | "storeTime">,
  running: InFlight<A, E>,
  name: string,
  ask: () => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.withFiber((fiber): Effect.Effect<A, E> => {
    const other = running.get(name)
    if (other !== undefined) {
      other.waiting ??= Deferred.makeUnsafe()
      return Effect.flatMap(Deferred.await(other.waiting), (answer) =>
        answer === undefined ? singleFlight(scope, running, name, ask) : Effect.succeed(answer)
      )
    }
    const own: PendingQuery<A, E> = { waiting: undefined }
    running.set(name, own)
    // As `withStoreTime` does it, without an exit handler of its own: most requests make this one query.
    const outside = fiber.context
    fiber.setContext(timedContext(outside, scope.storeTime))
    return Effect.onExitPrimitive(ask(), (exit) => {
      fiber.setContext(outside)
      running.delete(name)
      if (Exit.isFailure(exit)) scope.outage = Option.getOrElse(Exit.findErrorOption(exit), () => scope.outage)
      if (own.waiting === undefined) return undefined
      // The operation that ran this query was interrupted: one of the waiting operations runs it again.
      return Effect.asVoid(Deferred.done(own.waiting, Exit.hasInterrupts(exit) ? Exit.succeed(undefined) : exit))
    })
  })
