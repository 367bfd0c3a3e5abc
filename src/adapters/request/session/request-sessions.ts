/** The sessions of the logged-in user, within a request. */
import * as Effect from "effect/Effect"
import { listed, type UserSession } from "../../../core/auth/sessions/listed-sessions.ts"
import type { Principal } from "../../../core/auth/state/request-state.ts"
import type { RecordVisit, SessionRecord, Visitor } from "../../../core/effect.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { unknownVisitor, visited, visitOf } from "../../../core/session/writing/session-record.ts"
import type { SessionKey } from "../../../core/session-key.ts"
import { endAll, endOne, usableSessions } from "../../account/user-sessions.ts"
import type { ChangeRefused, CsrfFailed } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import { storeCall, withStoreTime, withTimePerCall } from "../../store-time/store-time.ts"
import { tracedCall } from "../../telemetry/traced.ts"
import { getUser, logout } from "../login/operations.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"

/** The operations of a request on the sessions of its user. They die if the session store does not record them. */
export interface RequestSessions {
  /**
   * The sessions that the user of this request is logged in to: the one of this request first, then those seen last, at
   * most 1000. Empty for anonymous visitors. A session that this request makes is missing: it is not stored yet.
   */
  readonly listSessions: Effect.Effect<ReadonlyArray<UserSession>, BackendFailure | CsrfFailed>
  /**
   * Ends one session of the user of this request: its next request is anonymous. If it is the session of this request,
   * the user is logged out.
   *
   * @param id from {@link listSessions}; it may come from a client
   * @returns whether the user had such a session
   */
  readonly endSession: (id: string) => Effect.Effect<boolean, BackendFailure | ChangeRefused>
  /**
   * Ends all recorded sessions of the user except the one of this request. Call `cycleKey` too if another person may
   * know the key of this session.
   *
   * @returns the number of sessions that were ended
   */
  readonly endOtherSessions: Effect.Effect<number, BackendFailure | CsrfFailed>
}

/** See {@link RequestSessions.listSessions}. */
export const listSessions = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): RequestSessions["listSessions"] =>
  Effect.flatMap(principalOf(services, scope, "listSessions"), (user) => {
    if (user === undefined) return Effect.succeed([])
    const current = currentOf(services, scope)
    return Effect.map(usableSessions(services, user), (sessions) => {
      const now = services.clockAndRandom.now()
      const shown = sessions
        .filter((session) => !isCurrent(current, session))
        .map((session) => listed(services.settings, session, false, now))
      return current === undefined ? shown : [listed(services.settings, current, true, now), ...shown]
    })
  })

/** See {@link RequestSessions.endSession}. */
export const endSession = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  id: string
): Effect.Effect<boolean, BackendFailure | ChangeRefused> =>
  Effect.flatMap(
    principalOf(services, scope, "endSession"),
    (user): Effect.Effect<boolean, BackendFailure | ChangeRefused> => {
      if (user === undefined) return Effect.succeed(false)
      return currentOf(services, scope)?.record.id === id
        ? Effect.as(logout(services, scope), true)
        : endOne(services, user, id)
    }
  )

/** See {@link RequestSessions.endOtherSessions}. */
export const endOtherSessions = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): RequestSessions["endOtherSessions"] =>
  Effect.flatMap(principalOf(services, scope, "endOtherSessions"), (user) => {
    if (user === undefined) return Effect.succeed(0)
    const current = currentOf(services, scope)
    // One after the other, perhaps thousands: each has a deadline of its own.
    return withTimePerCall(
      services.deadlineSeconds * 1000,
      endAll(services, user, (session) => isCurrent(current, session))
    )
  })

/** The client of a request, as the application wants it recorded. */
export const visitorOf = <User extends object>(services: AuthServices<User>, head: RequestHead): Visitor =>
  services.visitorOf === undefined ? unknownVisitor : services.visitorOf(head)

/** Records a visit. If that fails, the response is sent all the same: the next request records it. */
export const recordVisit = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  { key, visit }: RecordVisit
): Effect.Effect<void> => {
  const { userSessions } = services.store
  if (userSessions === undefined) return Effect.void
  const call = storeCall(services.store, "record the use of a session", userSessions.visit(key, visit))
  return Effect.catch(withStoreTime(scope.storeTime, tracedCall(services, "recordVisit", call)), () =>
    Effect.logWarning("the use of a session could not be recorded; the next request tries again")
  )
}

interface Current {
  readonly key: SessionKey
  readonly record: SessionRecord
  readonly text: string
}

/** The stored session of the request, with its record as it will be after the request. */
const currentOf = <User extends object>(
  services: AuthServices<User>,
  { head, session }: RequestScope<User>
): Current | undefined => {
  const { base, storedKey: key } = session
  if (base._tag !== "Read" || key === undefined) return undefined
  const { clockAndRandom, settings } = services
  const visit = visitOf(settings.session, visitorOf(services, head), { ...session, base }, key, clockAndRandom.now())
  const record = visit === undefined ? undefined : visited(base.record, visit)
  return record === undefined ? undefined : { key, record, text: base.text }
}

/** A parallel request may have given the session of this request another key. Its record still has the same id. */
const isCurrent = (current: Current | undefined, { key, record }: Current): boolean =>
  current !== undefined && (key === current.key || record.id === current.record.id)

const principalOf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string
): Effect.Effect<Principal | undefined, BackendFailure | CsrfFailed> =>
  Effect.map(getUser(services, scope, operation), () => {
    const { user } = scope.request
    return user?._tag === "Authenticated" ? user.principal : undefined
  })
