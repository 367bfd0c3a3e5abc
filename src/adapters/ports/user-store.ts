/** The interfaces of user stores: users with passwords, and their permissions. */
import type * as Effect from "effect/Effect"
import type { ResetUser } from "../../core/accounts/reset-token.ts"
import type { KnownUser } from "../../core/effect.ts"
import type { ModelPermissions } from "../../core/permissions/model-permissions.ts"
import type { Grants } from "../../core/permissions/permissions.ts"
import type { StoreUnavailable } from "../errors/errors.ts"
import type { LimitsItself } from "../store-time/store-time.ts"
import type { Examine } from "./diagnosis.ts"
import type { StoreTables } from "./store-tables.ts"

/** A stored user. */
export interface UserRow<User> extends KnownUser<User> {
  /** Whether the user may log in. */
  readonly isActive: boolean
}

/** A user, with the values that a password-reset token is made from. */
export interface ResettableRow<User> extends UserRow<User>, ResetUser {}

/**
 * The condition of a change that needs a free e-mail address: no other confirmed user has the address, compared without
 * regard to case. A user is confirmed who may log in, or has logged in before. Of several such changes to one address at
 * the same moment, only one is made. Changes without this condition do not wait for them: Django, for example, gives
 * several users one address.
 */
export interface FreeAddress {
  /** Whether the address must be free. Default false. */
  readonly requiresFreeAddress?: boolean
}

/** The values of a new row. */
export interface NewUser extends FreeAddress {
  /** The user name, normalised. */
  readonly username: string
  /** The e-mail address; `""` if there is none. */
  readonly email: string
  /** The encoded password. */
  readonly password: string
  /** Whether the user may use Django's admin site. */
  readonly isStaff: boolean
  /** Whether the user has every permission. */
  readonly isSuperuser: boolean
  /** Whether the user may log in. Default true. */
  readonly isActive?: boolean
}

/** A new e-mail address, and what must still be stored for the change to be made. */
export interface EmailChange extends FreeAddress {
  /** The stored address that the change replaces; `null` if the table has no value. */
  readonly was: string | null
  /** The new address, normalised. */
  readonly email: string
  /** The new user name, normalised, for applications whose user name is the address. If absent, it is not changed. */
  readonly username?: string
}

/**
 * The answer to a deletion: the user was deleted, there is no such user, or nothing was deleted, because rows of another
 * table refer to the user.
 */
export type UserDeletion =
  | { readonly _tag: "UserDeleted" }
  | { readonly _tag: "UserAbsent" }
  | {
      readonly _tag: "UserReferenced"
      /** The table that has these rows, with its schema. */
      readonly table: string
    }

/** The answer to the deletion of a group: see {@link UserDeletion}. */
export type GroupDeletion =
  | { readonly _tag: "GroupDeleted" }
  | { readonly _tag: "GroupAbsent" }
  | {
      readonly _tag: "GroupReferenced"
      /** The table that has these rows, with its schema. */
      readonly table: string
    }

/** What permissions are granted to: a user, by primary key as text, or a group, by name. */
export type StoredHolder =
  | {
      /** The user's primary key. */
      readonly userId: string
    }
  | {
      /** The group's name. */
      readonly group: string
    }

/** The answer to a change of permissions or memberships. If a name is unknown, nothing was changed. */
export interface PermissionChange {
  /** Whether the user or group that should get or lose something exists. */
  readonly isHolderFound: boolean
  /** The given names that do not exist. */
  readonly unknown: ReadonlyArray<string>
  /** The names that were added or removed. Without those that the holder had, or did not have, before. */
  readonly changed: ReadonlyArray<string>
}

/** A group and its permissions. */
export interface GroupPermissions {
  /** The group's name. */
  readonly name: string
  /** Each `<app_label>.<codename>`. */
  readonly permissions: ReadonlyArray<string>
}

/** What is granted to a user or a group. */
export interface GrantedPermissions {
  /** Granted directly, each `<app_label>.<codename>`. */
  readonly permissions: ReadonlyArray<string>
  /** The groups of a user, with their permissions. */
  readonly groups: ReadonlyArray<GroupPermissions>
}

/** A permission that can be granted. */
export interface Permission {
  /** `<app_label>.<codename>`. */
  readonly permission: string
  /** The name that Django's admin site shows, such as `Can add post`. */
  readonly name: string
}

/** One of several changes of groups and permissions that {@link PermissionStore.together} makes. */
export type PermissionWrite =
  | {
      /** Creates the group, if it does not exist. */
      readonly _tag: "CreateGroup"
      /** The name of the group. */
      readonly name: string
    }
  | {
      /** Grants or revokes permissions. */
      readonly _tag: "Grant" | "Revoke"
      /** The user or the group. */
      readonly holder: StoredHolder
      /** The permissions, each `<app_label>.<codename>`. */
      readonly names: ReadonlyArray<string>
    }
  | {
      /** Adds a user to groups, or removes a user from them. */
      readonly _tag: "AddToGroups" | "RemoveFromGroups"
      /** The user's primary key. */
      readonly userId: string
      /** The names of the groups. */
      readonly names: ReadonlyArray<string>
    }

/** Stores groups and permissions, and which users have them. */
export interface PermissionStore {
  /** Creates a group. @returns whether it was created; `false` if there is one with this name */
  readonly createGroup: (name: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Deletes a group, with its permissions and memberships. */
  readonly deleteGroup: (name: string) => Effect.Effect<GroupDeletion, StoreUnavailable>
  /** The names of all groups. */
  readonly groups: Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  /** Adds a user to groups. */
  readonly addToGroups: (
    userId: string,
    groups: ReadonlyArray<string>
  ) => Effect.Effect<PermissionChange, StoreUnavailable>
  /** Removes a user from groups. */
  readonly removeFromGroups: (
    userId: string,
    groups: ReadonlyArray<string>
  ) => Effect.Effect<PermissionChange, StoreUnavailable>
  /** Grants permissions, each `<app_label>.<codename>`. */
  readonly grant: (
    holder: StoredHolder,
    permissions: ReadonlyArray<string>
  ) => Effect.Effect<PermissionChange, StoreUnavailable>
  /** Revokes permissions that were granted directly. */
  readonly revoke: (
    holder: StoredHolder,
    permissions: ReadonlyArray<string>
  ) => Effect.Effect<PermissionChange, StoreUnavailable>
  /**
   * Makes several changes, in this order: all of them or none.
   *
   * @returns the answer to each change; for `CreateGroup`, `changed` has the name if the group was created. If a user, a
   * group or a name is unknown, nothing was changed, and the answer that says so is the last one
   */
  readonly together: (
    writes: ReadonlyArray<PermissionWrite>
  ) => Effect.Effect<ReadonlyArray<PermissionChange>, StoreUnavailable>
  /** What is granted; `undefined` if there is no such user or group. */
  readonly granted: (holder: StoredHolder) => Effect.Effect<GrantedPermissions | undefined, StoreUnavailable>
  /** Creates the permissions of a model that do not exist. @returns the codenames of those that were created */
  readonly createPermissions: (model: ModelPermissions) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  /** All permissions that exist. */
  readonly permissions: Effect.Effect<ReadonlyArray<Permission>, StoreUnavailable>
}

/** The query of Django's `with_perm`. */
export interface WithPerm {
  /** The part of the permission before the dot. */
  readonly appLabel: string
  /** The part of the permission after the dot. */
  readonly codename: string
  /** `undefined` for active and inactive users. */
  readonly isActive: boolean | undefined
  /** Whether superusers count as users with the permission. */
  readonly includeSuperusers: boolean
}

/**
 * Stores users with passwords. Ids are the primary key as text. If a text cannot be a primary key, no user is found.
 */
export interface UserStore<User> extends LimitsItself {
  /** USERNAME_FIELD, default `username`. If it is another field, credentials may use its name instead of `username`. */
  readonly usernameField?: string
  /**
   * Finds a user by exact, case-sensitive name. A name that the column cannot store (NUL, lone surrogate) is not found.
   */
  readonly findByUsername: (username: string) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  /** Finds a user by primary key. */
  readonly findById: (id: string) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  /** Writes `encoded` if the column still contains `was`. @returns whether it was written */
  readonly upgradePassword: (id: string, was: string, encoded: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Replaces the encoded password. @returns whether there is such a user */
  readonly setPassword: (id: string, encoded: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Sets Django's `last_login`. @param now epoch milliseconds */
  readonly recordLogin: (id: string, now: number) => Effect.Effect<void, StoreUnavailable>
  /**
   * Stores a new user.
   *
   * @param now epoch milliseconds, for Django's `date_joined`
   * @returns `undefined` if the user name is taken, or the address where it must be free
   */
  readonly create: (user: NewUser, now: number) => Effect.Effect<UserRow<User> | undefined, StoreUnavailable>
  /**
   * Loads a user's permissions with one query; `undefined` if there is no such user. If absent, users have no
   * permissions.
   */
  readonly grants?: (id: string) => Effect.Effect<Grants | undefined, StoreUnavailable>
  /** Groups and permissions that can be changed. If absent, the store cannot change them. */
  readonly permissions?: PermissionStore
  /** The users who have a permission. */
  readonly withPerm?: (query: WithPerm) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /**
   * Finds users, with the values that password-reset tokens are made from: the user with this id, or all users with
   * this e-mail address, compared without regard to case. If absent, the store does not support password resets.
   */
  readonly findForReset?: (
    by: { readonly id: string } | { readonly email: string }
  ) => Effect.Effect<ReadonlyArray<ResettableRow<User>>, StoreUnavailable>
  /**
   * Changes the e-mail address if the stored one is still `was`. Absent if the table has no column for addresses.
   *
   * @returns whether it was changed; `false` too if the new user name or the new address is taken, where it must be
   * unique or free
   */
  readonly setEmail?: (id: string, change: EmailChange) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Sets whether the user may log in. Absent if all users of the table may.
   *
   * @returns whether there is such a user
   */
  readonly setActive?: (id: string, isActive: boolean) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Deletes a user, with the user's memberships in groups, permissions and entries in the log of Django's admin site, as
   * Django's `user.delete()` does. Rows of other tables are never deleted. If absent, users cannot be deleted.
   */
  readonly delete?: (id: string) => Effect.Effect<UserDeletion, StoreUnavailable>
  /** Present if the store needs tables in a database, which it can create. */
  readonly tables?: StoreTables
  /** Present if the store can say how its servers are set up, for `latchkey doctor`: one function for each server. */
  readonly examine?: ReadonlyArray<Examine>
  /** The user's primary key as text. Called only with users of this store. */
  idOf(user: User): string
  /** Whether this store made the row. A row that was loaded with a session has type `unknown`; this narrows it. */
  readonly owns: (row: unknown) => row is UserRow<User>
}
