import type { LoadSessionAnswer } from "../../effect.ts"
import type { Session } from "../../session/value/session.ts"
import * as SessionValue from "../../session/value/session.ts"
import type { LoadingSession, OpenSession } from "../../session/writing/load-session.ts"
import * as Opening from "../../session/writing/load-session.ts"
import type { Moment } from "../../transition.ts"
import type { AuthSettings, RequestState } from "../state/request-state.ts"
import { prefetchedBy } from "./get-user.ts"

export type { LoadingSession, OpenSession } from "../../session/writing/load-session.ts"

/** Loads the session for the application. Marks the session as accessed. */
export const openSession = <User>(request: RequestState<User>, session: Session): OpenSession<RequestState<User>> =>
  Opening.openSession(request, SessionValue.accessed(session))

/**
 * Continues with the store's answer, and keeps the user that the store may have returned with the session.
 *
 * @param session as it is now. If another operation has loaded it during the wait, the answer is ignored.
 * @throws {SessionUnreadable}
 */
export const resume = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  state: LoadingSession,
  answer: LoadSessionAnswer<User>,
  moment: Moment
): OpenSession<RequestState<User>> =>
  SessionValue.isLoaded(session)
    ? Opening.openSession(request, session)
    : Opening.resume(
        settings.session,
        { ...request, prefetched: prefetchedBy(settings, answer) },
        session,
        state,
        answer,
        moment
      )
