/** The operations of one request as Effects: each runs a state machine of the core until it is done. */
import * as Effect from "effect/Effect"
import * as Authenticate from "../../../core/auth/login/authenticate.ts"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import * as Login from "../../../core/auth/login/login.ts"
import * as Logout from "../../../core/auth/login/logout.ts"
import { updateSessionAuthHash as updateHash } from "../../../core/auth/login/update-session-auth-hash.ts"
import * as GetUser from "../../../core/auth/request/get-user.ts"
import * as OpenSession from "../../../core/auth/request/open-session.ts"
import type { Authenticated } from "../../../core/auth/state/request-state.ts"
import type { DeviceVerdict } from "../../../core/device-bound/device-verdict.ts"
import type { AnswerTo, AskBackendAnswer, LoadSession, LoadUser } from "../../../core/effect.ts"
import type { LoadedSession } from "../../../core/session/value/session.ts"
import * as Session from "../../../core/session/value/session.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import type {
  BadRequest,
  ChangeRefused,
  CsrfFailed,
  DeviceProofMissing,
  StoreUnavailable
} from "../../errors/errors.ts"
import { type BackendFailure, toolsOf } from "../../ports/backend.ts"
import { drive } from "../../ports/driver.ts"
import { tracedCall } from "../../telemetry/traced.ts"
import { adopting, performAll, resuming } from "../scope/perform.ts"
import { loadSession, loadUser, rememberLogout } from "../scope/queries.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import type { SessionDraft } from "../scope/session-draft.ts"
import type { ThrottledAttempt } from "../throttle/login-throttle.ts"
import { cookieOf } from "../throttle/throttle-settings.ts"
import { loginAttempt } from "./counted-attempts.ts"
import { adviseOnCredentials } from "./credentials-advice.ts"
import { passwordsFor } from "./limited-passwords.ts"
import { authenticated, backendOf, isNobody, reloaded, userMissing } from "./principals.ts"
import { shownCredentials } from "./shown-credentials.ts"

/**
 * The session of a request, loaded once. This marks the session as accessed. Fails if the CSRF token of the request has
 * not been checked yet.
 *
 * @param operation named in that error
 */
export const openSession = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string
): Effect.Effect<LoadedSession, StoreUnavailable | CsrfFailed> =>
  scope.verified(operation, openUnverified(services, scope))

/** {@link openSession} without regard to the CSRF check. For the check itself, whose secret may be in the session. */
export const openUnverified = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<LoadedSession, StoreUnavailable> =>
  drive(
    adopting(services, scope),
    () => OpenSession.openSession(scope.request, scope.session),
    (query) => loadSession(services, scope, query),
    resuming(services, scope, OpenSession.resume)
  )

/**
 * The logged-in user; `undefined` for anonymous visitors. Queries the database at most once per request. Fails if the
 * CSRF token of the request has not been checked yet.
 *
 * @param operation named in that error
 */
export const getUser = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation = "getUser"
): Effect.Effect<User | undefined, BackendFailure | CsrfFailed> =>
  scope.verified(operation, getUnverifiedUser(services, scope))

/**
 * {@link getUser} without regard to the CSRF check. For code that does nothing on behalf of the user: checks and logs.
 */
export const getUnverifiedUser = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<User | undefined, BackendFailure> =>
  drive(
    adopting(services, scope),
    () => GetUser.getUser(services.settings, scope.request, scope.session, momentOf(services.clockAndRandom)),
    (query): Effect.Effect<AnswerTo<LoadSession | LoadUser, User>, BackendFailure> =>
      query._tag === "LoadSession" ? loadSession(services, scope, query) : loadUser(services, scope, query),
    resuming(services, scope, GetUser.resume)
  )

/**
 * The verdict about the device of the session; `undefined` if sessions are not bound to devices, or if the request has
 * no session or is for an exempt path.
 */
export const deviceVerdict = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<DeviceVerdict | undefined, StoreUnavailable | CsrfFailed> =>
  Effect.map(openSession(services, scope, "deviceVerdict"), ({ verdict }) => verdict)

/**
 * The user for a log. Dies before the response is decided, because the CSRF token may still be unchecked until then.
 */
export const userForLog = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<User | undefined, BackendFailure> =>
  Effect.suspend(() =>
    scope.isHeadDue
      ? getUnverifiedUser(services, scope)
      : Effect.die(new Error("userForLog: the response has not been sent yet; until then, call getUser"))
  )

/** The user of the first backend that accepts the credentials. Does not log the user in. */
export const authenticate = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  offered: Credentials
): Effect.Effect<User | undefined, BackendFailure> =>
  Effect.suspend(() => {
    // A client may send any JSON value instead of an object. No user has such credentials.
    const credentials = typeof offered === "object" && offered !== null ? offered : {}
    return Effect.flatMap(loginAttempt(services, scope, credentials), (attempt) =>
      Effect.flatMap(prepared(services), () => {
        const asking = askBackends(services, scope, credentials, attempt)
        const found = attempt === undefined ? asking : Effect.tapError(asking, () => attempt.abandoned)
        return Effect.flatMap(found, (who) => accepted(scope, who, attempt))
      })
    )
  })

/** Lets the backends prepare. Most have nothing to prepare. */
const prepared = <User extends object>({ backends }: AuthServices<User>): Effect.Effect<void, BackendFailure> => {
  const all = [...backends.values()].flatMap(({ prepare }) => prepare ?? [])
  return all.length === 0 ? Effect.void : Effect.forEach(all, (prepare) => prepare, { discard: true })
}

const askBackends = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  credentials: Credentials,
  attempt: ThrottledAttempt | undefined
): Effect.Effect<Authenticated<User> | undefined, BackendFailure> => {
  const passwords = attempt?.passwords ?? passwordsFor(services, scope.head)
  const offers = new Map<string, Effect.Effect<AskBackendAnswer<User>, BackendFailure>>()
  for (const [name, backend] of services.backends) {
    const offer = backend.authenticate(credentials, { ...toolsOf(services, name), passwords })
    if (offer !== undefined) offers.set(name, tracedCall(services, "askBackend", attempt?.judged(offer) ?? offer))
  }
  if (offers.size === 0) adviseOnCredentials(services.backends)
  return drive(
    adopting(services, scope),
    () =>
      Authenticate.authenticate(
        scope.request,
        scope.session,
        [...offers.keys()],
        shownCredentials(services, credentials)
      ),
    ({ backend }) => offers.get(backend) ?? Effect.succeed<AskBackendAnswer<User>>({ _tag: "Declined" }),
    resuming(services, scope, Authenticate.resume)
  )
}

const accepted = <User extends object>(
  scope: RequestScope<User>,
  who: Authenticated<User> | undefined,
  attempt: ThrottledAttempt | undefined
): Effect.Effect<User | undefined, BackendFailure> => {
  if (who === undefined) return Effect.undefined
  scope.authenticated.set(who.user, who)
  if (attempt === undefined) return Effect.succeed(who.user)
  return Effect.map(attempt.succeeded, (device) => {
    if (device !== undefined) scope.provenDevices.set(who.user, device)
    return who.user
  })
}

/**
 * Logs a user in to the session.
 *
 * @param backend the name of the user's backend; not needed for a user that `authenticate` returned, or if there is
 * only one backend
 */
export const login = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  backend: string | undefined,
  options: Login.LoginOptions = {}
): Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest> =>
  scope.exclusively("login", logIn(services, scope, user, backend, options))

const logIn = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  backend: string | undefined,
  options: Login.LoginOptions
): Effect.Effect<void, BackendFailure | BadRequest> => {
  if (isNobody(user)) return Effect.fail(userMissing("login"))
  return Effect.flatMap(openUnverified(services, scope), (session) =>
    Effect.flatMap(authenticated(services, scope, user, backend), (who) => {
      const moment = momentOf(services.clockAndRandom)
      const after = Login.login(services.settings, scope.request, session, who, moment, options)
      const loggedIn = scope.transact((copy) => {
        copy.adopt(after)
        return performAll(services, copy, after.effects)
      })
      return Effect.map(loggedIn, () => {
        const device = scope.provenDevices.get(user)
        if (services.throttle !== undefined && device !== undefined)
          scope.deviceCookie = cookieOf(services.throttle, device, services.clockAndRandom.now())
      })
    })
  )
}

/** Logs out and deletes the session, also that of an anonymous visitor. */
export const logout = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<void, BackendFailure | ChangeRefused> =>
  scope.exclusively(
    "logout",
    Effect.tapError(logOut(services, scope), () => Effect.sync(() => rememberLogout(services, scope)))
  )

const logOut = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.fn.Return<void, BackendFailure> {
  if (services.isHeard("user_logged_out")) yield* getUnverifiedUser(services, scope)
  yield* scope.transact((copy) => {
    // The signal is announced while the user is still logged in. Its receivers may change the session, so the
    // logout is computed again after that.
    const { effects } = Logout.logout(copy.request, copy.session)
    return Effect.map(performAll(services, copy, effects), () => copy.adopt(Logout.logout(copy.request, copy.session)))
  })
})

/** Keeps this session logged in after its user's password changed. The user's other sessions end. */
export const updateSessionAuthHash = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User
): Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest> =>
  scope.exclusively("updateSessionAuthHash", keepLoggedIn(services, scope, user))

const keepLoggedIn = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User
): Effect.fn.Return<void, BackendFailure | BadRequest | DeviceProofMissing> {
  if (isNobody(user)) return yield* userMissing("updateSessionAuthHash")
  yield* getUnverifiedUser(services, scope)
  const current = scope.request.user
  const backend = current?._tag === "Authenticated" ? current.principal.backend : undefined
  const who =
    scope.passwordChanged.get(user) ?? (yield* reloaded(services, user, backend ?? backendOf(services, scope, user)))
  const session = yield* openForChange(services, scope, "updateSessionAuthHash")
  const moment = momentOf(services.clockAndRandom)
  const proof = services.settings.recordsLogins && scope.passwordProved.has(user) ? "password" : undefined
  // If the backend no longer returns the user, the session gets a new key but no new hash, so it is no longer
  // logged in.
  if (who === undefined) scope.session = Session.renew(session, moment.fresh.sessionKey, "Interrupt")
  else scope.adopt(updateHash(scope.request, session, who, moment, proof))
})

/** The session, loaded. Fails if it is closed to this request. */
const openForChange = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string
): Effect.Effect<LoadedSession, StoreUnavailable | DeviceProofMissing> =>
  Effect.flatMap(openUnverified(services, scope), (session) => scope.changeable(operation, session))

/** Loads the session, then changes it. */
export const change = <User extends object, A>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string,
  apply: (session: LoadedSession) => readonly [after: LoadedSession, value: A]
): Effect.Effect<A, StoreUnavailable | ChangeRefused> =>
  scope.exclusively(
    operation,
    Effect.map(openForChange(services, scope, operation), (session) => {
      const [after, value] = apply(session)
      scope.session = after
      return value
    })
  )

/** Loads the session, then changes its data in place. */
export const edit = <User extends object, A>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string,
  apply: (draft: SessionDraft) => A
): Effect.Effect<A, StoreUnavailable | ChangeRefused> =>
  scope.exclusively(
    operation,
    Effect.map(openForChange(services, scope, operation), (session) => scope.edit(session, apply))
  )
