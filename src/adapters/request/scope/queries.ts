/** Answers the queries of the core, with calls of stores and backends. Ends a session first if its logout has failed. */
import * as Effect from "effect/Effect"
import type {
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
import { rememberFailedLogout } from "../../account/process-sessions.ts"
import { endSession } from "../../account/user-sessions.ts"
import type { StoreUnavailable } from "../../errors/errors.ts"
import { type Backend, type BackendFailure, toolsOf } from "../../ports/backend.ts"
import { storeCall, withStoreTime } from "../../store-time/store-time.ts"
import { counted, tracedCall } from "../../telemetry/traced.ts"
import type { RequestScope } from "./request-scope.ts"
import { singleFlight } from "./run-query.ts"
import type { AuthServices } from "./services.ts"

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

/**
 * What the store returned, if it is an Effect. A store whose functions return promises would leave a request without an
 * end.
 */
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
      // Otherwise the row still has this key.
      if (answer._tag !== "KeyTaken" && answer._tag !== "Changed") services.failedLogouts.remove(key)
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
  const { failedLogouts } = services
  const row = rowOf(change)
  // A request that loaded the session before its logout failed finds that it is gone.
  const written =
    failedLogouts.has(row) && !isFlushed(session)
      ? Effect.andThen(endSession(services, row), write(services, change))
      : write(services, change)
  if (change._tag !== "Move" || change.forwards !== true) return written
  return Effect.flatMap(written, (answer) =>
    answer._tag === "Committed" && failedLogouts.renewed(row, answer.key)
      ? Effect.as(endSession(services, answer.key), gone)
      : Effect.succeed(answer)
  )
}

/** The answer for a session that got another key while its logout failed. It has now been ended under this key. */
const gone: CommitAnswer = { _tag: "Gone" }

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

/** The logout of this request has failed. */
export const rememberLogout = <User extends object>(
  services: AuthServices<User>,
  { session: { storedKey } }: RequestScope<User>
): void => {
  if (storedKey !== undefined) rememberFailedLogout(services, storedKey)
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
