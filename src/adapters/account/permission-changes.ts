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
} from "../errors/errors.ts"
import { nearNames } from "../options/near-names.ts"
import { array, checkOptions, object, string } from "../options/option-kinds.ts"
import type {
  GrantedPermissions,
  Permission,
  PermissionChange,
  PermissionStore,
  PermissionWrite,
  UserStore
} from "../ports/user-store.ts"
import {
  kindOf,
  type PermissionHolder,
  type PermissionStep,
  type StepWithNames,
  storedHolder,
  storedStep,
  type WriteWithNames,
  writeOne
} from "./permission-steps.ts"
import { lacks, type OfBackend, type UsersOf } from "./user-stores.ts"

/**
 * Groups and permissions in Django's tables, as Effects. A Django on the same database sees every change immediately.
 */
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
   * Removes a user from groups. Fails with `NameUnknown` if a group or the user does not exist; then nothing is
   * changed.
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
   * Makes several changes, in this order: all of them or none. Fails as the single changes do.
   *
   * @returns for each step what it has changed: the names that `grant`, `addToGroups` and the others return; the name
   * of a group that was created
   */
  readonly together: (
    steps: ReadonlyArray<PermissionStep<User>>,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, StoreUnavailable | NameUnknown | BadRequest>
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

  /** A step as the store writes it. Fails if the store cannot have one of its names. */
  const prepared = Effect.fnUntraced(function* (
    { store, users }: Stores<User>,
    step: StepWithNames<User>
  ): Effect.fn.Return<WriteWithNames, StoreUnavailable | NameUnknown> {
    const write = storedStep(users, step)
    const of = kindOf(write)
    if (of === "permission" && write.names.some((name) => Permissions.parse(name) === undefined))
      return yield* Effect.die(new TypeError("a permission is written app_label.codename, with one dot"))
    if ("holder" in write && "group" in write.holder && !isStorable(write.holder.group))
      return yield* unknown("group", [write.holder.group], [])
    if (!write.names.every(isStorable)) {
      const all = yield* existing(store, of)
      const missing = write.names.filter((name) => !all.includes(name))
      return yield* unknown(of, missing, all)
    }
    return write
  })

  const preparedStep = (
    stores: Stores<User>,
    step: PermissionStep<User>
  ): Effect.Effect<PermissionWrite, StoreUnavailable | NameUnknown | BadRequest> =>
    "createGroup" in step
      ? Effect.map(groupName(step.createGroup), (name) => ({ _tag: "CreateGroup", name }))
      : prepared(stores, step)

  /** What a step has changed. Fails if the store answered that a name is unknown. */
  const changedBy = Effect.fnUntraced(function* (
    store: PermissionStore,
    write: PermissionWrite | undefined,
    answer: PermissionChange
  ): Effect.fn.Return<ReadonlyArray<string>, StoreUnavailable | NameUnknown> {
    if (write === undefined || write._tag === "CreateGroup") return answer.changed
    const holder = "holder" in write ? write.holder : { userId: write.userId }
    if (!answer.isHolderFound)
      return yield* "group" in holder
        ? unknown("group", [holder.group], yield* store.groups)
        : unknown("user", [holder.userId], [])
    const of = kindOf(write)
    if (answer.unknown.length > 0) return yield* unknown(of, answer.unknown, yield* existing(store, of))
    return answer.changed
  })

  const change = Effect.fnUntraced(function* (
    step: StepWithNames<User>,
    options: OfBackend | undefined
  ): Effect.fn.Return<ReadonlyArray<string>, StoreUnavailable | NameUnknown> {
    const stores = yield* storesOf(options)
    const write = yield* prepared(stores, step)
    return yield* changedBy(stores.store, write, yield* writeOne(stores.store, write))
  })

  return {
    createGroup: Effect.fnUntraced(function* (name, options) {
      const { store } = yield* storesOf(options)
      return yield* store.createGroup(yield* groupName(name))
    }),
    deleteGroup: Effect.fnUntraced(function* (name, options) {
      const { store } = yield* storesOf(options)
      if (!isGroupName(name)) return false
      const answer = yield* store.deleteGroup(name)
      if (answer._tag === "GroupReferenced") return yield* new StillReferenced({ what: "group", table: answer.table })
      return answer._tag === "GroupDeleted"
    }),
    groups: (options) => Effect.flatMap(storesOf(options), ({ store }) => Effect.map(store.groups, sorted)),
    addToGroups: (user, addToGroups, options) => change({ user, addToGroups }, options),
    removeFromGroups: (user, removeFromGroups, options) => change({ user, removeFromGroups }, options),
    grant: (to, grant, options) => change({ grant, to }, options),
    revoke: (from, revoke, options) => change({ revoke, from }, options),
    together: Effect.fnUntraced(function* (steps, options) {
      const stores = yield* storesOf(options)
      const writes = yield* Effect.forEach(steps, (step) => preparedStep(stores, step))
      const answers = yield* stores.store.together(writes)
      return yield* Effect.forEach(answers, (answer, index) => changedBy(stores.store, writes[index], answer))
    }),
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

interface Stores<User> {
  readonly users: UserStore<User>
  readonly store: PermissionStore
}

/** The names that exist, as errors suggest them. */
const existing = (store: PermissionStore, of: NameUnknown["of"]) =>
  of === "group" ? store.groups : Effect.map(store.permissions, namesOf)

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

const groupName = (name: string): Effect.Effect<string, BadRequest> =>
  isGroupName(name)
    ? Effect.succeed(name)
    : Effect.fail(
        new BadRequest({ reason: "this name of a group cannot be stored: write 1 to 150 characters, without NUL" })
      )

const sorted = (texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.toSorted()
