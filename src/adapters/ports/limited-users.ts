import { limited } from "../store-time/store-time.ts"
import type { UserStore } from "./user-store.ts"

/**
 * The same store, whose calls end when the time of their request is over. Returns the store itself if it ends its calls
 * itself. Changes of groups and permissions, which administrators make, are not limited.
 */
export const limitedUsers = <User>(store: UserStore<User>): UserStore<User> => {
  if (store.deadlineSeconds !== undefined) return store
  const { delete: remove, findForReset, grants, permissions, setActive, setEmail, usernameField, withPerm } = store
  const users = {
    findByUsername: (username) => limited("find a user", store.findByUsername(username)),
    findById: (id) => limited("find a user", store.findById(id)),
    upgradePassword: (id, was, encoded) => limited("upgrade a password", store.upgradePassword(id, was, encoded)),
    setPassword: (id, encoded) => limited("set a password", store.setPassword(id, encoded)),
    recordLogin: (id, now) => limited("record a login", store.recordLogin(id, now)),
    create: (user, now) => limited("create a user", store.create(user, now)),
    idOf: (user) => store.idOf(user),
    owns: (row) => store.owns(row),
    ...(usernameField === undefined ? {} : { usernameField }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(grants === undefined ? {} : { grants: (id) => limited("load permissions", grants.call(store, id)) }),
    ...(withPerm === undefined
      ? {}
      : { withPerm: (query) => limited("find users with a permission", withPerm.call(store, query)) }),
    ...(findForReset === undefined
      ? {}
      : { findForReset: (by) => limited("find a user for a password reset", findForReset.call(store, by)) }),
    ...(setEmail === undefined
      ? {}
      : { setEmail: (id, change) => limited("change an address", setEmail.call(store, id, change)) }),
    ...(setActive === undefined
      ? {}
      : { setActive: (id, isActive) => limited("activate a user", setActive.call(store, id, isActive)) }),
    ...(remove === undefined ? {} : { delete: (id) => limited("delete a user", remove.call(store, id)) })
  } satisfies UserStore<User>
  return users satisfies Record<Exclude<keyof UserStore<User>, keyof typeof users | Unlimited>, unknown>
}

/** Members that operations on users do not use. All others are above: a new one does not compile until it is there. */
type Unlimited = "deadlineSeconds" | "examine" | "tables"
