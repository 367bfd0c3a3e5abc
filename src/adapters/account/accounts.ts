/**
 * Operations on stored users and their passwords. Each operation that hashes waits for one of the slots, which limit
 * how many passwords are hashed at the same time.
 */
import * as Effect from "effect/Effect"
import { normalizeUsername, storableEmail } from "../../core/accounts/new-user.ts"
import * as Encoded from "../../core/password/encoded.ts"
import * as Validators from "../../core/password/validators.ts"
import * as Permissions from "../../core/permissions/permissions.ts"
import { BadRequest, type Busy, type StoreUnavailable } from "../errors/errors.ts"
import { boolean, checkOptions, type Kinds, string } from "../options/option-kinds.ts"
import { type AccountChanges, accountChanges, unstorableUsername } from "./account-changes.ts"
import { type AccountLinks, accountLinks } from "./account-links.ts"
import { attempted, isRight } from "./attempted.ts"
import { type PasswordResetServices, type PasswordResets, passwordResets } from "./password-reset.ts"
import { type PermissionChanges, permissionChanges } from "./permission-changes.ts"
import { type UserSessionServices, type UserSessions, userSessions } from "./user-sessions.ts"
import { lacks, type OfBackend, userStores } from "./user-stores.ts"

/** The data of a new user that a person may choose. Other fields, for example of a form, are ignored. */
export interface NewAccount {
  /** The user name. It is normalised (NFKC), as in Django. */
  readonly username: string
  /** The e-mail address. The part after the `@` is stored in lower case. Default `""`. */
  readonly email?: string | undefined
  /** If absent, the user has no password and cannot log in with one. */
  readonly password?: string | undefined
  /** Not allowed here, because this object may come from a form. See {@link NewAccountOptions}. */
  readonly isStaff?: never
  /** Not allowed here. See {@link NewAccountOptions}. */
  readonly isSuperuser?: never
  /** Not allowed here. See {@link NewAccountOptions}. */
  readonly backend?: never
}

/** What only the application decides about a new user. A separate argument, so that no form field can set it. */
export interface NewAccountOptions extends OfBackend {
  /** Whether the user may use Django's admin site. Default false. */
  readonly isStaff?: boolean | undefined
  /** Whether the user has every permission. Default false. */
  readonly isSuperuser?: boolean | undefined
  /** Whether the user may log in. Default true. */
  readonly isActive?: boolean | undefined
  /**
   * Does the work, stores nothing, and returns `undefined` as for a user name that is taken. For sign-ups that
   * `allowRequestFor` does not allow. Default false.
   */
  readonly dryRun?: boolean | undefined
}

/** Which of the users with a permission `withPerm` returns. */
export interface WithPermOptions extends OfBackend {
  /** `isActive: undefined` finds active and inactive users. Default true: only active users. */
  readonly isActive?: boolean | undefined
  /** Default true. */
  readonly includeSuperusers?: boolean
}

/** How a change of an account fails: an outage, too many passwords in the queue, or a text that cannot be stored. */
export type AccountFailure = StoreUnavailable | Busy | BadRequest

/** Users and their passwords, outside a request, as Effects. */
export interface Accounts<User>
  extends PasswordResets<User>,
    AccountChanges<User>,
    AccountLinks<User>,
    UserSessions<User> {
  /** Groups and permissions. */
  readonly permissions: PermissionChanges<User>
  /**
   * Stores a new user. Does not run `passwordValidators`, as in Django.
   *
   * @returns `undefined` if the user name is taken; fails with `BadRequest` if user name, e-mail address or password is
   * not a text or cannot be stored
   * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.models.UserManager.create_user
   */
  readonly createUser: (
    account: NewAccount,
    options?: NewAccountOptions
  ) => Effect.Effect<User | undefined, AccountFailure>
  /** Whether this is the user's password. If the user no longer exists, it hashes all the same, to take as long. */
  readonly checkPassword: (
    user: User,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable | Busy>
  /**
   * The problems that `passwordValidators` find with a password, in the order of the validators; empty if there are
   * none. Call it for every password that a person chooses: latchkey runs the validators nowhere else.
   *
   * @param user the owner of the password: a user, or the fields of a form for a new user
   * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.validate_password
   */
  readonly validatePassword: (
    password: string,
    user?: User | Validators.Owner
  ) => Effect.Effect<ReadonlyArray<Validators.Problem>>
  /**
   * What `passwordValidators` require of a password, for a page to show beside the field. Validators without a `rule`
   * are left out.
   */
  readonly passwordRules: ReadonlyArray<Validators.Rule>
  /**
   * Whether the user has a password at all. Users of another login service may have none: `createUser` without a
   * password, or Django's `set_unusable_password`. They get no reset link.
   *
   * @returns `false` too if there is no such user
   * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.models.User.has_usable_password
   */
  readonly hasUsablePassword: (user: User, options?: OfBackend) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Changes the password, which ends the user's sessions. Does not run `passwordValidators`, as in Django.
   *
   * @returns the new encoded password; `undefined` if there is no such user
   */
  readonly setPassword: (
    user: User,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<string | undefined, AccountFailure>
  /**
   * Changes the password if `oldPassword` is the present one. The new password is written only if the stored one is
   * still the one that was checked. Does not run `passwordValidators`.
   *
   * @returns the new encoded password; `undefined` if the old password is wrong, or was changed meanwhile
   */
  readonly changePassword: (
    user: User,
    oldPassword: string,
    newPassword: string,
    options?: OfBackend
  ) => Effect.Effect<string | undefined, AccountFailure>
  /**
   * Users who have a permission, directly, through a group or as superusers.
   *
   * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.models.UserManager.with_perm
   */
  readonly withPerm: (
    permission: string,
    options?: WithPermOptions
  ) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
}

/** What the operations on users need of the application. */
export interface AccountServices<User> extends PasswordResetServices, UserSessionServices<User> {
  readonly passwordValidators: ReadonlyArray<Validators.Validator>
}

const newAccountKinds: Kinds<NewAccountOptions> = {
  backend: string,
  isStaff: boolean,
  isSuperuser: boolean,
  isActive: boolean,
  dryRun: boolean
}

/** These operations cannot be used to guess a password. So they are not counted, and do not delay the next login. */
const always = (): boolean => true

/** Whether a field of a form or a JSON body is a text or absent. */
const isText = (value: unknown): boolean => value === undefined || typeof value === "string"

export const accounts = <User extends object>(services: AccountServices<User>): Accounts<User> => {
  const { backends, passwords, clockAndRandom, countAttempt } = services
  const usersOf = userStores(backends)
  const sessions = userSessions(services)

  return {
    ...passwordResets(services, usersOf),
    ...accountChanges(usersOf, (user, options) =>
      Effect.andThen(
        services.store.userSessions === undefined ? Effect.void : sessions.endSessions(user, options),
        Effect.map(usersOf(options?.backend), (store) => services.watches.userChanged(store.idOf(user)))
      )
    ),
    permissions: permissionChanges(usersOf),
    ...sessions,
    ...accountLinks(services, usersOf),
    validatePassword: (password, user) =>
      Effect.sync(() => Validators.validate(services.passwordValidators, password, user)),
    passwordRules: Validators.rulesOf(services.passwordValidators),
    hasUsablePassword: Effect.fnUntraced(function* (user, options) {
      const store = yield* usersOf(options?.backend)
      const row = yield* store.findById(store.idOf(user))
      return row !== undefined && Encoded.isUsable(row.password)
    }),
    createUser: Effect.fnUntraced(function* (account, options = {}) {
      checkOptions(options, newAccountKinds, "createUser.")
      if (typeof account !== "object" || account === null)
        return yield* new BadRequest({ reason: "an account must be an object with a username" })
      const store = yield* usersOf(options.backend)
      const noText = ["username", "email", "password"].find((name) => !isText(Reflect.get(account, name)))
      if (noText !== undefined) return yield* new BadRequest({ reason: `${noText} must be a string` })
      const username = account.username === undefined ? undefined : normalizeUsername(account.username)
      if (username === undefined) return yield* new BadRequest({ reason: unstorableUsername })
      const email = storableEmail(account.email ?? "")
      if (email === undefined) return yield* new BadRequest({ reason: "this e-mail address cannot be stored" })
      const password =
        account.password === undefined
          ? passwords.unusable()
          : yield* passwords.slot(passwords.encode(account.password), { operation: "createUser", username }, always)
      const { isActive = true, isStaff = false, isSuperuser = false } = options
      if (!isActive && store.setActive === undefined) return yield* lacks("setActive", "inactive users")
      if (options.dryRun === true) return yield* Effect.as(store.findByUsername(username), undefined)
      const row = yield* store.create(
        { username, email, password, isStaff, isSuperuser, isActive },
        clockAndRandom.now()
      )
      return row?.user
    }),
    checkPassword: Effect.fnUntraced(function* (user, password, options) {
      const store = yield* usersOf(options?.backend)
      const userId = store.idOf(user)
      return yield* attempted(
        countAttempt,
        { _tag: "User", user, userId, backend: options?.backend },
        { operation: "checkPassword", userId },
        (attempt) =>
          Effect.flatMap(store.findById(userId), (row) =>
            row === undefined
              ? Effect.as(passwords.hashAndDiscard(password), false)
              : isRight(attempt, password, row.password)
          ),
        (correct) => correct
      )
    }),
    changePassword: Effect.fnUntraced(function* (user, oldPassword, newPassword, options) {
      const store = yield* usersOf(options?.backend)
      const userId = store.idOf(user)
      return yield* attempted(
        countAttempt,
        { _tag: "User", user, userId, backend: options?.backend },
        { operation: "changePassword", userId },
        Effect.fnUntraced(function* (attempt) {
          const row = yield* store.findById(userId)
          if (row === undefined) return yield* Effect.as(passwords.hashAndDiscard(oldPassword), undefined)
          if (!(yield* isRight(attempt, oldPassword, row.password))) return undefined
          const encoded = yield* passwords.encode(newPassword)
          if (!(yield* store.upgradePassword(userId, row.password, encoded))) return undefined
          services.watches.userChanged(userId)
          return encoded
        }),
        (encoded) => encoded !== undefined
      )
    }),
    withPerm: Effect.fnUntraced(function* (permission, options = {}) {
      const parsed = Permissions.parse(permission)
      if (parsed === undefined)
        return yield* Effect.die(new TypeError("a permission is written app_label.codename, with one dot"))
      const { withPerm } = yield* usersOf(options.backend)
      if (withPerm === undefined) return yield* lacks("withPerm", "permissions")
      const { includeSuperusers = true } = options
      const isActive = "isActive" in options ? options.isActive : true
      return yield* withPerm({ ...parsed, isActive, includeSuperusers })
    }),
    setPassword: Effect.fnUntraced(function* (user, password, options) {
      const store = yield* usersOf(options?.backend)
      const userId = store.idOf(user)
      const encoded = yield* passwords.slot(passwords.encode(password), { operation: "setPassword", userId }, always)
      if (!(yield* store.setPassword(userId, encoded))) return undefined
      services.watches.userChanged(userId)
      return encoded
    })
  }
}
