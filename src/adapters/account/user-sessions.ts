/** The sessions of a user: listed and ended, outside a request. */
import * as Effect from "effect/Effect"
import * as GetUser from "../../core/auth/request/get-user.ts"
import type { UserSession } from "../../core/auth/sessions/listed-sessions.ts"
import * as ListedSessions from "../../core/auth/sessions/listed-sessions.ts"
import type { AuthSettings } from "../../core/auth/state/request-state.ts"
import { recordedId } from "../../core/session/writing/session-record.ts"
import type { SessionKey } from "../../core/session-key.ts"
import type { ClockAndRandom } from "../clock-and-random/clock-and-random.ts"
import type { StoreUnavailable } from "../errors/errors.ts"
import { type Backend, type BackendFailure, toolsOf } from "../ports/backend.ts"
import type { Passwords } from "../ports/passwords.ts"
import { mostListed, type SessionStore, type StoredUserSession, type UserSessionStore } from "../ports/session-store.ts"
import type { Telemetry } from "../ports/telemetry.ts"
import { storeCall } from "../store-time/store-time.ts"
import { tracedCall } from "../telemetry/traced.ts"
import { type ProcessSessions, rememberFailedLogout } from "./process-sessions.ts"
import type { OfBackend } from "./user-stores.ts"

/**
 * The sessions of a user, as Effects. They die if the session store does not record the sessions of users: see its
 * option `userSessions`.
 */
export interface UserSessions<User> {
  /**
   * The sessions that the user is logged in to, those seen last first, at most 1000. A session that a Django site has
   * made is missing until its first request here.
   */
  readonly listSessions: (user: User, options?: OfBackend) => Effect.Effect<ReadonlyArray<UserSession>, BackendFailure>
  /**
   * Ends one session of the user: its next request is anonymous.
   *
   * @param id from the list of sessions; it may come from a client
   * @returns whether the user had such a session
   */
  readonly endSession: (user: User, id: string, options?: OfBackend) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Ends all recorded sessions of the user. To end also sessions that a Django site has made and that had no request
   * here yet, change the user's password.
   *
   * @returns the number of sessions that were ended
   */
  readonly endSessions: (user: User, options?: OfBackend) => Effect.Effect<number, StoreUnavailable>
}

/** What the operations on sessions of users need of the application. */
export interface UserSessionServices<User> extends ProcessSessions {
  readonly settings: AuthSettings
  readonly store: SessionStore
  readonly backends: ReadonlyMap<string, Backend<User>>
  readonly passwords: Passwords
  readonly clockAndRandom: ClockAndRandom
  /** Where the spans of store calls go, if the application measures. */
  readonly telemetry: Telemetry | undefined
}

/** A user, as records name it. */
export interface RecordedUser {
  /** The name of a backend with this user. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
}

export const userSessions = <User extends object>(services: UserSessionServices<User>): UserSessions<User> => ({
  listSessions: (user, options) =>
    Effect.flatMap(recordedUser(services, user, options), (of) =>
      Effect.map(usableSessions(services, of), (sessions) =>
        sessions.map((session) =>
          ListedSessions.listed(services.settings, session, false, services.clockAndRandom.now())
        )
      )
    ),
  endSession: (user, id, options) =>
    Effect.flatMap(recordedUser(services, user, options), (of) => endOne(services, of, id)),
  endSessions: (user, options) =>
    Effect.flatMap(recordedUser(services, user, options), (of) => endAll(services, of, () => false))
})

/** The user's sessions that are usable, with the user as it is stored now: the password may have changed. */
export const usableSessions = Effect.fnUntraced(function* <User extends object>(
  services: UserSessionServices<User>,
  of: RecordedUser
): Effect.fn.Return<ReadonlyArray<StoredUserSession>, BackendFailure> {
  const records = recordsOf(services)
  const backend = services.backends.get(of.backend)
  const loading = backend?.getUser(of.id, toolsOf(services, of.backend))
  const known =
    loading === undefined
      ? undefined
      : yield* tracedCall(services, "loadUser", storeCall(backend?.users?.store, "load a user", loading))
  if (known === undefined) return []
  const user = GetUser.userWithHashes(services.settings, of.backend, known)
  const now = services.clockAndRandom.now()
  const sessions = yield* listedBy(services, records.list(queryFor(services, of), now))
  return ListedSessions.usable(services.settings, user, sessions, now)
})

/** Ends the session of the user with this id, whether it is still usable or not. @returns whether there was one */
export const endOne = Effect.fnUntraced(function* <User extends object>(
  services: UserSessionServices<User>,
  of: RecordedUser,
  id: string
): Effect.fn.Return<boolean, StoreUnavailable> {
  if (!/^[\w-]{43}$/.test(id)) return false
  const listed = recordsOf(services).list({ ...queryFor(services, of), id }, services.clockAndRandom.now())
  const found = yield* listedBy(services, listed)
  const ended = ListedSessions.ofUser(services.settings, of, found)
  for (const { key } of ended) yield* endSession(services, key)
  return ended.length > 0
})

/**
 * Ends the recorded sessions of the user, one after the other. A store lists a limited number, so it is asked again
 * until no session is left.
 *
 * @param isKept whether a session stays
 * @returns the number of sessions that were ended
 */
export const endAll = Effect.fnUntraced(function* <User extends object>(
  services: UserSessionServices<User>,
  of: RecordedUser,
  isKept: (session: StoredUserSession) => boolean
): Effect.fn.Return<number, StoreUnavailable> {
  const records = recordsOf(services)
  const query = queryFor(services, of)
  const ended = new Set<SessionKey>()
  for (;;) {
    const listed = records.list(query, services.clockAndRandom.now())
    const found = yield* listedBy(services, listed)
    const left = ListedSessions.ofUser(services.settings, of, found).filter(
      (session) => !isKept(session) && !ended.has(session.key)
    )
    if (left.length === 0) return ended.size
    for (const { key } of left) {
      yield* endSession(services, key)
      ended.add(key)
    }
    if (found.length < mostListed) return ended.size
  }
})

/**
 * Deletes the session. If it has got another key at the same time, it is deleted under that key. If it cannot be deleted,
 * this process no longer accepts it.
 */
export const endSession = <User>(
  services: UserSessionServices<User>,
  key: SessionKey
): Effect.Effect<void, StoreUnavailable> =>
  Effect.flatMap(
    Effect.onError(
      tracedCall(
        services,
        "commitSession",
        storeCall(
          services.store,
          "end a session",
          Effect.suspend(() => services.store.commit({ _tag: "Delete", key }, services.clockAndRandom.now()))
        )
      ),
      () => Effect.sync(() => rememberFailedLogout(services, key))
    ),
    (answer) => {
      services.failedLogouts.remove(key)
      services.watches.sessionChanged(key)
      return answer._tag === "Moved" ? endSession(services, answer.to) : Effect.void
    }
  )

const listedBy = <User>(
  services: UserSessionServices<User>,
  list: ReturnType<UserSessionStore["list"]>
): ReturnType<UserSessionStore["list"]> =>
  tracedCall(services, "loadSessions", storeCall(services.store, "list the sessions of a user", list))

const queryFor = <User>({ settings }: UserSessionServices<User>, { backend, id }: RecordedUser) => ({
  backends: ListedSessions.backendsOf(settings, backend),
  userId: recordedId(id)
})

const recordsOf = <User>({ store }: UserSessionServices<User>): UserSessionStore => {
  if (store.userSessions === undefined)
    throw new Error(
      "the sessions of users are not recorded: write userSessions: true among the options of the session store, as in postgres({ url, userSessions: true }), and run `npx latchkey migrate`"
    )
  return store.userSessions
}

const recordedUser = <User extends object>(
  { backends }: UserSessionServices<User>,
  user: User,
  options: OfBackend | undefined
): Effect.Effect<RecordedUser> => {
  const name = options?.backend ?? onlyBackend(backends)
  const backend = name === undefined ? undefined : backends.get(name)
  return name === undefined || backend === undefined
    ? Effect.die(new Error('several backends have users: name the one to use, as in { backend: "myapp.Backend" }'))
    : Effect.sync(() => ({ backend: name, id: backend.idOf(user) }))
}

/** The first backend with stored users, if all of these have the same users; otherwise the only backend. */
const onlyBackend = <User>(backends: ReadonlyMap<string, Backend<User>>): string | undefined => {
  const stored = [...backends].filter(([, { users }]) => users !== undefined)
  const candidates = stored.length > 0 ? stored : [...backends]
  const [first] = candidates
  const isOne = candidates.length === 1 || new Set(stored.map(([, { users }]) => users?.store)).size === 1
  return isOne ? first?.[0] : undefined
}
