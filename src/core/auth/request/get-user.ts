/**
 * Finds the user that the session is logged in as.
 *
 * | state           | answer, condition                   | next            | what happens                          |
 * | --------------- | ----------------------------------- | --------------- | ------------------------------------- |
 * | (start)         | the user is known already           | Done: the user  |                                       |
 * | (start)         | the session is loaded               | (session known) |                                       |
 * | (start)         | else                                | LoadingSession  |                                       |
 * | LoadingSession  | any                                 | (session known) |                                       |
 * | (session known) | names no user, or no backend in use | Done: no user   |                                       |
 * | (session known) | its user was prefetched             | (user known)    |                                       |
 * | (session known) | else                                | LoadingUser     |                                       |
 * | LoadingUser     | UserFound                           | (user known)    |                                       |
 * | LoadingUser     | UserAbsent                          | Done: no user   | the session stays: the user may be    |
 * |                 |                                     |                 | restored                              |
 * | (user known)    | the hash is current                 | Done: the user  |                                       |
 * | (user known)    | the hash is of an older secret      | Done: the user  | the session gets the current hash and |
 * |                 |                                     |                 | a new key                             |
 * | (user known)    | any other hash                      | Done: no user   | the session is flushed                |
 *
 * "The hash" is the session auth hash in the session, compared with those of the user.
 */
import type { Command, KnownUser, LoadSession, LoadSessionAnswer, LoadUser, LoadUserAnswer } from "../../effect.ts"
import type { LoadedSession, Session } from "../../session/value/session.ts"
import * as SessionValue from "../../session/value/session.ts"
import type { LoadingSession } from "../../session/writing/load-session.ts"
import { loadedBy, openSession } from "../../session/writing/load-session.ts"
import { type Moment, noEffects, type Transition } from "../../transition.ts"
import * as Identity from "../state/identity.ts"
import type { AuthSettings, RequestState, UserWithHashes } from "../state/request-state.ts"
import { anonymous } from "../state/request-state.ts"

export type { LoadingSession } from "../../session/writing/load-session.ts"

/** A paused `getUser`: the backend was asked for the user that the session names. */
export interface LoadingUser {
  readonly _tag: "LoadingUser"
  /** The name of the backend. */
  readonly backend: string
  /** The text form of the user's primary key. */
  readonly id: string
}

/** A paused `getUser`: it waits for the session or for the user. */
export type GettingUser = LoadingSession | LoadingUser

/** One step of `getUser`. The value is the logged-in user; `undefined` for anonymous visitors. */
export type GetUser<User> = Transition<
  RequestState<User>,
  Session,
  GettingUser,
  User | undefined,
  LoadSession | LoadUser
>

/** Finds the logged-in user. Marks the session as accessed. Asks for session and user at most once per request. */
export const getUser = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  moment: Moment
): GetUser<User> => {
  if (request.user !== undefined) return done(request, session)
  const touched = SessionValue.accessed(session)
  const opened = openSession(request, touched)
  if (opened._tag === "Paused") return opened
  return identified(settings, request, opened.value, moment)
}

/**
 * Continues with the answer to the query.
 *
 * @param session as it is now. When another call logged in or out during the wait, the answer is ignored.
 */
export const resume = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  state: GettingUser,
  answer: LoadSessionAnswer<User> | LoadUserAnswer<User>,
  moment: Moment
): GetUser<User> => {
  if (request.user !== undefined) return done(request, session)
  switch (answer._tag) {
    case "SessionFound":
    case "SessionAbsent":
    case "SessionExpired": {
      const wasLoaded = SessionValue.isLoaded(session)
      const loaded = wasLoaded ? { session, effects: noEffects } : loadedBy(settings.session, session, answer, moment)
      const prefetched = wasLoaded ? request.prefetched : prefetchedBy(settings, answer)
      return withEffects(loaded.effects, identified(settings, { ...request, prefetched }, loaded.session, moment))
    }
    case "UserFound":
    case "UserAbsent": {
      const user =
        state._tag === "LoadingUser" && answer._tag === "UserFound"
          ? userWithHashes(settings, state.backend, answer.known)
          : undefined
      const prefetched = state._tag === "LoadingUser" ? { backend: state.backend, id: state.id, user } : undefined
      return getUser(settings, { ...request, prefetched }, session, moment)
    }
    default:
      return answer satisfies never
  }
}

/** A backend's user, with session auth hashes in place of the password. */
export const userWithHashes = <User>(
  settings: AuthSettings,
  backend: string,
  known: KnownUser<User>
): UserWithHashes<User> => ({
  backend,
  id: known.id,
  user: known.user,
  authHashes: settings.authHashes(known.password)
})

/** The user that the store returned together with the session, if it returned one. */
export const prefetchedBy = <User>(
  settings: AuthSettings,
  answer: LoadSessionAnswer<User>
): RequestState<User>["prefetched"] => {
  if (answer._tag !== "SessionFound" || answer.prefetched === undefined) return undefined
  const { backend, id, known } = answer.prefetched
  return { backend, id, user: known === undefined ? undefined : userWithHashes(settings, backend, known) }
}

const identified = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: LoadedSession,
  moment: Moment
): GetUser<User> => {
  const identity = Identity.read(session.data)
  if (identity === undefined || !settings.backends.includes(identity.backend)) return asAnonymous(request, session)
  const { backend, id } = identity
  const { prefetched } = request
  if (prefetched === undefined || prefetched.backend !== backend || prefetched.id !== id)
    return {
      _tag: "Paused",
      request,
      session,
      effects: noEffects,
      query: { _tag: "LoadUser", backend, id },
      state: { _tag: "LoadingUser", backend, id }
    }
  return prefetched.user === undefined
    ? asAnonymous(request, session)
    : judged(request, session, identity, prefetched.user, moment)
}

const judged = <User>(
  request: RequestState<User>,
  session: LoadedSession,
  identity: Identity.Identity,
  stored: UserWithHashes<User>,
  moment: Moment
): GetUser<User> => {
  const { authHashes, backend, user } = stored
  const principal = { id: identity.id, backend, authHash: authHashes[0] }
  const resolved = { ...request, user: { _tag: "Authenticated" as const, user, principal } }
  const verdict = Identity.judge(identity.authHash, authHashes)
  switch (verdict) {
    case "Current":
      return done(resolved, session)
    case "Older":
      return done(resolved, Identity.rewrite(SessionValue.renew(session, moment.fresh.sessionKey, "Drop"), principal))
    case "Wrong":
      return asAnonymous(request, SessionValue.discard(session))
    default:
      return verdict satisfies never
  }
}

const asAnonymous = <User>(request: RequestState<User>, session: Session): GetUser<User> =>
  done({ ...request, user: anonymous }, session)

const done = <User>(request: RequestState<User>, session: Session): GetUser<User> => ({
  _tag: "Done",
  request,
  session,
  effects: noEffects,
  value: request.user?._tag === "Authenticated" ? request.user.user : undefined
})

const withEffects = <User>(effects: ReadonlyArray<Command<never>>, step: GetUser<User>): GetUser<User> =>
  effects.length === 0 ? step : { ...step, effects: [...effects, ...step.effects] }
