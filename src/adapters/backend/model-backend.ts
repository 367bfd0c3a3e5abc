import * as Effect from "effect/Effect"
import { loginName } from "../../core/accounts/new-user.ts"
import type { Credentials } from "../../core/auth/login/credentials.ts"
import type { ModelBackendSettings } from "../../core/auth/login/password-login.ts"
import * as ModelBackend from "../../core/auth/login/password-login.ts"
import type { AnswerTo, AskBackendAnswer, PasswordQuery } from "../../core/effect.ts"
import type { StoreUnavailable } from "../errors/errors.ts"
import { boolean, checkOptions } from "../options/option-kinds.ts"
import type { Backend, BackendTools } from "../ports/backend.ts"
import { drive } from "../ports/driver.ts"
import { limitedUsers } from "../ports/limited-users.ts"
import type { Passwords } from "../ports/passwords.ts"
import type { UserStore } from "../ports/user-store.ts"
import { storedUsers } from "./stored-users.ts"

/** The options of {@link modelBackend}. */
export interface ModelBackendOptions {
  /** Whether inactive users may log in too. Default false. */
  readonly allowInactive?: boolean
  /**
   * Whether to trim and NFKC-normalise the user name before looking it up, as Django's login form does and as
   * `createUser` stores it. Default false, as in Django's backend, which takes the name unchanged.
   */
  readonly normalizesUsernames?: boolean
}

/**
 * Checks user name and password against stored users. Inactive users cannot log in. A login replaces a stored hash that
 * is outdated. If a custom user model has another user name field (`users: { columns: { username: "email" } }`), the
 * credentials may use that field's name or `username`.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.ModelBackend
 */
export const modelBackend = <User>(users: UserStore<User>, options: ModelBackendOptions = {}): Backend<User> => {
  checkOptions(options, { allowInactive: boolean, normalizesUsernames: boolean }, "modelBackend.")
  const settings = { allowInactive: options.allowInactive ?? false }
  const stored = storedUsers(users, settings)
  const { usernameField = "username" } = users
  const read = credentialsOf(usernameField)
  return {
    ...stored,
    expects: `{ ${usernameField}, password }, both texts`,
    authenticate: (credentials, tools) => {
      const accepted = read(credentials)
      if (accepted === undefined) return undefined
      const username = options.normalizesUsernames === true ? loginName(accepted.username) : accepted.username
      return tools.passwords.slotAfter(
        check(limitedUsers(users), settings, tools, username, accepted.password),
        { operation: "authenticate", username },
        ({ _tag }) => _tag === "Accepted"
      )
    }
  }
}

/** Reads password and user name, the latter from `username` or from the custom field. */
const credentialsOf =
  (usernameField: string) =>
  (credentials: Credentials): { readonly username: string; readonly password: string } | undefined => {
    const password = credentials["password"]
    const username = [credentials["username"], credentials[usernameField]].find((name) => typeof name === "string")
    return typeof password === "string" && typeof username === "string" ? { username, password } : undefined
  }

/**
 * As {@link modelBackend}, but inactive users may log in too. They still have no permissions.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.AllowAllUsersModelBackend
 */
export const allowAllUsersModelBackend = <User>(users: UserStore<User>): Backend<User> =>
  modelBackend(users, { allowInactive: true })

/** Finds the user. @returns the check of the password, to be run in a slot */
const check = <User>(
  users: UserStore<User>,
  settings: ModelBackendSettings,
  { now, passwords }: BackendTools,
  username: string,
  password: string
): Effect.Effect<Effect.Effect<AskBackendAnswer<User>, StoreUnavailable>, StoreUnavailable> => {
  const perform = (query: PasswordQuery) => answer(users, passwords, password, query)
  const resume = (state: ModelBackend.Checking<User>, answered: AnswerTo<PasswordQuery, User>) =>
    ModelBackend.resume(settings, state, answered, { now: now() })
  const { query, state } = ModelBackend.checkPassword<User>(username)
  return Effect.map(
    Effect.suspend(() => perform(query)),
    (found) => drive(nothingToDo, () => resume(state, found), perform, resume)
  )
}

const nothingToDo = () => undefined

/**
 * Answers one query of the state machine `core/auth/login/password-login.ts`. The password is passed separately:
 * queries never contain it.
 */
const answer = <User>(
  users: UserStore<User>,
  passwords: Passwords,
  password: string,
  query: PasswordQuery
): Effect.Effect<AnswerTo<PasswordQuery, User>, StoreUnavailable> => {
  switch (query._tag) {
    case "FindUser":
      return Effect.map(users.findByUsername(query.username), (row) =>
        row === undefined ? { _tag: "UserAbsent" } : { _tag: "UserFound", known: row, isActive: row.isActive }
      )
    case "VerifyPassword":
      return Effect.map(
        query.mayPass ? passwords.verify(password, query.encoded) : passwords.refuse(password, query.encoded),
        (verdict) => ({ _tag: "Verified", ...verdict })
      )
    case "DummyHash":
      return Effect.as(passwords.hashAndDiscard(password), { _tag: "DummyHashed" })
    case "HashPassword":
      return Effect.map(Effect.orDie(passwords.encode(password)), (encoded) => ({ _tag: "Hashed", encoded }))
    case "UpgradePassword":
      return Effect.map(users.upgradePassword(query.id, query.was, query.encoded), (upgraded) => ({
        _tag: upgraded ? "Upgraded" : "Superseded"
      }))
    default:
      return query satisfies never
  }
}
