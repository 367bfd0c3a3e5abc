/** Groups and permissions: creates, grants, revokes and lists them. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isStorable } from "../../core/accounts/new-user.ts"
import { type ModelDescription, modelPermissions } from "../../core/permissions/model-permissions.ts"
import * as Permissions from "../../core/permissions/permissions.ts"
import {
  BadRequest,
  ConfigurationInvalid,
  NameUnknown,
  StillReferenced,
  type StoreUnavailable
} from "../ports/errors.ts"
import { nearNames } from "../ports/near-names.ts"
import { array, checkOptions, object, string } from "../ports/option-kinds.ts"
import type {
  GrantedPermissions,
  Permission,
  PermissionChange,
  PermissionStore,
  StoredHolder,
  UserStore
} from "../ports/user-store.ts"
import { lacks, type OfBackend, type UsersOf } from "./user-stores.ts"

/** What permissions are granted to: a user, or all users of a group. */
export type PermissionHolder<User> =
  | {
      /** The user. */
      readonly user: User
    }
  | {
      /** The name of the group. */
      readonly group: string
    }

/** Groups and permissions in Django's tables, as Effects. A Django on the same database sees every change immediately. */
export interface PermissionChanges<User> {
  /** Creates a group. @returns whether it was created; `false` if there is a group with this name */
  readonly createGroup: (name: string, options?: OfBackend) => Effect.Effect<boolean, StoreUnavailable | BadRequest>
  /**
   * Deletes a group. Its members lose the permissions that they had through it. Fails with `StillReferenced` if rows of
   * another table refer to the group.
   *
   * @returns whether there was such a group
   */
  readonly deleteGroup: (
    name: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable | StillReferenced>
  /** The names of all groups, sorted. */
  readonly groups: (options?: OfBackend) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  /**
   * Adds a user to groups. Fails with `NameUnknown` if a group or the user does not exist; then nothing is changed.
   *
   * @returns the names of the groups in which the user was not before
   */
  readonly addToGroups: (
    user: User,
    groups: string | ReadonlyArray<string>,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable | NameUnknown>
  /**
   * Removes a user from groups. Fails with `NameUnknown` if a group or the user does not exist; then nothing is changed.
   *
   * @returns the names of the groups in which the user was before
   */
  readonly removeFromGroups: (
    user: User,
    groups: string | ReadonlyArray<string>,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable | NameUnknown>
  /**
   * Grants permissions to a user or a group. Fails with `NameUnknown`, which says which names are similar, if a
   * permission, the group or the user does not exist; then nothing is changed.
   *
   * @param permissions each `<app_label>.<codename>`
   * @returns the permissions that were not granted directly before
   */
  readonly grant: (
    holder: PermissionHolder<User>,
    permissions: string | ReadonlyArray<string>,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable | NameUnknown>
  /**
   * Revokes permissions that were granted to a user or a group. A user keeps those that a group of the user has. Fails
   * as `grant` does.
   *
   * @param permissions each `<app_label>.<codename>`
   * @returns the permissions that were granted directly before
   */
  readonly revoke: (
    holder: PermissionHolder<User>,
    permissions: string | ReadonlyArray<string>,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable | NameUnknown>
  /**
   * What is granted to a user or a group. `undefined` if there is no such user or group. A superuser has all
   * permissions, also those that are not granted.
   */
  readonly of: (
    holder: PermissionHolder<User>,
    options?: OfBackend
  ) => Effect.Effect<GrantedPermissions | undefined, StoreUnavailable>
  /**
   * Creates the permissions of a model, and its content type, as Django's `migrate` does for each model. What exists is
   * not changed.
   *
   * @returns the permissions that were created
   */
  readonly create: (
    model: ModelDescription,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  /** All permissions that can be granted, sorted. */
  readonly all: (options?: OfBackend) => Effect.Effect<ReadonlyArray<Permission>, StoreUnavailable>
}

const modelKinds = {
  app: string,
  model: string,
  verboseName: string,
  defaultPermissions: array,
  permissions: object
}

export const permissionChanges = <User>(usersOf: UsersOf<User>): PermissionChanges<User> => {
  const storesOf = Effect.fnUntraced(function* (options: OfBackend | undefined) {
    const users = yield* usersOf(options?.backend)
    return users.permissions === undefined
      ? yield* lacks("permissions", "permissions that can be changed")
      : { users, store: users.permissions }
  })

  /** Asks the store for a change, and fails if it answers that a name is unknown. */
  const change = Effect.fnUntraced(function* (
    of: "permission" | "group",
    holder: PermissionHolder<User>,
    names: string | ReadonlyArray<string>,
    options: OfBackend | undefined,
    write: (
      store: PermissionStore,
      names: ReadonlyArray<string>,
      holder: StoredHolder,
      users: UserStore<User>
    ) => Written
  ): Effect.fn.Return<ReadonlyArray<string>, StoreUnavailable | NameUnknown> {
    const { users, store } = yield* storesOf(options)
    const asked = typeof names === "string" ? [names] : [...new Set(names)]
    if (of === "permission" && asked.some((name) => Permissions.parse(name) === undefined))
      return yield* Effect.die(new TypeError("a permission is written app_label.codename, with one dot"))
    const stored = storedHolder(users, holder)
    if ("group" in stored && !isStorable(stored.group)) return yield* unknown("group", [stored.group], [])
    const known = of === "group" ? store.groups : Effect.map(store.permissions, namesOf)
    if (!asked.every(isStorable)) {
      const all = yield* known
      const missing = asked.filter((name) => !all.includes(name))
      return yield* unknown(of, missing, all)
    }
    const answer = yield* write(store, asked, stored, users)
    if (!answer.isHolderFound)
      return yield* "group" in stored
        ? unknown("group", [stored.group], yield* store.groups)
        : unknown("user", [stored.userId], [])
    return answer.unknown.length === 0 ? answer.changed : yield* unknown(of, answer.unknown, yield* known)
  })

  return {
    createGroup: Effect.fnUntraced(function* (name, options) {
      const { store } = yield* storesOf(options)
      if (!isGroupName(name))
        return yield* new BadRequest({
          reason: "this name of a group cannot be stored: write 1 to 150 characters, without NUL"
        })
      return yield* store.createGroup(name)
    }),
    deleteGroup: Effect.fnUntraced(function* (name, options) {
      const { store } = yield* storesOf(options)
      if (!isGroupName(name)) return false
      const answer = yield* store.deleteGroup(name)
      if (answer._tag === "GroupReferenced") return yield* new StillReferenced({ what: "group", table: answer.table })
      return answer._tag === "GroupDeleted"
    }),
    groups: (options) => Effect.flatMap(storesOf(options), ({ store }) => Effect.map(store.groups, sorted)),
    addToGroups: (user, groups, options) =>
      change("group", { user }, groups, options, (store, names, _, users) =>
        store.addToGroups(users.idOf(user), names)
      ),
    removeFromGroups: (user, groups, options) =>
      change("group", { user }, groups, options, (store, names, _, users) =>
        store.removeFromGroups(users.idOf(user), names)
      ),
    grant: (holder, permissions, options) =>
      change("permission", holder, permissions, options, (store, names, stored) => store.grant(stored, names)),
    revoke: (holder, permissions, options) =>
      change("permission", holder, permissions, options, (store, names, stored) => store.revoke(stored, names)),
    of: Effect.fnUntraced(function* (holder, options) {
      const { users, store } = yield* storesOf(options)
      const stored = storedHolder(users, holder)
      const granted = "group" in stored && !isStorable(stored.group) ? undefined : yield* store.granted(stored)
      return (
        granted && {
          permissions: sorted(granted.permissions),
          groups: granted.groups
            .map(({ name, permissions }) => ({ name, permissions: sorted(permissions) }))
            .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        }
      )
    }),
    create: Effect.fnUntraced(function* (model, options) {
      checkOptions(model, modelKinds, "create.", ["app", "model"])
      const { store } = yield* storesOf(options)
      const rows = modelPermissions(model)
      if (Result.isFailure(rows)) return yield* Effect.die(new ConfigurationInvalid({ problems: rows.failure }))
      const created = yield* store.createPermissions(rows.success)
      return rows.success.permissions
        .filter(({ codename }) => created.includes(codename))
        .map(({ codename }) => `${rows.success.appLabel}.${codename}`)
    }),
    all: (options) =>
      Effect.flatMap(storesOf(options), ({ store }) =>
        Effect.map(store.permissions, (all) => all.toSorted((a, b) => (a.permission < b.permission ? -1 : 1)))
      )
  }
}

const namesOf = (permissions: ReadonlyArray<Permission>): ReadonlyArray<string> =>
  permissions.map(({ permission }) => permission)

type Written = Effect.Effect<PermissionChange, StoreUnavailable>

const storedHolder = <User>(users: UserStore<User>, holder: PermissionHolder<User>): StoredHolder =>
  "user" in holder ? { userId: users.idOf(holder.user) } : { group: holder.group }

/** How many similar names an error suggests. */
const SUGGESTIONS = 3

const unknown = (of: NameUnknown["of"], names: ReadonlyArray<string>, known: ReadonlyArray<string>) =>
  Effect.fail(
    new NameUnknown({ of, names: names.map((name) => ({ name, near: nearNames(name, known).slice(0, SUGGESTIONS) })) })
  )

/** The length of the column, in characters. */
const longestGroupName = 150

const isGroupName = (name: string): boolean =>
  isStorable(name) && name !== "" && name.length <= 2 * longestGroupName && [...name].length <= longestGroupName

const sorted = (texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.toSorted()
