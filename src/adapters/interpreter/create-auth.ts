import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { RequestHead } from "../../core/http/request-head.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  type Owner,
  type Problem,
  userAttributeSimilarity,
  type Validator
} from "../../core/password/validators.ts"
import { defaultPeer } from "../../core/peer.ts"
import type { Backend } from "../backend/backend.ts"
import { makePasswords, type PasswordOptions } from "../hasher/passwords.ts"
import { peerHashers } from "../hasher/peer-hashers.ts"
import { array, callable, having, type Kind, missingProblems, number, object, optionProblems } from "../option-kinds.ts"
import { type Accounts, accounts, type NewAccount, type NewAccountOptions, type WithPermOptions } from "./accounts.ts"
import type { App } from "./app.ts"
import { openCell } from "./auth-effects.ts"
import { type AuthRequest, CellRequest, type ResponseInProgress } from "./auth-request.ts"
import type { Cell } from "./cell.ts"
import { type World, worldKinds, worldWith } from "./chance.ts"
import type { AuthContext } from "./context.ts"
import { ConfigurationInvalid } from "./errors.ts"
import type { OfBackend } from "./password-reset.ts"
import type { SessionStore } from "./ports.ts"
import { type AuthReader, CellReader } from "./reader.ts"
import type { AnyFields, SessionFields } from "./session-access.ts"
import { nestedSettings, settingKindProblems, settingKinds } from "./setting-kinds.ts"
import { checkSettings, type SettingsOptions } from "./settings.ts"
import { type Receiver, type SignalName, Signals, type SubscribeOptions } from "./signals.ts"
import { Turns } from "./turns.ts"

export interface AuthOptions<User extends object, Fields extends SessionFields>
  extends SettingsOptions,
    Partial<PasswordOptions> {
  readonly sessions: SessionStore
  /** AUTHENTICATION_BACKENDS: asked in this order. The names go into sessions. */
  readonly backends: Readonly<Record<string, Backend<User>>>
  /** What stands in the session, by key. Without it every key may hold any JSON. */
  readonly sessionData?: Schema.Struct<Fields>
  /**
   * AUTH_PASSWORD_VALIDATORS: what `validatePassword` asks, in order. None, as in Django's own settings; a new project
   * of Django's has four: `[userAttributeSimilarity(), minimumLength(), commonPassword(commonPasswords()),
   * notEntirelyNumeric()]`, the list from `latchkey/common-passwords`.
   */
  readonly passwordValidators?: ReadonlyArray<Validator>
  /**
   * The IP address of the client of a request; `undefined` where it is not known. By default that of the socket, which
   * behind a proxy is the proxy's. There, read what your proxy sets, never what a client may send: of `X-Forwarded-For`
   * the entry that the last proxy of yours added. Counts only for the turns of password checks.
   */
  readonly clientAddress?: (head: RequestHead) => string | undefined
  /**
   * Time and randomness, for tests: any of `now` (epoch milliseconds), `sessionKey`, `csrfSecret`; the system's for the
   * others. All of latchkey goes by this clock, `clearSessions` included.
   */
  readonly world?: Partial<World>
}

/** Authentication of one application. Make one, and hand it to an adapter. */
export interface Auth<User extends object, Fields extends SessionFields> {
  /**
   * Stores a new user. No validator is asked, as in Django. Of the account only name, address and password are taken, so
   * it may come from a form; what the user may do is said in `options`.
   *
   * @returns `undefined` when the name is taken; rejects with `BadRequest` for a text that cannot be stored
   */
  readonly createUser: (account: NewAccount, options?: NewAccountOptions) => Promise<User | undefined>
  /** Whether this is the user's password; rejects with `StoreUnavailable` or `Busy`. */
  readonly checkPassword: (user: User, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * Changes a user's password from outside a request, which ends all of the user's sessions. No validator is asked, as
   * in Django.
   */
  readonly setPassword: (user: User, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * What `passwordValidators` have against a password, in their order; nothing where there are none. For code that takes
   * passwords from people: `createUser` and `setPassword` take any.
   *
   * @param user whose password it is to be: a user, or what a form says of one
   */
  readonly validatePassword: (password: string, user?: User | Owner) => Promise<ReadonlyArray<Problem>>
  /**
   * Users who may be sent a password-reset link: active, with a password, and with this very address, whatever its
   * case. Send it to the address that is stored, and answer the same whether or not there is anybody.
   */
  readonly passwordResetRecipients: (email: string, options?: OfBackend) => Promise<ReadonlyArray<User>>
  /** The user of a password-reset link, as text for its path: Django's `uidb64`. */
  readonly passwordResetUid: (user: User, options?: OfBackend) => string
  /**
   * What makes a password-reset link good for one change of the password: until the password, the last login or the
   * e-mail address changes, or until it is too old. Either of latchkey and the Django beside takes the other's.
   * A secret: it goes into a mail to that user, and nowhere else.
   *
   * @returns `undefined` when there is no such user
   */
  readonly passwordResetToken: (user: User, options?: OfBackend) => Promise<string | undefined>
  /** The user of a link, active or not; `undefined` for a text that no user has. Says nothing about the token. */
  readonly passwordResetUser: (uid: string, options?: OfBackend) => Promise<User | undefined>
  /**
   * Whether the token of a link is good for this user, as they are stored now: for the page that asks for the new
   * password. Only {@link resetPassword} makes sure that a link is used once.
   */
  readonly checkPasswordResetToken: (user: User, token: string, options?: OfBackend) => Promise<boolean>
  /**
   * Changes the password of the user of a link, and ends all of the user's sessions. Of two requests that use one link at
   * the same moment, one changes the password. No validator is asked.
   *
   * @returns whether it did; `false` when the token is not good, or no longer. Rejects with `StoreUnavailable`, `Busy`, or
   * `BadRequest` for a text that cannot be a password.
   */
  readonly resetPassword: (user: User, token: string, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * Users who have a permission, directly, through a group or as superusers; active ones unless said otherwise.
   * Rejects with `TypeError` for a text without exactly one dot.
   */
  readonly withPerm: (permission: string, options?: WithPermOptions) => Promise<ReadonlyArray<User>>
  /** Removes sessions that have expired. Django's `clearsessions`. @returns how many */
  readonly clearSessions: () => Promise<number>
  /** Calls the receiver on every such signal. @returns what ends the subscription */
  readonly on: <Name extends SignalName>(
    signal: Name,
    receiver: Receiver<User, AuthContext<User, Fields>, Name>,
    options?: SubscribeOptions
  ) => () => void
  /** Opens one request: for latchkey's adapters, and to try handlers without a server. */
  readonly open: (head: RequestHead, response?: ResponseInProgress) => AuthRequest<User, Fields>
  /**
   * Opens one request that nothing can be written for: for adapters, and for a WebSocket upgrade, where `requestHead` of
   * `latchkey/node` or `latchkey/fetch` makes the head and `verifyOrigin()` comes first.
   */
  readonly reader: (head: RequestHead) => AuthReader<User, Fields>
  /** The users without Promises, for those who use Effect. */
  readonly accounts: Accounts<User>
}

/**
 * Puts an application's authentication together.
 *
 * @throws {ConfigurationInvalid} naming every setting that makes no sense
 */
export const createAuth = <User extends object, Fields extends SessionFields = AnyFields>(
  options: AuthOptions<User, Fields>
): Auth<User, Fields> => {
  if (!object.accepts(options)) throw new ConfigurationInvalid({ problems: ["options: write an object"] })
  const unreadable = [
    ...optionProblems(options, authKinds, "", nestedSettings),
    ...settingKindProblems(options),
    ...optionProblems(options.world ?? {}, worldKinds, "world."),
    ...missingProblems(options, ["sessions", "backends"])
  ]
  if (unreadable.length > 0) throw new ConfigurationInvalid({ problems: [...new Set(unreadable)] })
  const unfit = Object.entries(options.backends).filter(([, one]) => !backend.accepts(one))
  if (unfit.length > 0)
    throw new ConfigurationInvalid({ problems: unfit.map(([name]) => `backends: ${name}: write ${backend.written}`) })
  const { sessions: store } = options
  const world = worldWith(options.world ?? {})
  const backends = new Map(Object.entries(options.backends))
  const settings = checkSettings(
    options,
    realmsOf(backends),
    store,
    [...backends.values()].some(({ remote }) => remote !== undefined)
  )
  store.setClock?.({ now: world.now, timeZone: settings.passwordReset.clock.timeZone })
  for (const warning of [...settings.warnings, ...weakHasher(options.hashers)]) console.warn(`latchkey: ${warning}`)
  const passwords = makePasswords({ ...options, hashers: options.hashers ?? peerHashers(options.peer ?? defaultPeer) })
  const signals = new Signals<User, AuthContext<User, Fields>>()

  const app: App<User> = {
    settings: settings.auth,
    http: settings.http,
    csrf: settings.csrf,
    login: settings.login,
    next: settings.next,
    remoteUser: settings.remoteUser,
    passwordReset: settings.passwordReset,
    passwordValidators: options.passwordValidators ?? [],
    deadlineSeconds: settings.deadlineSeconds,
    cacheControl: settings.cacheControl,
    store,
    backends,
    passwords,
    clientAddress: options.clientAddress ?? ((head) => head.transport.clientAddress),
    world,
    retries: new Turns(),
    isHeard: (signal) => signals.isHeard(signal),
    announce: (announcement, when, cell) =>
      Effect.promise(() => signals.announce(announcement, when, requestOn(cell, unknownResponse).context))
  }
  const own = accounts(app)
  const requestOn = (cell: Cell<User>, response: ResponseInProgress): AuthRequest<User, Fields> =>
    new CellRequest(app, cell, options.sessionData?.fields, response)

  return {
    createUser: (account, of) => Effect.runPromise(own.createUser(account, of)),
    checkPassword: (user, password, of) => Effect.runPromise(own.checkPassword(user, password, of)),
    setPassword: (user, password, of) =>
      Effect.runPromise(Effect.map(own.setPassword(user, password, of), (encoded) => encoded !== undefined)),
    validatePassword: (password, user) => Effect.runPromise(own.validatePassword(password, user)),
    passwordResetRecipients: (email, of) => Effect.runPromise(own.passwordResetRecipients(email, of)),
    passwordResetUid: (user, of) => Effect.runSync(own.passwordResetUid(user, of)),
    passwordResetToken: (user, of) => Effect.runPromise(own.passwordResetToken(user, of)),
    passwordResetUser: (uid, of) => Effect.runPromise(own.passwordResetUser(uid, of)),
    checkPasswordResetToken: (user, token, of) => Effect.runPromise(own.checkPasswordResetToken(user, token, of)),
    resetPassword: (user, token, password, of) => Effect.runPromise(own.resetPassword(user, token, password, of)),
    withPerm: (permission, query) => Effect.runPromise(own.withPerm(permission, query)),
    clearSessions: () => Effect.runPromise(store.clearExpired(world.now())),
    on: (signal, receiver, subscription) => signals.subscribe(signal, receiver, subscription),
    open: (head, response = unknownResponse) => requestOn(openCell(app, head), response),
    reader: (head) => new CellReader(app, openCell(app, head), options.sessionData?.fields),
    accounts: own
  }
}

const weakHasher = (hashers: PasswordOptions["hashers"] | undefined): ReadonlyArray<string> =>
  process.env["NODE_ENV"] === "production" && hashers?.[0]?.algorithm === "md5"
    ? ["hashers: md5 is for tests: passwords stored with it are found out at once; put pbkdf2Sha256() first"]
    : []

const schemaStruct: Kind = {
  written: "a Schema.Struct with the session's keys",
  accepts: (value) => (typeof value === "function" || typeof value === "object") && value !== null && "fields" in value
}

const backend = having("offer", "a backend, as modelBackend(pg.users)")

/** These make validators: one that is not called would take every password. */
const makers: ReadonlyArray<unknown> = [userAttributeSimilarity, minimumLength, commonPassword, notEntirelyNumeric]

const validators: Kind = {
  written: "an array of validators, as in [minimumLength()]",
  accepts: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "function" && !makers.includes(item))
}

const authKinds = {
  ...settingKinds,
  sessions: having("load", "a session store, as postgres(…).sessions or memory().sessions"),
  backends: object,
  sessionData: schemaStruct,
  passwordValidators: validators,
  world: object,
  hashers: array,
  concurrency: number,
  queue: number,
  queueDeadlineSeconds: number,
  turnKeys: callable,
  beforeAttempt: callable,
  clientAddress: callable
}

const unknownResponse: ResponseInProgress = { status: () => 200 }

/** Backends that vouch for the users of one store share a realm, named after the first of them. */
const realmsOf = <User>(backends: ReadonlyMap<string, Backend<User>>): ReadonlyMap<string, string> => {
  const first = new Map<object, string>()
  const realms = new Map<string, string>()
  for (const [name, backend] of backends) {
    const realm = first.get(backend.users?.store ?? backend) ?? name
    first.set(backend.users?.store ?? backend, realm)
    realms.set(name, realm)
  }
  return realms
}
