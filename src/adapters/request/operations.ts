/** The operations of one request as Effects: each runs a state machine of the core until it is done. */
import * as Effect from "effect/Effect"
import * as Authenticate from "../../core/auth/authenticate.ts"
import type { Credentials } from "../../core/auth/credentials.ts"
import { clean } from "../../core/auth/credentials.ts"
import * as GetUser from "../../core/auth/get-user.ts"
import * as Login from "../../core/auth/login.ts"
import * as Logout from "../../core/auth/logout.ts"
import * as OpenSession from "../../core/auth/open-session.ts"
import type { Authenticated } from "../../core/auth/request-state.ts"
import { updateSessionAuthHash as updateHash } from "../../core/auth/update-session-auth-hash.ts"
import type { AskBackendAnswer, KnownUser } from "../../core/effect.ts"
import type { LoadedSession } from "../../core/session/session.ts"
import * as Session from "../../core/session/session.ts"
import { type AccountFailure, accounts } from "../account/accounts.ts"
import { type BackendFailure, toolsOf } from "../ports/backend.ts"
import { momentOf } from "../ports/clock-and-random.ts"
import { BadRequest, type ChangeRefused, type CsrfFailed, type StoreUnavailable } from "../ports/errors.ts"
import { adviseOnCredentials } from "./credentials-advice.ts"
import { passwordsFor } from "./limited-passwords.ts"
import { accepted, loadSession, loadUser, performAll } from "./perform.ts"
import type { Cell } from "./request-scope.ts"
import type { App } from "./services.ts"
import type { SessionDraft } from "./session-draft.ts"

/**
 * The session of a request, loaded once. This marks the session as accessed. Fails if the CSRF token of the request has
 * not been checked yet.
 *
 * @param operation named in that error
 */
export const openSession = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  operation: string
): Effect.Effect<LoadedSession, StoreUnavailable | CsrfFailed> => cell.verified(operation, openUnverified(app, cell))

/** {@link openSession} without regard to the CSRF check. For the check itself, whose secret may be in the session. */
export const openUnverified = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.fn.Return<LoadedSession, StoreUnavailable> {
  let step = OpenSession.openSession(cell.request, cell.session)
  while (step._tag === "Paused") {
    if (take(cell, step)) yield* performAll(app, cell, step.effects)
    const answer = yield* loadSession(app, cell, step.query)
    step = yield* accepted(() =>
      OpenSession.resume(app.settings, cell.request, cell.session, answer, momentOf(app.world).fresh)
    )
  }
  if (take(cell, step)) yield* performAll(app, cell, step.effects)
  return step.value
})

/**
 * The logged-in user; `undefined` for anonymous visitors. Queries the database at most once per request. Fails if the
 * CSRF token of the request has not been checked yet.
 *
 * @param operation named in that error
 */
export const getUser = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  operation = "getUser"
): Effect.Effect<User | undefined, BackendFailure | CsrfFailed> =>
  cell.verified(operation, getUnverifiedUser(app, cell))

/**
 * {@link getUser} without regard to the CSRF check. For code that does nothing on behalf of the user: checks and logs.
 */
export const getUnverifiedUser = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.fn.Return<User | undefined, BackendFailure> {
  let step = GetUser.getUser(app.settings, cell.request, cell.session, momentOf(app.world))
  while (step._tag === "Paused") {
    if (take(cell, step)) yield* performAll(app, cell, step.effects)
    const { query, state } = step
    const answer =
      query._tag === "LoadSession" ? yield* loadSession(app, cell, query) : yield* loadUser(app, cell, query)
    step = yield* accepted(() =>
      GetUser.resume(app.settings, cell.request, cell.session, state, answer, momentOf(app.world))
    )
  }
  if (take(cell, step)) yield* performAll(app, cell, step.effects)
  return step.value
})

/**
 * The user for a log. Dies before the response is decided, because the CSRF token may still be unchecked until then.
 */
export const userForLog = <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.Effect<User | undefined, BackendFailure> =>
  Effect.suspend(() =>
    cell.isLeaving
      ? getUnverifiedUser(app, cell)
      : Effect.die(new Error("userForLog: the response has not been sent yet; until then, call getUser"))
  )

/** The user of the first backend that accepts the credentials. Does not log the user in. */
export const authenticate = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  offered: Credentials
): Effect.fn.Return<User | undefined, BackendFailure> {
  // A client may send any JSON value instead of an object. No user has such credentials.
  const credentials = typeof offered === "object" && offered !== null ? offered : {}
  const passwords = passwordsFor(app, cell.head)
  const offers = new Map<string, Effect.Effect<AskBackendAnswer<User>, BackendFailure>>()
  for (const [name, backend] of app.backends) {
    const offer = backend.offer(credentials, { ...toolsOf(app, name), passwords })
    if (offer !== undefined) offers.set(name, offer)
  }
  if (offers.size === 0) adviseOnCredentials(app.backends)
  let step = Authenticate.authenticate(cell.request, cell.session, [...offers.keys()], clean(credentials))
  while (step._tag === "Paused") {
    const offer = offers.get(step.query.backend)
    const answer: AskBackendAnswer<User> = offer === undefined ? { _tag: "Declined" } : yield* offer
    step = Authenticate.resume(app.settings, cell.request, cell.session, step.state, answer)
  }
  if (take(cell, step)) yield* performAll(app, cell, step.effects)
  if (step.value === undefined) return undefined
  cell.proved.set(step.value.user, step.value)
  return step.value.user
})

/**
 * Whether a value is not a user object. JavaScript callers may pass the `undefined` that a failed `authenticate`
 * returned.
 */
const isNobody = (user: unknown): boolean => typeof user !== "object" || user === null

const userMissing = (operation: string): BadRequest =>
  new BadRequest({
    reason: `${operation} was called without a user; authenticate returns undefined for wrong credentials, so check its result first`
  })

/**
 * Logs a user in to the session.
 *
 * @param backend the name of the user's backend; not needed for a user that `authenticate` returned, or if there is
 * only one backend
 */
export const login = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  user: User,
  backend: string | undefined
): Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest> =>
  cell.exclusively(
    "login",
    Effect.gen(function* () {
      if (isNobody(user)) return yield* userMissing("login")
      const session = yield* openUnverified(app, cell)
      const who = yield* authenticated(app, cell, user, backend)
      const after = Login.login(app.settings, cell.request, session, who, momentOf(app.world))
      yield* cell.transact((copy) => {
        copy.adopt(after)
        return performAll(app, copy, after.effects)
      })
    })
  )

/** Logs out and deletes the session, also that of an anonymous visitor. */
export const logout = <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.Effect<void, BackendFailure | ChangeRefused> =>
  cell.exclusively(
    "logout",
    Effect.gen(function* () {
      if (app.isHeard("user_logged_out")) yield* getUnverifiedUser(app, cell)
      yield* cell.transact((copy) => {
        // The signal is announced while the user is still logged in. Its receivers may change the session, so the
        // logout is computed again after that.
        const { effects } = Logout.logout(copy.request, copy.session)
        return Effect.map(performAll(app, copy, effects), () => copy.adopt(Logout.logout(copy.request, copy.session)))
      })
    })
  )

/** Keeps this session logged in after its user's password changed. The user's other sessions end. */
export const updateSessionAuthHash = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  user: User
): Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest> =>
  cell.exclusively(
    "updateSessionAuthHash",
    Effect.gen(function* () {
      if (isNobody(user)) return yield* userMissing("updateSessionAuthHash")
      yield* getUnverifiedUser(app, cell)
      const current = cell.request.user
      const backend = current?._tag === "Authenticated" ? current.principal.backend : undefined
      const who = cell.changed.get(user) ?? (yield* reloaded(app, user, backend ?? vouching(app, cell, user)))
      const session = yield* openUnverified(app, cell)
      // If the backend no longer returns the user, the session gets a new key but no new hash, so it is no longer
      // logged in.
      if (who === undefined) cell.session = Session.renew(session, momentOf(app.world).fresh.sessionKey, "Interrupt")
      else cell.adopt(updateHash(cell.request, session, who, momentOf(app.world)))
    })
  )

/** Changes a user's password. Later operations of this request use the new password for the session auth hash. */
export const setPassword = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  user: User,
  password: string
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  cell
    .verified(
      "setPassword",
      isNobody(user)
        ? Effect.fail(userMissing("setPassword"))
        : accounts({ ...app, passwords: passwordsFor(app, cell.head) }).setPassword(user, password, {
            backend: vouching(app, cell, user)
          })
    )
    .pipe(
      Effect.map((encoded) => {
        const name = vouching(app, cell, user)
        const backend = name === undefined ? undefined : app.backends.get(name)
        if (encoded === undefined || name === undefined || backend === undefined) return encoded !== undefined
        const known = { id: backend.idOf(user), user, password: encoded }
        cell.changed.set(user, provenBy(app, name, known))
        return true
      })
    )

/** Loads the session, then changes it. */
export const change = <User extends object, A>(
  app: App<User>,
  cell: Cell<User>,
  operation: string,
  apply: (session: LoadedSession) => readonly [after: LoadedSession, value: A]
): Effect.Effect<A, StoreUnavailable | ChangeRefused> =>
  cell.exclusively(
    operation,
    Effect.map(openUnverified(app, cell), (session) => {
      const [after, value] = apply(session)
      cell.session = after
      return value
    })
  )

/** Loads the session, then changes its data in place. */
export const edit = <User extends object, A>(
  app: App<User>,
  cell: Cell<User>,
  operation: string,
  apply: (draft: SessionDraft) => A
): Effect.Effect<A, StoreUnavailable | ChangeRefused> =>
  cell.exclusively(
    operation,
    Effect.map(openUnverified(app, cell), (session) => cell.edit(session, apply))
  )

// ---- the principal of a user object ------------------------------------------------------------------------------

const authenticated = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  user: User,
  backend: string | undefined
): Effect.fn.Return<Authenticated<User>, BackendFailure> {
  const known = cell.changed.get(user) ?? cell.proved.get(user)
  if (known !== undefined && (backend === undefined || backend === known.principal.backend)) return known
  const name = backend ?? vouching(app, cell, user)
  const who = yield* reloaded(app, user, name)
  return who ?? (yield* Effect.die(new Error(`the backend ${name} has no such user; pass a user that it returned`)))
})

/** Loads the user from the backend again, because the password may have changed. */
const reloaded = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  user: User,
  name: string | undefined
): Effect.fn.Return<Authenticated<User> | undefined, BackendFailure> {
  const backend = name === undefined ? undefined : app.backends.get(name)
  if (name === undefined || backend === undefined)
    return yield* Effect.die(
      new Error("several backends are configured: name the one that authenticated this user: login(user, { backend })")
    )
  const known = yield* backend.getUser(backend.idOf(user), toolsOf(app, name))
  return known === undefined ? undefined : provenBy(app, name, known)
})

const provenBy = <User extends object>(
  app: App<User>,
  backend: string,
  known: KnownUser<User>
): Authenticated<User> => {
  const { authHashes, id, user } = GetUser.candidateOf(app.settings, backend, known)
  return { user, principal: { id, backend, authHash: authHashes[0] } }
}

/**
 * The backend of a user object: the one that authenticated it in this request, else the session's, else the only one.
 */
const vouching = <User extends object>(app: App<User>, cell: Cell<User>, user: User): string | undefined => {
  const current = cell.request.user
  return (
    cell.proved.get(user)?.principal.backend ??
    (current?._tag === "Authenticated" && current.user === user ? current.principal.backend : undefined) ??
    (app.backends.size === 1 ? app.settings.backends[0] : undefined)
  )
}

/** Adopts the state of a step. @returns whether the step has commands, which most steps do not */
const take = <User extends object>(cell: Cell<User>, step: Step<User>): boolean => {
  cell.adopt(step)
  return step.effects.length > 0
}

interface Step<User> {
  readonly request: Cell<User>["request"]
  readonly session: Cell<User>["session"]
  readonly effects: ReadonlyArray<unknown>
}
