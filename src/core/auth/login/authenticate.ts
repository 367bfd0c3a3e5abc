/**
 * Asks the backends in order which user the credentials belong to.
 *
 * | state   | answer, condition                     | next           | what happens                    |
 * | ------- | ------------------------------------- | -------------- | ------------------------------- |
 * | (start) | a backend accepts such credentials    | Asking         | the first such backend is asked |
 * | (start) | none accepts them                     | Done: no user  |                                 |
 * | Asking  | Accepted                              | Done: the user |                                 |
 * | Asking  | Declined, and another backend is left | Asking         | the next backend is asked       |
 * | Asking  | Declined, and none is left            | Done: no user  |                                 |
 * | Asking  | Denied                                | Done: no user  | no other backend is asked       |
 *
 * When it ends without a user, `user_login_failed` is announced with the cleaned credentials.
 */
import type { AskBackend, AskBackendAnswer, CleanedCredentials, Command } from "../../effect.ts"
import type { Session } from "../../session/value/session.ts"
import { type Moment, noEffects, type Transition } from "../../transition.ts"
import { userWithHashes } from "../request/get-user.ts"
import type { Authenticated, AuthSettings, RequestState } from "../state/request-state.ts"

/** A paused `authenticate`: the backend that was asked, and those that were not tried yet. Holds no passwords. */
export interface Asking {
  readonly _tag: "Asking"
  /** The name of the backend that was asked. */
  readonly asked: string
  /** The names of the backends that were not asked yet, in order. */
  readonly untried: ReadonlyArray<string>
  /** The credentials without secrets, for the signal `user_login_failed`. */
  readonly credentials: CleanedCredentials
}

/** One step of `authenticate`. The value is the user and principal; `undefined`: no backend accepts the credentials. */
export type Authenticate<User> = Transition<
  RequestState<User>,
  Session,
  Asking,
  Authenticated<User> | undefined,
  AskBackend,
  User
>

/**
 * Asks the first backend or, if there is none, ends without a user.
 *
 * @param backends names of the backends that accept credentials of this shape, in order
 * @param credentials cleaned, for the announcement
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.authenticate
 */
export const authenticate = <User>(
  request: RequestState<User>,
  session: Session,
  backends: ReadonlyArray<string>,
  credentials: CleanedCredentials
): Authenticate<User> => {
  const [asked, ...untried] = backends
  return asked === undefined
    ? done(request, session, undefined, [{ _tag: "AnnounceSignal", signal: "user_login_failed", credentials }])
    : {
        _tag: "Paused",
        request,
        session,
        effects: noEffects,
        query: { _tag: "AskBackend", backend: asked },
        state: { _tag: "Asking", asked, untried, credentials }
      }
}

/** Continues with the backend's answer. */
export const resume = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  state: Asking,
  answer: AskBackendAnswer<User>,
  _moment: Moment
): Authenticate<User> => {
  switch (answer._tag) {
    case "Accepted": {
      const { authHashes, backend, id, user } = userWithHashes(settings, state.asked, answer.known)
      return done(request, session, { user, principal: { id, backend, authHash: authHashes[0] } }, [])
    }
    case "Declined":
      return authenticate(request, session, state.untried, state.credentials)
    case "Denied":
      return authenticate(request, session, [], state.credentials)
    default:
      return answer satisfies never
  }
}

const done = <User>(
  request: RequestState<User>,
  session: Session,
  value: Authenticated<User> | undefined,
  effects: ReadonlyArray<Command<User>>
): Authenticate<User> => ({ _tag: "Done", request, session, effects, value })
