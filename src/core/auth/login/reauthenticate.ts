import { recordIn } from "../../session/lifetime/login-record.ts"
import type { LoadedSession } from "../../session/value/session.ts"
import * as Session from "../../session/value/session.ts"
import type { Moment } from "../../transition.ts"
import * as Identity from "../state/identity.ts"
import type { Principal } from "../state/request-state.ts"

/**
 * Records that the user of the session has proved again who they are. The session gets a new key, so a copy of the old
 * cookie has no part in the proof. The record is written together with the user: if another request logs this session
 * out, or logs another user in, before it is stored, nothing is stored.
 *
 * @param session whose user is `principal`
 * @param proof the name of the proof, such as `password`
 */
export const reauthenticated = (
  session: LoadedSession,
  principal: Principal,
  proof: string,
  moment: Moment
): LoadedSession =>
  Identity.rewrite(Session.renew(session, moment.fresh.sessionKey, "Interrupt"), principal, {
    at: Math.floor(moment.now),
    proof,
    isRemembered: recordIn(session.data)?.isRemembered ?? false
  })
