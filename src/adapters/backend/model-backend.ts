import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { CheckPasswordAnswer, ModelBackendSettings } from "../../core/auth/model-backend.ts"
import * as ModelBackend from "../../core/auth/model-backend.ts"
import type { AskBackendAnswer, PasswordQuery } from "../../core/effect.ts"
import type { Passwords } from "../hasher/passwords.ts"
import type { StoreUnavailable } from "../interpreter/errors.ts"
import type { UserStore } from "../interpreter/ports.ts"
import { boolean, checkOptions } from "../option-kinds.ts"
import type { Backend } from "./backend.ts"
import { storedUsers } from "./stored-users.ts"

const UsernameAndPassword = Schema.Struct({ username: Schema.String, password: Schema.String })
const decode = Schema.decodeUnknownResult(UsernameAndPassword)

/**
 * User name and password against stored users. Inactive users are kept out; outdated hashes are written anew at login.
 *
 * @see Django: django.contrib.auth.backends.ModelBackend
 */
export const modelBackend = <User>(
  users: UserStore<User>,
  settings: ModelBackendSettings = { allowInactive: false }
): Backend<User> => {
  checkOptions(settings, { allowInactive: boolean }, "modelBackend.")
  return {
    ...storedUsers(users, settings),
    offer: (credentials, { passwords }) => {
      const accepted = decode(credentials)
      return Result.isFailure(accepted)
        ? undefined
        : passwords.slot(check(users, settings, passwords, accepted.success.username, accepted.success.password))
    }
  }
}

/**
 * The same, and inactive users may log in too; they still have no permissions.
 *
 * @see Django: django.contrib.auth.backends.AllowAllUsersModelBackend
 */
export const allowAllUsersModelBackend = <User>(users: UserStore<User>): Backend<User> =>
  modelBackend(users, { allowInactive: true })

const check = Effect.fnUntraced(function* <User>(
  users: UserStore<User>,
  settings: ModelBackendSettings,
  passwords: Passwords,
  username: string,
  password: string
): Effect.fn.Return<AskBackendAnswer<User>, StoreUnavailable> {
  let step = ModelBackend.start<User>(username)
  while (step._tag === "Paused")
    step = ModelBackend.resume(settings, step.state, yield* answer(users, passwords, password, step.query))
  return step.answer
})

/** One question, answered. The password comes from here: no question carries it. */
const answer = <User>(
  users: UserStore<User>,
  passwords: Passwords,
  password: string,
  query: PasswordQuery
): Effect.Effect<CheckPasswordAnswer<User>, StoreUnavailable> => {
  switch (query._tag) {
    case "FindUser":
      return Effect.map(users.findByUsername(query.username), (row) =>
        row === undefined ? { _tag: "UserAbsent" } : { _tag: "UserFound", known: row, isActive: row.isActive }
      )
    case "VerifyPassword":
      return Effect.map(passwords.verify(password, query.encoded), (verdict) => ({ _tag: "Verified", ...verdict }))
    case "SpendHash":
      return Effect.as(passwords.spend(password), { _tag: "HashSpent" })
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
