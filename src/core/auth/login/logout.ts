import type { Command } from "../../effect.ts"
import type { LoadedSession, Session } from "../../session/value/session.ts"
import * as SessionValue from "../../session/value/session.ts"
import type { RequestState } from "../state/request-state.ts"
import { anonymous } from "../state/request-state.ts"

/** The result of a logout. */
export interface LoggedOut<User> {
  /** The request, which has no user any more. */
  readonly request: RequestState<User>
  /** The session, without key and data. */
  readonly session: LoadedSession
  /** The announcement of `user_logged_out`. */
  readonly effects: ReadonlyArray<Command<User>>
}

/**
 * Removes the session and its data, for anonymous users too. The session is not loaded for this. The announcement of
 * `user_logged_out` contains the user if this request has loaded it before.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.logout
 */
export const logout = <User>(request: RequestState<User>, session: Session): LoggedOut<User> => ({
  request: { ...request, user: anonymous },
  session: SessionValue.flush(session),
  effects: [
    {
      _tag: "AnnounceSignal",
      signal: "user_logged_out",
      user: request.user?._tag === "Authenticated" ? request.user.user : undefined
    }
  ]
})
