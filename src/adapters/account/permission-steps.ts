/** Changes of permissions and groups: as an application writes them, and as a store carries them out. */
import type * as Effect from "effect/Effect"
import type { NameUnknown, StoreUnavailable } from "../errors/errors.ts"
import type {
  PermissionChange,
  PermissionStore,
  PermissionWrite,
  StoredHolder,
  UserStore
} from "../ports/user-store.ts"

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

/** One of several changes that `together` makes. Permissions are written `<app_label>.<codename>`. */
export type PermissionStep<User> =
  | {
      /** The name of a group, which is created if it does not exist. */
      readonly createGroup: string
    }
  | {
      /** The permissions to grant. */
      readonly grant: string | ReadonlyArray<string>
      /** The user or the group that gets them. */
      readonly to: PermissionHolder<User>
    }
  | {
      /** The permissions to revoke. */
      readonly revoke: string | ReadonlyArray<string>
      /** The user or the group that loses them. */
      readonly from: PermissionHolder<User>
    }
  | {
      /** The groups that the user joins. */
      readonly addToGroups: string | ReadonlyArray<string>
      /** The user. */
      readonly user: User
    }
  | {
      /** The groups that the user leaves. */
      readonly removeFromGroups: string | ReadonlyArray<string>
      /** The user. */
      readonly user: User
    }

export type StepWithNames<User> = Exclude<PermissionStep<User>, { readonly createGroup: string }>
export type WriteWithNames = Exclude<PermissionWrite, { readonly _tag: "CreateGroup" }>

export const kindOf = ({ _tag }: WriteWithNames): NameUnknown["of"] =>
  _tag === "Grant" || _tag === "Revoke" ? "permission" : "group"

export const storedStep = <User>(users: UserStore<User>, step: StepWithNames<User>): WriteWithNames => {
  if ("grant" in step) return { _tag: "Grant", holder: storedHolder(users, step.to), names: distinct(step.grant) }
  if ("revoke" in step) return { _tag: "Revoke", holder: storedHolder(users, step.from), names: distinct(step.revoke) }
  const userId = users.idOf(step.user)
  return "addToGroups" in step
    ? { _tag: "AddToGroups", userId, names: distinct(step.addToGroups) }
    : { _tag: "RemoveFromGroups", userId, names: distinct(step.removeFromGroups) }
}

const distinct = (names: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof names === "string" ? [names] : [...new Set(names)]

export const writeOne = (
  store: PermissionStore,
  write: WriteWithNames
): Effect.Effect<PermissionChange, StoreUnavailable> => {
  switch (write._tag) {
    case "Grant":
      return store.grant(write.holder, write.names)
    case "Revoke":
      return store.revoke(write.holder, write.names)
    case "AddToGroups":
      return store.addToGroups(write.userId, write.names)
    case "RemoveFromGroups":
      return store.removeFromGroups(write.userId, write.names)
    default:
      return write satisfies never
  }
}

export const storedHolder = <User>(users: UserStore<User>, holder: PermissionHolder<User>): StoredHolder =>
  "user" in holder ? { userId: users.idOf(holder.user) } : { group: holder.group }
