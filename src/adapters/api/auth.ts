import type * as Effect from "effect/Effect"
import type { UserSession } from "../../core/auth/sessions/listed-sessions.ts"
import type { SignalName } from "../../core/effect.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { Owner, Problem } from "../../core/password/validators.ts"
import type { AccountChanges } from "../account/account-changes.ts"
import type { Accounts, NewAccount, NewAccountOptions, WithPermOptions } from "../account/accounts.ts"
import type { PermissionChanges } from "../account/permission-changes.ts"
import type { OfBackend } from "../account/user-stores.ts"
import type { ConfigurationInvalid, StoreUnavailable } from "../errors/errors.ts"
import type { Diagnosis } from "../ports/diagnosis.ts"
import type { CreateTablesOptions, TablesStep } from "../ports/store-tables.ts"
import type { ThrottledKey } from "../ports/throttle-store.ts"
import type { BeforePage } from "../request/session/device-requests.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import type { ExplainedInput, SessionExplanation } from "./explain-session.ts"
import type { AuthReader } from "./per-request/auth-reader.ts"
import type { AuthRequest, ResponseInProgress } from "./per-request/auth-request.ts"
import type { AuthContext, Promised } from "./per-request/promises.ts"
import type { Receiver, SubscribeOptions } from "./signals.ts"
import type { ThrottleSubject } from "./throttle-administration.ts"
import type { SessionEnd, SessionWatchOptions } from "./watch-session.ts"

/** The authentication of an application. Create one and pass it to an adapter. */
export interface Auth<User extends object, Fields extends SessionFields>
  extends Promised<Accounts<User>, keyof AccountChanges<User>> {
  /**
   * Stores a new user. Does not run `passwordValidators`, as in Django. `account` may come from a form: only user name,
   * e-mail address and password are read from it. `isStaff` and `isSuperuser` are in `options`.
   *
   * @returns `undefined` if the user name is taken; rejects with `BadRequest` for a text that cannot be stored
   */
  readonly createUser: (account: NewAccount, options?: NewAccountOptions) => Promise<User | undefined>
  /** Whether this is the user's password. Rejects with `StoreUnavailable` or `Busy`. */
  readonly checkPassword: (user: User, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * Changes a user's password outside a request, which ends all of the user's sessions. Does not run
   * `passwordValidators`, as in Django.
   *
   * @returns whether there is such a user
   */
  readonly setPassword: (user: User, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * The problems that `passwordValidators` find with a password, in the order of the validators; empty if there are
   * none. Call it for every password that a person chooses: `createUser` and `setPassword` accept any password.
   *
   * @param user the owner of the password: a user, or the fields of a form for a new user
   */
  readonly validatePassword: (password: string, user?: User | Owner) => Promise<ReadonlyArray<Problem>>
  /**
   * The users to send a password-reset link to: active users with a password and with this e-mail address, compared
   * without regard to case. Send the link to the stored address, not to the given one. Give the client the same answer
   * if there is no such user.
   */
  readonly passwordResetRecipients: (email: string, options?: OfBackend) => Promise<ReadonlyArray<User>>
  /** The user's id for the path of a password-reset link: Django's `uidb64`. */
  readonly passwordResetUid: (user: User, options?: OfBackend) => string
  /**
   * The token of a password-reset link. It is valid for one change of the password: until the user's password, last
   * login or e-mail address changes, or until `passwordResetTimeoutSeconds` have passed. latchkey and a Django site
   * with the same settings accept each other's tokens. The token is a secret: send it only in an e-mail to that user.
   *
   * @returns `undefined` if there is no such user
   */
  readonly passwordResetToken: (user: User, options?: OfBackend) => Promise<string | undefined>
  /** The user of a link, active or not; `undefined` if there is none. Does not check the token. */
  readonly passwordResetUser: (uid: string, options?: OfBackend) => Promise<User | undefined>
  /**
   * Whether the token of a link is valid for this user, as currently stored. Use it for the page that asks for the new
   * password. Only {@link resetPassword} ensures that a link is used only once.
   */
  readonly checkPasswordResetToken: (user: User, token: string, options?: OfBackend) => Promise<boolean>
  /**
   * Changes the password of the user of a link, which ends all of the user's sessions. If two requests use the same
   * link at the same time, only one of them changes the password. Does not run `passwordValidators`.
   *
   * @returns whether the password was changed; `false` if the token is not or no longer valid. Rejects with
   * `StoreUnavailable`, `Busy`, or with `BadRequest` for a text that cannot be a password.
   */
  readonly resetPassword: (user: User, token: string, password: string, options?: OfBackend) => Promise<boolean>
  /**
   * The users who have a permission, directly, through a group or as superusers. By default only active users. Rejects
   * with a `TypeError` if `permission` does not have exactly one dot.
   */
  readonly withPerm: (permission: string, options?: WithPermOptions) => Promise<ReadonlyArray<User>>
  /** Groups and permissions: creates, grants, revokes and lists them. */
  readonly permissions: Promised<PermissionChanges<User>, keyof PermissionChanges<User>>
  /**
   * Removes expired sessions, as Django's `clearsessions`. When none is left, it also removes the keys of the throttle
   * store whose failures are forgotten.
   *
   * @param options with `limit`, about so many sessions at most: call again until the result is 0
   * @returns the number of removed sessions
   */
  readonly clearSessions: (options?: { readonly limit?: number }) => Promise<number>
  /** How many expired sessions `clearSessions` would remove; `undefined` if the session store cannot tell. */
  readonly countExpiredSessions: () => Promise<number | undefined>
  /** {@link clearSessions} as an Effect, to be scheduled. */
  readonly clearSessionsEffect: Effect.Effect<number, StoreUnavailable>
  /**
   * The sessions that the user is logged in to, those seen last first, at most 1000. A session that a Django site has
   * made is missing until its first request here. Rejects if the session store does not record the sessions of users.
   */
  readonly listSessions: (user: User, options?: OfBackend) => Promise<ReadonlyArray<UserSession>>
  /**
   * Ends one session of the user: its next request is anonymous.
   *
   * @param id from the list of sessions; it may come from a client
   * @returns whether the user had such a session
   */
  readonly endSession: (user: User, id: string, options?: OfBackend) => Promise<boolean>
  /**
   * Ends all recorded sessions of the user. To end also sessions that a Django site has made and that had no request
   * here yet, change the user's password.
   *
   * @returns the number of sessions that were ended
   */
  readonly endSessions: (user: User, options?: OfBackend) => Promise<number>
  /** Whether logins are recorded, so that `requireRecentLogin` works: the option `reauthentication`. */
  readonly recordsLogins: boolean
  /** Whether the session store records the sessions of users, so that {@link listSessions} lists them. */
  readonly recordsSessions: boolean
  /**
   * Whether several processes count failed attempts together; `undefined` if the option `throttle` is missing or its
   * store does not say.
   */
  readonly sharesThrottle: boolean | undefined
  /** LOGIN_URL: where guards redirect visitors who have to log in. */
  readonly loginUrl: string
  /** REDIRECT_FIELD_NAME: the field and parameter with the URL to go to after a login. */
  readonly redirectFieldName: string
  /**
   * Creates the tables that the stores need and that do not exist, as a Django of the configured `djangoVersion` would,
   * with Django's records of migrations. An app of Django that has tables or records of migrations is not changed.
   *
   * @param options `{ dryRun: true }` only returns the plan
   * @returns the plan that was carried out: what was created, what was kept, and why; empty if no store needs tables
   */
  readonly createTables: (options?: CreateTablesOptions) => Promise<ReadonlyArray<TablesStep>>
  /** {@link createTables} as an Effect. */
  readonly createTablesEffect: (
    options?: CreateTablesOptions
  ) => Effect.Effect<ReadonlyArray<TablesStep>, StoreUnavailable | ConfigurationInvalid>
  /**
   * The failed attempts that the option `throttle` counts, those that wait longest first, at most 1000 keys. A store
   * knows only hashes: for the keys of a user name or an address, name it. Rejects if the throttle is off.
   */
  readonly listThrottled: (of?: ThrottleSubject) => Promise<ReadonlyArray<ThrottledKey>>
  /**
   * Forgets failed attempts, so that the next one need not wait. Rejects if the throttle is off.
   *
   * @returns how many keys had failures
   */
  readonly resetThrottle: (of: ThrottleSubject) => Promise<number>
  /**
   * Says in sentences how a request with these cookies finds its user, and why a visitor is anonymous. It runs the same
   * decisions as `getUser`, with the real stores, and writes nothing. For tools: a session key is a secret.
   */
  readonly explainSession: (input: ExplainedInput) => Promise<SessionExplanation<User>>
  /**
   * Collects what is known about the settings and the stores, for `latchkey doctor`. Changes nothing. No secret is in
   * it.
   */
  readonly diagnose: () => Promise<Diagnosis>
  /** Subscribes a receiver to a signal. @returns a function that ends the subscription */
  readonly on: <Name extends SignalName>(
    signal: Name,
    receiver: Receiver<User, AuthContext<User, Fields>, Name>,
    options?: SubscribeOptions
  ) => () => void
  /** Opens one request. For latchkey's adapters, and for tests of handlers without a server. */
  readonly open: (head: RequestHead, response?: ResponseInProgress) => AuthRequest<User, Fields>
  /**
   * Opens one request for reading only, because there is no response that could set cookies. For adapters, and for a
   * WebSocket upgrade: make the head with `requestHead` of `latchkey/node` or `latchkey/fetch`, and call
   * `verifyOrigin()` first.
   */
  readonly reader: (head: RequestHead) => AuthReader<User, Fields>
  /**
   * For code in front of pages that cannot set headers, such as `proxy.ts` of Next: what the option `deviceBound` adds
   * to the answer of a navigation, or sends in its place. Writes nothing. Rejects with `StoreUnavailable`.
   */
  readonly beforePage: (head: RequestHead) => Promise<BeforePage>
  /**
   * Tells when the login of an open connection (a WebSocket, an event stream) is over: after a logout, the end or
   * expiry of the session, a change of the password or of the session's key, or when the user was deactivated or
   * deleted. Changes by this process are noticed immediately, others within `everySeconds`. The session is also read at
   * the start: for a visitor who is not logged in, `onEnd` is called then.
   *
   * @param head of the request that opened the connection: `requestHead` of `latchkey/node` or `latchkey/fetch`
   * @param onEnd called once: close the connection. `"unverified"`: the store did not answer for `graceSeconds`. If it
   * throws or rejects, the error is logged
   * @returns a function that ends the watch: call it when the connection closes
   */
  readonly onSessionEnd: (
    head: RequestHead,
    onEnd: (why: SessionEnd) => unknown,
    options?: SessionWatchOptions
  ) => () => void
  /** The operations on stored users as Effects, for applications that use Effect. */
  readonly accounts: Accounts<User>
}
