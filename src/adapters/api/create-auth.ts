import * as Effect from "effect/Effect"
import { defaultDjangoVersion } from "../../core/django-version.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import { type Accounts, accounts } from "../account/accounts.ts"
import { type ProcessSessions, processSessions } from "../account/process-sessions.ts"
import { clockAndRandomWith } from "../clock-and-random/clock-and-random.ts"
import { djangoHashers } from "../password/hashers/django-hashers.ts"
import { makePasswords, type PasswordOptions } from "../password/make-passwords.ts"
import { passwordProof } from "../ports/login-proof.ts"
import type { VerifyProof } from "../ports/proof-verifier.ts"
import { receiving } from "../ports/telemetry.ts"
import { attemptsOutside } from "../request/login/counted-attempts.ts"
import { KeyedLock } from "../request/scope/keyed-lock.ts"
import type { RequestScope } from "../request/scope/request-scope.ts"
import type { AuthServices } from "../request/scope/services.ts"
import { beforePage } from "../request/session/device-requests.ts"
import { verifyProof } from "../request/session/proof-signature.ts"
import type { AnyFields, SessionFields } from "../request/session/session-access.ts"
import type { Auth } from "./auth.ts"
import { realmsOf } from "./backend-realms.ts"
import { clientAddressOf } from "./client-address.ts"
import { diagnose } from "./diagnose.ts"
import { explainSession } from "./explain-session.ts"
import { type AuthOptions, checkAuthOptions } from "./options/auth-options.ts"
import { checkSettings } from "./options/settings.ts"
import { storeDeadline } from "./options/store-deadline.ts"
import { throttleSettings } from "./options/throttle-options.ts"
import { userSessionSettings, visitorOf } from "./options/user-session-options.ts"
import { RequestReader } from "./per-request/auth-reader.ts"
import { type AuthRequest, HttpAuthRequest, type ResponseInProgress } from "./per-request/auth-request.ts"
import { openRequest } from "./per-request/open-request.ts"
import type { AuthContext } from "./per-request/promises.ts"
import { permissionPromises } from "./permission-promises.ts"
import { Signals } from "./signals.ts"
import { throttleAdministration } from "./throttle-administration.ts"
import { watchSession } from "./watch-session.ts"

/**
 * Creates the authentication of an application.
 *
 * @throws {ConfigurationInvalid} naming every invalid setting
 */
export const createAuth = <User extends object, Fields extends SessionFields = AnyFields>(
  options: AuthOptions<User, Fields>
): Auth<User, Fields> => createAuthWith(options, { proofs: (verify) => verify })

/** What {@link createAuthWith} takes besides the options of an application. */
export interface AuthParts {
  /** Wraps the verification of the signatures of devices. A test site counts this work as its own. */
  readonly proofs: (verify: VerifyProof) => VerifyProof
  /** What the process knows of its sessions. Each application of a test site is a process of its own. */
  readonly process?: ProcessSessions
}

/** {@link createAuth} with other parts than an application has. For test kits. */
export const createAuthWith = <User extends object, Fields extends SessionFields = AnyFields>(
  options: AuthOptions<User, Fields>,
  parts: AuthParts
): Auth<User, Fields> => {
  checkAuthOptions(options)
  const { sessions: store } = options
  const clockAndRandom = clockAndRandomWith(options.clockAndRandom ?? {})
  const backends = new Map(Object.entries(options.backends))
  const settings = checkSettings(
    options,
    realmsOf(backends),
    store,
    [...backends.values()].some(({ remote }) => remote !== undefined),
    userSessionSettings(options.userSessions, store)
  )
  store.setClock?.({ now: clockAndRandom.now, timeZone: settings.passwordReset.clock.timeZone })
  for (const { users } of backends.values()) if (users?.store === store.prefetch?.users) store.prefetch?.expectUsers?.()
  for (const warning of [...settings.warnings, ...weakHasher(options.hashers)]) console.warn(`latchkey: ${warning}`)
  const hashers = options.hashers ?? djangoHashers(options.djangoVersion ?? defaultDjangoVersion)
  const passwords = makePasswords({ ...options, hashers })
  const clientAddress = clientAddressOf(options)
  const signals = new Signals<User, AuthContext<User, Fields>>()

  const services: AuthServices<User> = {
    settings: settings.auth,
    http: settings.http,
    csrf: settings.csrf,
    login: settings.login,
    next: settings.next,
    reauthenticationUrl: settings.reauthenticationUrl,
    loginProofs: new Map(Object.entries(options.loginProofs ?? { password: passwordProof() })),
    remoteUser: settings.remoteUser,
    passwordReset: settings.passwordReset,
    passwordValidators: options.passwordValidators ?? [],
    deadlineSeconds: storeDeadline(options.deadlineSeconds, [
      store,
      options.throttle?.store,
      ...[...backends.values()].map(({ users }) => users?.store)
    ]),
    cacheControl: settings.cacheControl,
    clearSiteData: settings.clearSiteData,
    store,
    backends,
    passwords,
    clientAddress,
    throttle: throttleSettings(options.throttle, options, settings.secrets, backends.values()),
    visitorOf: store.userSessions === undefined ? undefined : visitorOf(options.userSessions, clientAddress),
    clockAndRandom,
    verifyProof: parts.proofs(verifyProof),
    commitLocks: new KeyedLock(),
    get telemetry() {
      return receiving(options.telemetry)
    },
    ...(parts.process ?? processSessions(store)),
    isHeard: (signal) => signals.isHeard(signal),
    announce: (announcement, when, scope) =>
      Effect.promise(() => signals.announce(announcement, when, requestOf(scope.head, unknownResponse, scope).context))
  }
  // Made at its first use: many processes never use it.
  let made: Accounts<User> | undefined
  const own = (): Accounts<User> => {
    made ??= accounts({ ...services, countAttempt: attemptsOutside(services) })
    return made
  }
  let permissions: Auth<User, Fields>["permissions"] | undefined
  const requestOf = (
    head: RequestHead,
    response: ResponseInProgress,
    scope?: RequestScope<User>
  ): AuthRequest<User, Fields> => new HttpAuthRequest(services, head, options.sessionData?.fields, response, scope)

  const clearSessions = Effect.fnUntraced(function* (limit?: number) {
    const now = clockAndRandom.now()
    const removed = yield* store.clearExpired(now, limit)
    if (limit === undefined || removed < limit) yield* options.throttle?.store.clearForgotten?.(now) ?? Effect.void
    return removed
  })
  const throttled = () => throttleAdministration(services)

  const stores = [store, ...[...backends.values()].flatMap(({ users }) => (users === undefined ? [] : [users.store]))]
  const diagnosisInput = () => ({
    ...{ options, hashers, codec: settings.auth.session.codec, now: clockAndRandom.now },
    throttle: options.throttle?.store,
    limitsAttempts: options.beforeAttempt !== undefined,
    hasClientAddress: options.clientAddress !== undefined,
    isSharedWithDjango: store.capabilities.sharedWithDjango,
    examine: [...new Set(stores.flatMap(({ examine = [] }) => examine))]
  })
  const createTablesEffect: Auth<User, Fields>["createTablesEffect"] = (asked = {}) => {
    const { djangoVersion = options.djangoVersion } = asked
    const needing = options.throttle === undefined ? stores : [...stores, options.throttle.store]
    const tables = [...new Set(needing.flatMap((one) => (one.tables === undefined ? [] : [one.tables])))]
    const each = { ...asked, ...(djangoVersion !== undefined && { djangoVersion }) }
    return Effect.map(
      Effect.forEach(tables, ({ create }) => create(each)),
      (plans) => plans.flat()
    )
  }

  return {
    createUser: (account, of) => Effect.runPromise(own().createUser(account, of)),
    checkPassword: (user, password, of) => Effect.runPromise(own().checkPassword(user, password, of)),
    setPassword: (user, password, of) =>
      Effect.runPromise(Effect.map(own().setPassword(user, password, of), (encoded) => encoded !== undefined)),
    validatePassword: (password, user) => Effect.runPromise(own().validatePassword(password, user)),
    passwordResetRecipients: (email, of) => Effect.runPromise(own().passwordResetRecipients(email, of)),
    passwordResetUid: (user, of) => Effect.runSync(own().passwordResetUid(user, of)),
    passwordResetToken: (user, of) => Effect.runPromise(own().passwordResetToken(user, of)),
    passwordResetUser: (uid, of) => Effect.runPromise(own().passwordResetUser(uid, of)),
    checkPasswordResetToken: (user, token, of) => Effect.runPromise(own().checkPasswordResetToken(user, token, of)),
    resetPassword: (user, token, password, of) =>
      Effect.runPromise(Effect.map(own().resetPassword(user, token, password, of), (encoded) => encoded !== undefined)),
    findUser: (by, of) => Effect.runPromise(own().findUser(by, of)),
    findUsersByEmail: (email, of) => Effect.runPromise(own().findUsersByEmail(email, of)),
    setEmail: (user, change, of) => Effect.runPromise(own().setEmail(user, change, of)),
    setActive: (user, isActive, of) => Effect.runPromise(own().setActive(user, isActive, of)),
    deleteUser: (user, of) => Effect.runPromise(own().deleteUser(user, of)),
    withPerm: (permission, query) => Effect.runPromise(own().withPerm(permission, query)),
    get permissions() {
      permissions ??= permissionPromises(own().permissions)
      return permissions
    },
    clearSessions: ({ limit } = {}) => Effect.runPromise(clearSessions(limit)),
    countExpiredSessions: async () =>
      store.countExpired === undefined ? undefined : Effect.runPromise(store.countExpired(clockAndRandom.now())),
    clearSessionsEffect: Effect.suspend(() => clearSessions()),
    listSessions: (user, of) => Effect.runPromise(own().listSessions(user, of)),
    endSession: (user, id, of) => Effect.runPromise(own().endSession(user, id, of)),
    endSessions: (user, of) => Effect.runPromise(own().endSessions(user, of)),
    recordsLogins: settings.reauthenticationUrl !== undefined,
    recordsSessions: store.userSessions !== undefined,
    sharesThrottle: options.throttle?.store.isShared,
    loginUrl: settings.login.loginUrl,
    redirectFieldName: settings.next.nextField,
    createTables: (asked) => Effect.runPromise(createTablesEffect(asked)),
    createTablesEffect,
    listThrottled: (of) => Effect.runPromise(throttled().list(of)),
    resetThrottle: (of) => Effect.runPromise(throttled().reset(of)),
    explainSession: (input) => Effect.runPromise(explainSession(services, input)),
    diagnose: () => Effect.runPromise(diagnose(diagnosisInput())),
    on: (signal, receiver, subscription) => signals.subscribe(signal, receiver, subscription),
    open: (head, response = unknownResponse) => requestOf(head, response),
    beforePage: (head) => Effect.runPromise(beforePage(services, openRequest(services, head))),
    reader: (head) => new RequestReader(services, openRequest(services, head), options.sessionData?.fields),
    onSessionEnd: (head, onEnd, watching = {}) => {
      const read = async () => {
        const scope = openRequest(services, head)
        await new RequestReader(services, scope, options.sessionData?.fields).getUser()
        const { user } = scope.request
        if (user?._tag !== "Authenticated") return undefined
        const { backend, id } = user.principal
        return { identity: JSON.stringify([backend, id]), id }
      }
      const key = openRequest(services, head).session.storedKey
      return watchSession({ watches: services.watches, key, read, onEnd, options: watching })
    },
    get accounts() {
      return own()
    }
  }
}

const weakHasher = (hashers: PasswordOptions["hashers"] | undefined): ReadonlyArray<string> =>
  process.env["NODE_ENV"] === "production" && hashers?.[0]?.algorithm === "md5"
    ? [
        "hashers: md5 is only for tests, because attackers can compute passwords from its hashes; write pbkdf2Sha256() first"
      ]
    : []

const unknownResponse: ResponseInProgress = { status: () => 200 }
