import type { LoadedSession } from "../session/session.ts"
import * as Session from "../session/session.ts"
import type { Moment } from "../transition.ts"
import * as Identity from "./identity.ts"
import type { Authenticated, RequestState } from "./request-state.ts"

/**
 * Keeps this session after its user's password changed; all other sessions of that user end. The session gets a new
 * key. If another request deleted the session in the meantime, it is not created again.
 *
 * @param who the user, with the session auth hash of the new password
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.update_session_auth_hash
 */
export const updateSessionAuthHash = <User>(
  request: RequestState<User>,
  session: LoadedSession,
  who: Authenticated<User>,
  moment: Moment
): { readonly request: RequestState<User>; readonly session: LoadedSession } => {
  const renewed = Session.renew(session, moment.fresh.sessionKey, "Interrupt")
  return isCurrent(request, who)
    ? {
        request: { ...request, user: { _tag: "Authenticated", user: who.user, principal: who.principal } },
        session: Identity.rewrite(renewed, who.principal)
      }
    : { request, session: renewed }
}

const isCurrent = <User>(request: RequestState<User>, who: Authenticated<User>): boolean =>
  request.user?._tag === "Authenticated" &&
  request.user.principal.id === who.principal.id &&
  request.user.principal.backend === who.principal.backend
