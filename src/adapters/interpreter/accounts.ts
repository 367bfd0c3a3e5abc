/** What applications do with stored users and their passwords. One attempt, one slot: hashing is bounded. */
import * as Effect from "effect/Effect"
import { isStorable, normalizeEmail, normalizeUsername } from "../../core/auth/new-user.ts"
import * as Permissions from "../../core/auth/permissions.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import * as Validators from "../../core/password/validators.ts"
import { boolean, checkOptions, type Kinds, string } from "../option-kinds.ts"
import type { App } from "./app.ts"
import { passwordsFor } from "./attempts.ts"
import { BadRequest, type Busy, type StoreUnavailable } from "./errors.ts"
import { type OfBackend, type PasswordResets, passwordResets } from "./password-reset.ts"
import type { UserStore } from "./ports.ts"

/** What a person says of themselves. Anything else that a form sends with it is left alone. */
export interface NewAccount {
  readonly username: string
  readonly email?: string | undefined
  /** Without one, no password logs this user in. */
  readonly password?: string | undefined
  /** Not here, where a form's fields go: see {@link NewAccountOptions}. */
  readonly isStaff?: never
  readonly isSuperuser?: never
  readonly backend?: never
}

/** What the application decides about a new user, in an argument of its own: no field of a form reaches it. */
export interface NewAccountOptions extends OfBackend {
  readonly isStaff?: boolean | undefined
  readonly isSuperuser?: boolean | undefined
}

export interface WithPermOptions extends OfBackend {
  /** `undefined` given by name: active or not. Default: active ones. */
  readonly isActive?: boolean | undefined
  /** Default true. */
  readonly includeSuperusers?: boolean
}

export type AccountFailure = StoreUnavailable | Busy | BadRequest

export interface Accounts<User> extends PasswordResets<User> {
  /**
   * Stores a new user. No validator is asked, as in Django.
   *
   * @returns `undefined` when the name is taken; fails with `BadRequest` for a name, address or password that is no text
   * or cannot be stored
   * @see Django: UserManager.create_user
   */
  readonly createUser: (
    account: NewAccount,
    options?: NewAccountOptions
  ) => Effect.Effect<User | undefined, AccountFailure>
  /** Whether this is the user's password. Costs a hash whether or not there is such a user. */
  readonly checkPassword: (
    user: User,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable | Busy>
  /**
   * What `passwordValidators` have against a password, in their order; nothing, where there are none. For code that takes
   * passwords from people: nothing else asks them.
   *
   * @param user whose password it is to be: a user, or what a form says of one
   * @see Django: validate_password
   */
  readonly validatePassword: (
    password: string,
    user?: User | Validators.Owner
  ) => Effect.Effect<ReadonlyArray<Validators.Problem>>
  /**
   * Changes the password, which ends the user's sessions. No validator is asked, as in Django.
   *
   * @returns what is stored now; `undefined` when there is no such user
   */
  readonly setPassword: (
    user: User,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<string | undefined, AccountFailure>
  /**
   * Users who have a permission, directly, through a group or as superusers.
   *
   * @see Django: UserManager.with_perm
   */
  readonly withPerm: (
    permission: string,
    options?: WithPermOptions
  ) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
}

const newAccountKinds: Kinds<NewAccountOptions> = { backend: string, isStaff: boolean, isSuperuser: boolean }

/** An attempt that guesses no password does not count against the user's next login. */
const always = (): boolean => true

/** A form's or a JSON body's field, which may be absent. */
const isText = (value: unknown): boolean => value === undefined || typeof value === "string"

/** @param head of the request whose operations these are; `undefined` outside a request */
export const accounts = <User extends object>(app: App<User>, head?: RequestHead): Accounts<User> => {
  const passwords = head === undefined ? app.passwords : passwordsFor(app, head)
  /** The same id is another user in another store, so with several of them the backend must be named. */
  const usersOf = (backend: string | undefined): Effect.Effect<UserStore<User>> => {
    const asked = backend === undefined ? [...app.backends.values()] : [app.backends.get(backend)]
    const [store, ...others] = new Set(asked.flatMap((each) => (each?.users === undefined ? [] : [each.users.store])))
    if (store === undefined) return Effect.die(new Error("no such backend keeps users with passwords"))
    return others.length === 0
      ? Effect.succeed(store)
      : Effect.die(new Error("several backends keep users of their own: say which one is meant"))
  }

  return {
    ...passwordResets(app, usersOf),
    validatePassword: (password, user) =>
      Effect.sync(() => Validators.validate(app.passwordValidators, password, user)),
    createUser: Effect.fnUntraced(function* (account, options = {}) {
      checkOptions(options, newAccountKinds, "createUser.")
      if (typeof account !== "object" || account === null)
        return yield* new BadRequest({ reason: "an account is an object with a username" })
      const store = yield* usersOf(options.backend)
      const noText = ["username", "email", "password"].find((name) => !isText(Reflect.get(account, name)))
      if (noText !== undefined) return yield* new BadRequest({ reason: `${noText} is not a text` })
      const username = account.username === undefined ? undefined : normalizeUsername(account.username)
      const offered = account.email ?? ""
      if (username === undefined) return yield* new BadRequest({ reason: "this user name cannot be stored" })
      const email = isStorable(offered) ? normalizeEmail(offered) : undefined
      if (email === undefined || email.length > 254)
        return yield* new BadRequest({ reason: "this e-mail address cannot be stored" })
      const password =
        account.password === undefined
          ? passwords.unusable()
          : yield* passwords.slot(passwords.encode(account.password), { operation: "createUser", username }, always)
      const { isStaff = false, isSuperuser = false } = options
      const row = yield* store.create({ username, email, password, isStaff, isSuperuser }, app.world.now())
      return row?.user
    }),
    checkPassword: Effect.fnUntraced(function* (user, password, options) {
      const store = yield* usersOf(options?.backend)
      const userId = store.idOf(user)
      return yield* passwords.slot(
        Effect.flatMap(store.findById(userId), (row) =>
          row === undefined
            ? Effect.as(passwords.spend(password), false)
            : Effect.map(passwords.verify(password, row.password), ({ correct }) => correct)
        ),
        { operation: "checkPassword", userId },
        (correct) => correct
      )
    }),
    withPerm: Effect.fnUntraced(function* (permission, options = {}) {
      const parsed = Permissions.parse(permission)
      if (parsed === undefined)
        return yield* Effect.die(new TypeError("a permission is of the form app_label.codename, with one dot"))
      const { withPerm } = yield* usersOf(options.backend)
      if (withPerm === undefined) return yield* Effect.die(new Error("this user store knows no permissions"))
      const { includeSuperusers = true } = options
      const isActive = "isActive" in options ? options.isActive : true
      return yield* withPerm({ ...parsed, isActive, includeSuperusers })
    }),
    setPassword: Effect.fnUntraced(function* (user, password, options) {
      const store = yield* usersOf(options?.backend)
      const userId = store.idOf(user)
      const encoded = yield* passwords.slot(passwords.encode(password), { operation: "setPassword", userId }, always)
      return (yield* store.setPassword(userId, encoded)) ? encoded : undefined
    })
  }
}
