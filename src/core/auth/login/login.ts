import * as Csrf from "../../csrf/csrf-cookie.ts"
import * as Binding from "../../device-bound/device-binding.ts"
import type { Command } from "../../effect.ts"
import * as Expiry from "../../session/lifetime/expiry.ts"
import { type LoginRecord, recordIn } from "../../session/lifetime/login-record.ts"
import type { LoadedSession } from "../../session/value/session.ts"
import * as Session from "../../session/value/session.ts"
import { constantTimeEqual } from "../../signing/hmac.ts"
import type { Moment } from "../../transition.ts"
import { isSameId } from "../../uuid.ts"
import * as SessionCsrf from "../request/session-csrf.ts"
import * as Identity from "../state/identity.ts"
import type { Authenticated, AuthSettings, Principal, RequestState } from "../state/request-state.ts"

/** How a login is made. */
export interface LoginOptions {
  /**
   * `true`: the session outlasts the browser, as "remember me". `false`: it ends when the browser closes. Default: by
   * the settings, or as the session was.
   */
  readonly remember?: boolean
}

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
 * user with another password, is flushed first. A session of the same user keeps its key, unless the settings
 * renew it. If sessions are bound to devices, it always gets a new key, and every login offers a new binding: a copy of
 * the old cookie must not become valid again. A session that is closed to this request is replaced by a new one.
 *
 * @param options with `remember`, whether the session outlasts the browser
 * @returns the request and session afterwards, and the announcement of `user_logged_in`
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.login
 */
export const login = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: LoadedSession,
  who: Authenticated<User>,
  moment: Moment,
  { remember }: LoginOptions = {}
): LoggedIn<User> => {
  const before = takenOver(settings, session, who.principal, moment)
  const named = Identity.write(
    before,
    who.principal,
    settings.recordsLogins ? recordOf(before, remember, moment) : undefined
  )
  const kept = remembering(settings, named, remember)
  const own = settings.session.deviceBound === undefined ? kept : offering(renewed(kept, moment), moment)
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

const recordOf = ({ data }: LoadedSession, remember: boolean | undefined, { now }: Moment): LoginRecord => {
  const isRemembered = remember ?? recordIn(data)?.isRemembered ?? false
  return { at: Math.floor(now), proof: "login", isRemembered }
}

const takenOver = (
  settings: AuthSettings,
  session: LoadedSession,
  principal: Principal,
  moment: Moment
): LoadedSession => {
  if (Session.isClosed(session)) return Session.discard(session)
  if (!Identity.hasUserId(session.data)) return Session.cycleKey(session, moment.fresh.sessionKey)
  if (!isSame(settings, Identity.readPartial(session.data), principal)) return Session.discard(session)
  return settings.renewsKeyAtEveryLogin ? Session.cycleKey(session, moment.fresh.sessionKey) : session
}

/** Django's `set_expiry`: until the browser closes, or as long as SESSION_COOKIE_AGE. */
const remembering = (
  { session: { cookieAgeSeconds, expireAtBrowserClose } }: AuthSettings,
  session: LoadedSession,
  remember: boolean | undefined
): LoadedSession => {
  if (remember === undefined) return session
  if (remember && !expireAtBrowserClose) return Session.remove(session, Expiry.sessionDataKey)
  return Session.set(session, Expiry.sessionDataKey, Expiry.afterSeconds(remember ? cookieAgeSeconds : 0))
}

/** A bound session always gets a new key. */
const renewed = (session: LoadedSession, { fresh }: Moment): LoadedSession =>
  session.data.has(Binding.dataKey) && session.key === session.storedKey
    ? Session.cycleKey(session, fresh.sessionKey)
    : session

/** Offers a binding in place of the one before. Over http none is offered: its cookies would not be stored. */
const offering = (session: LoadedSession, { fresh, now }: Moment): LoadedSession => {
  if (session.device?.isSecure !== true) return Session.remove(session, Binding.dataKey)
  const { bindingId: id } = fresh
  if (id === undefined) throw new TypeError("login: fresh.bindingId is missing; sessions are bound to devices")
  const waits = session.device.answer === "CookiesOnly" ? { waits: true as const } : {}
  const text = Binding.write({ id, offered: now, ...waits, device: undefined })
  return { ...Session.set(session, Binding.dataKey, text), offered: id, verdict: "Pending" }
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
  (backend === undefined || isSameRealm(settings, backend, principal.backend)) &&
  isSameId(id, principal.id) &&
  constantTimeEqual(authHash, principal.authHash)

const isSameRealm = (settings: AuthSettings, one: string, other: string): boolean =>
  one === other || realmOf(settings, one) === realmOf(settings, other)

const realmOf = (settings: AuthSettings, backend: string): string => settings.realms.get(backend) ?? backend
