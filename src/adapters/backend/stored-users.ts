import * as Effect from "effect/Effect"
import type { ModelBackendSettings } from "../../core/auth/login/password-login.ts"
import { checkOptions, having } from "../options/option-kinds.ts"
import type { Backend } from "../ports/backend.ts"
import type { UserRow, UserStore } from "../ports/user-store.ts"

/** The row of a user who may log in; `undefined` for inactive users, unless the settings allow them. */
export const userOfRow = <User>(
  { allowInactive }: ModelBackendSettings,
  row: UserRow<User> | undefined
): UserRow<User> | undefined => (row !== undefined && (row.isActive || allowInactive) ? row : undefined)

/**
 * Everything of a backend with stored users except `authenticate`, which checks credentials.
 *
 * @throws ConfigurationInvalid if `users` is not a user store
 */
export const storedUsers = <User>(
  users: UserStore<User>,
  settings: ModelBackendSettings
): Omit<Backend<User>, "authenticate"> => {
  checkOptions(
    { users },
    { users: having("findByUsername", "a user store, as postgres(…).users or memory().users") },
    "",
    ["users"]
  )
  return {
    idOf: users.idOf,
    users: { store: users, userOfRow: (row) => (users.owns(row) ? userOfRow(settings, row) : undefined) },
    getUser: (id) => Effect.map(users.findById(id), (row) => userOfRow(settings, row))
  }
}
