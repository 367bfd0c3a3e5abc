import type { Command } from "../effect.ts"
import type { LoadedSession, Session } from "../session/session.ts"
import * as SessionValue from "../session/session.ts"
import type { RequestState } from "./request-state.ts"
import { anonymous } from "./request-state.ts"

export interface LoggedOut<User> {
  readonly request: RequestState<User>
  readonly session: LoadedSession
  readonly effects: ReadonlyArray<Command<User>>
}

/**
 * Removes the session with everything in it, for anonymous users too. Needs no reading: only whoever listens to
 * `user_logged_out` wants to know the user, and the announcement names the one that is known by now.
 *
 * @see Django: django.contrib.auth.logout
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
