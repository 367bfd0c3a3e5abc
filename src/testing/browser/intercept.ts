import type * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../../adapters/errors/errors.ts"
import type { SessionStore } from "../../adapters/ports/session-store.ts"
import type { PermissionStore, UserStore } from "../../adapters/ports/user-store.ts"

/** A session store and a user store that belong together. */
export interface Stores<User> {
  /** The sessions. */
  readonly sessions: SessionStore
  /** The users. */
  readonly users: UserStore<User>
}

/** A call that latchkey makes to a store. */
export interface StoreCall {
  /** The store that was called. */
  readonly store: "sessions" | "users"
  /** The method, or for `commit` the change: `load`, `Insert`, `Update`, `Move`, `Delete`, `findByUsername`, … */
  readonly operation: string
}

/** The operations of both stores. */
export const operations: ReadonlyArray<string> = [
  ...["load", "Insert", "Update", "Move", "Delete", "clearExpired", "countExpired", "expiryOf", "visit", "list"],
  ...["findByUsername", "findById", "findForReset", "upgradePassword", "setPassword", "recordLogin", "create"],
  ...["setEmail", "setActive", "delete", "grants", "withPerm"],
  ...["createGroup", "deleteGroup", "groups", "addToGroups", "removeFromGroups", "grant", "revoke", "granted"],
  ...["together", "createPermissions", "permissions"]
]

/** What happens around a call. The effect makes the call. */
export type Around = <A>(
  call: StoreCall,
  effect: Effect.Effect<A, StoreUnavailable>
) => Effect.Effect<A, StoreUnavailable>

/**
 * The same stores.
 *
 * @param place what has them, for the message
 * @throws {TypeError} if one of them is no store
 */
export const checkedStores = <User>(place: string, stores: Stores<User>): Stores<User> => {
  const { sessions, users }: Partial<Stores<User>> = Object(stores)
  const missing = [
    ...(typeof Object(sessions).commit === "function" ? [] : ["sessions: a session store"]),
    ...(typeof Object(users).findByUsername === "function" ? [] : ["users: a user store"])
  ]
  if (missing.length > 0) throw new TypeError(`${place} has to be { sessions, users }; write ${missing.join(", ")}`)
  return stores
}

/** The same stores, with something around every call to them. */
export const intercepted = <User>(stores: Stores<User>, around: Around): Stores<User> => {
  const users = interceptedUsers(stores.users, around)
  const isOfThese = stores.sessions.prefetch?.users === stores.users
  return { sessions: interceptedSessions(stores.sessions, isOfThese ? users : undefined, around), users }
}

/** @param users those that the store loads together with sessions; `undefined`: it loads those of another user store */
const interceptedSessions = (store: SessionStore, users: object | undefined, around: Around): SessionStore => {
  const { codec, cookieAgeSeconds, cookieName, countExpired, expiryOf, prefetch, userSessions } = store
  const call = <A>(operation: string, effect: Effect.Effect<A, StoreUnavailable>) =>
    around({ store: "sessions", operation }, effect)
  return {
    capabilities: store.capabilities,
    load: (key, now) => call("load", store.load(key, now)),
    commit: (change, now) => call(change._tag, store.commit(change, now)),
    clearExpired: (now, limit) => call("clearExpired", store.clearExpired(now, limit)),
    ...(expiryOf === undefined ? {} : { expiryOf: (key) => call("expiryOf", expiryOf(key)) }),
    ...(countExpired === undefined ? {} : { countExpired: (now) => call("countExpired", countExpired(now)) }),
    ...(codec === undefined ? {} : { codec: (settings) => codec.call(store, settings) }),
    ...(cookieAgeSeconds === undefined ? {} : { cookieAgeSeconds }),
    ...(cookieName === undefined ? {} : { cookieName }),
    ...(store.tables === undefined ? {} : { tables: store.tables }),
    ...(store.setClock === undefined ? {} : { setClock: (clock) => store.setClock?.(clock) }),
    ...(userSessions === undefined
      ? {}
      : {
          userSessions: {
            visit: (key, visit) => call("visit", userSessions.visit(key, visit)),
            list: (query, now) => call("list", userSessions.list(query, now))
          }
        }),
    ...(prefetch === undefined || users === undefined
      ? {}
      : { prefetch: { users, remember: (key, backend, id) => prefetch.remember(key, backend, id) } })
  }
}

const interceptedUsers = <User>(store: UserStore<User>, around: Around): UserStore<User> => {
  const { delete: remove, findForReset, grants, permissions, setActive, setEmail, usernameField, withPerm } = store
  const call = <A>(operation: string, effect: Effect.Effect<A, StoreUnavailable>) =>
    around({ store: "users", operation }, effect)
  return {
    findByUsername: (username) => call("findByUsername", store.findByUsername(username)),
    findById: (id) => call("findById", store.findById(id)),
    upgradePassword: (id, was, encoded) => call("upgradePassword", store.upgradePassword(id, was, encoded)),
    setPassword: (id, encoded) => call("setPassword", store.setPassword(id, encoded)),
    recordLogin: (id, now) => call("recordLogin", store.recordLogin(id, now)),
    create: (user, now) => call("create", store.create(user, now)),
    idOf: (user) => store.idOf(user),
    owns: (row) => store.owns(row),
    ...(store.tables === undefined ? {} : { tables: store.tables }),
    ...(usernameField === undefined ? {} : { usernameField }),
    ...(setEmail === undefined ? {} : { setEmail: (id, change) => call("setEmail", setEmail.call(store, id, change)) }),
    ...(setActive === undefined
      ? {}
      : { setActive: (id, isActive) => call("setActive", setActive.call(store, id, isActive)) }),
    ...(remove === undefined ? {} : { delete: (id) => call("delete", remove.call(store, id)) }),
    ...(grants === undefined ? {} : { grants: (id) => call("grants", grants.call(store, id)) }),
    ...(permissions === undefined ? {} : { permissions: interceptedPermissions(permissions, call) }),
    ...(withPerm === undefined ? {} : { withPerm: (query) => call("withPerm", withPerm.call(store, query)) }),
    ...(findForReset === undefined ? {} : { findForReset: (by) => call("findForReset", findForReset.call(store, by)) })
  }
}

const interceptedPermissions = (
  store: PermissionStore,
  call: <A>(operation: string, effect: Effect.Effect<A, StoreUnavailable>) => Effect.Effect<A, StoreUnavailable>
): PermissionStore => ({
  createGroup: (name) => call("createGroup", store.createGroup(name)),
  deleteGroup: (name) => call("deleteGroup", store.deleteGroup(name)),
  groups: call("groups", store.groups),
  addToGroups: (userId, groups) => call("addToGroups", store.addToGroups(userId, groups)),
  removeFromGroups: (userId, groups) => call("removeFromGroups", store.removeFromGroups(userId, groups)),
  grant: (holder, permissions) => call("grant", store.grant(holder, permissions)),
  revoke: (holder, permissions) => call("revoke", store.revoke(holder, permissions)),
  together: (writes) => call("together", store.together(writes)),
  granted: (holder) => call("granted", store.granted(holder)),
  createPermissions: (model) => call("createPermissions", store.createPermissions(model)),
  permissions: call("permissions", store.permissions)
})
