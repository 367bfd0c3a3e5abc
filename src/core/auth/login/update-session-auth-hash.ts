import type { LoadedSession } from "../../session/value/session.ts"
import * as Session from "../../session/value/session.ts"
import type { Moment } from "../../transition.ts"
import * as Identity from "../state/identity.ts"
import type { Authenticated, RequestState } from "../state/request-state.ts"
import { reauthenticated } from "./reauthenticate.ts"

/**
 * Keeps this session after its user's password changed; all other sessions of that user end. The session gets a new
 * key. If another request deleted the session in the meantime, it is not created again.
 *
 * @param who the user, with the session auth hash of the new password
 * @param proof the name of the proof, if the user has proved who they are to change the password. Then it is recorded.
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.update_session_auth_hash
 */
export const updateSessionAuthHash = <User>(
  request: RequestState<User>,
  session: LoadedSession,
  who: Authenticated<User>,
  moment: Moment,
  proof?: string
): { readonly request: RequestState<User>; readonly session: LoadedSession } => {
  const renewed = Session.renew(session, moment.fresh.sessionKey, "Interrupt")
  if (!isCurrent(request, who)) return { request, session: renewed }
  return {
    request: { ...request, user: { _tag: "Authenticated", user: who.user, principal: who.principal } },
    session:
      proof === undefined
        ? Identity.rewrite(renewed, who.principal)
        : reauthenticated(session, who.principal, proof, moment)
  }
}

const isCurrent = <User>(request: RequestState<User>, who: Authenticated<User>): boolean =>
  request.user?._tag === "Authenticated" &&
  request.user.principal.id === who.principal.id &&
  request.user.principal.backend === who.principal.backend
