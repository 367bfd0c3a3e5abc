import * as Csrf from "../csrf/csrf-cookie.ts"
import type { Command } from "../effect.ts"
import type { LoadedSession } from "../session/session.ts"
import * as Session from "../session/session.ts"
import { constantTimeEqual } from "../signing/hmac.ts"
import type { Moment } from "../transition.ts"
import { isSameId } from "../uuid.ts"
import * as Identity from "./identity.ts"
import type { Authenticated, AuthSettings, Principal, RequestState } from "./request-state.ts"
import * as SessionCsrf from "./session-csrf.ts"

/** The result of a login. */
export interface LoggedIn<User> {
  /** The request, whose user is the one that was logged in. */
  readonly request: RequestState<User>
  /** The session, which names the user. */
  readonly session: LoadedSession
  /** The announcement of `user_logged_in`. */
  readonly effects: ReadonlyArray<Command<User>>
}

/**
 * Logs a user in. An anonymous session keeps its data and gets a new key. A session of another user, or of the same
 * user with another password, is flushed first. A session of the same user keeps its key.
 *
 * @returns the request and session afterwards, and the announcement of `user_logged_in`
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.login
 */
export const login = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: LoadedSession,
  who: Authenticated<User>,
  moment: Moment
): LoggedIn<User> => {
  const own = Identity.write(takenOver(settings, session, who.principal, moment), who.principal)
  return {
    request: {
      ...request,
      user: { _tag: "Authenticated", user: who.user, principal: who.principal },
      csrf: Csrf.rotated(moment.fresh)
    },
    session: settings.csrf.useSessions ? SessionCsrf.rotated(settings.csrf, own, moment.fresh) : own,
    effects: [{ _tag: "AnnounceSignal", signal: "user_logged_in", user: who.user }]
  }
}

const takenOver = (
  settings: AuthSettings,
  session: LoadedSession,
  principal: Principal,
  moment: Moment
): LoadedSession => {
  if (!Identity.hasUserId(session.data)) return Session.cycleKey(session, moment.fresh.sessionKey)
  return isSame(settings, Identity.readPartial(session.data), principal) ? session : Session.discard(session)
}

/**
 * Two backends may have different users with the same id, unless they share a realm. A session without a backend is
 * compared by id and hash only, as in Django.
 */
const isSame = (
  settings: AuthSettings,
  { authHash, backend, id }: Identity.PartialIdentity,
  principal: Principal
): boolean =>
  (backend === undefined || realmOf(settings, backend) === realmOf(settings, principal.backend)) &&
  isSameId(id, principal.id) &&
  constantTimeEqual(authHash, principal.authHash)

const realmOf = (settings: AuthSettings, backend: string): string => settings.realms.get(backend) ?? backend
