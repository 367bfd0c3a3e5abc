/** Users in memory, with permissions and groups as Django's tables keep them. */
import * as Effect from "effect/Effect"
import { isSameAddress } from "../../../core/accounts/reset-token.ts"
import { type Grants, parse } from "../../../core/permissions/permissions.ts"
import type { EmailChange, NewUser, UserRow, UserStore, WithPerm } from "../../ports/user-store.ts"
import { memoryPermissions } from "./memory-permissions.ts"
import { snapshotOf } from "./snapshot.ts"

/** A user in memory. */
export interface MemoryUser {
  /** The primary key. */
  readonly id: number
  /** The user name. */
  readonly username: string
  /** The e-mail address; `""` if there is none. */
  readonly email: string
  /** Whether the user may log in. */
  readonly isActive: boolean
  /** As Django's `is_staff`: for the application to use. */
  readonly isStaff: boolean
  /** Whether the user has every permission. */
  readonly isSuperuser: boolean
  /** Epoch milliseconds. */
  readonly lastLoginAt: number | undefined
}

/** A user store with methods for administration. An id is the user's `id` as text. */
export interface MemoryUserStore extends UserStore<MemoryUser> {
  /** Changes fields of a user: deactivates, reactivates or renames, for example. @returns whether the user exists */
  readonly change: (id: string, fields: Partial<Omit<MemoryUser, "id">>) => boolean
  /** Removes a user. @returns whether the user existed */
  readonly remove: (id: string) => boolean
  /**
   * Sets the permissions that are granted to a user directly, and removes all others.
   *
   * @param permissions each `<app_label>.<codename>`
   * @returns whether the user exists
   * @throws {TypeError} for a permission that does not have that form
   * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#permissions-and-authorization
   */
  readonly setPermissions: (id: string, permissions: Iterable<string>) => boolean
  /**
   * Sets the groups of a user, and removes all others.
   *
   * @returns whether the user exists
   * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#permissions-and-authorization
   */
  readonly setGroups: (id: string, groups: Iterable<string>) => boolean
  /**
   * Sets the permissions of a group, and removes all others. The group does not have to be created before.
   *
   * @throws {TypeError} for a permission that does not have the form `<app_label>.<codename>`
   * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#groups
   */
  readonly setGroupPermissions: (group: string, permissions: Iterable<string>) => void
}

/** A stored user. */
export interface MemoryRow {
  readonly user: MemoryUser
  readonly password: string
  /** Granted directly. */
  readonly permissions: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

export const memoryUsers = () => {
  const rows = new Map<string, MemoryRow>()
  const groupPermissions = new Map<string, ReadonlySet<string>>()
  /** The names of the permissions that were created. */
  const created = new Map<string, string>()
  let nextId = 1

  const made = new WeakSet<object>()
  const owns = (row: unknown): row is UserRow<MemoryUser> => typeof row === "object" && row !== null && made.has(row)

  const find = (id: string): UserRow<MemoryUser> | undefined => {
    const row = rows.get(id)
    if (row === undefined) return undefined
    const found = { id, user: row.user, password: row.password, isActive: row.user.isActive }
    made.add(found)
    return found
  }
  const findByUsername = (username: string): UserRow<MemoryUser> | undefined => {
    const row = [...rows.values()].find(({ user }) => user.username === username)
    return row === undefined ? undefined : find(String(row.user.id))
  }
  const findForReset: NonNullable<UserStore<MemoryUser>["findForReset"]> = (by) =>
    Effect.sync(() => {
      const ids =
        "id" in by
          ? [by.id]
          : [...rows].filter(([, { user }]) => user.email.toUpperCase() === by.email.toUpperCase()).map(([id]) => id)
      return ids.flatMap((id) => {
        const row = find(id)
        return row === undefined ? [] : [{ ...row, email: row.user.email, lastLoginAt: row.user.lastLoginAt ?? null }]
      })
    })
  const patch = (id: string, changed: Partial<MemoryRow>): boolean => {
    const row = rows.get(id)
    if (row !== undefined) rows.set(id, { ...row, ...changed })
    return row !== undefined
  }
  const change = (id: string, fields: Partial<Omit<MemoryUser, "id">>): boolean => {
    const row = rows.get(id)
    return row !== undefined && patch(id, { user: { ...row.user, ...fields } })
  }
  const setPassword = (id: string, encoded: string): boolean => patch(id, { password: encoded })
  const existing = (): ReadonlySet<string> =>
    new Set([
      ...created.keys(),
      ...[...groupPermissions.values(), ...[...rows.values()].map((row) => row.permissions)].flatMap((set) => [...set])
    ])
  const ofGroups = (groups: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...groups].flatMap((group) => [...(groupPermissions.get(group) ?? [])]))
  const grants = (id: string): Grants | undefined => {
    const row = rows.get(id)
    if (row === undefined) return undefined
    const { isActive, isSuperuser } = row.user
    return isSuperuser
      ? { isActive, isSuperuser, user: existing(), group: existing() }
      : { isActive, isSuperuser, user: row.permissions, group: ofGroups(row.groups) }
  }
  const withPerm = ({ appLabel, codename, includeSuperusers, isActive }: WithPerm): ReadonlyArray<MemoryUser> => {
    const permission = `${appLabel}.${codename}`
    return [...rows.values()]
      .filter(({ groups, permissions, user }) =>
        isActive !== undefined && user.isActive !== isActive
          ? false
          : (includeSuperusers && user.isSuperuser) || permissions.has(permission) || ofGroups(groups).has(permission)
      )
      .map(({ user }) => user)
  }
  /** Whether a confirmed user other than `except` has the address. */
  const isTaken = (email: string, except?: string): boolean =>
    [...rows.values()].some(
      ({ user }) =>
        String(user.id) !== except &&
        isSameAddress(user.email, email) &&
        (user.isActive || user.lastLoginAt !== undefined)
    )
  const create = ({ password, requiresFreeAddress, ...fields }: NewUser): UserRow<MemoryUser> | undefined => {
    if (findByUsername(fields.username) !== undefined) return undefined
    if (requiresFreeAddress === true && isTaken(fields.email)) return undefined
    const id = nextId++
    const user = { id, isActive: true, ...fields, lastLoginAt: undefined }
    rows.set(String(id), { user, password, permissions: new Set(), groups: new Set() })
    return find(String(id))
  }
  const setEmail = (id: string, { email, requiresFreeAddress, username, was }: EmailChange): boolean => {
    if (requiresFreeAddress === true && isTaken(email, id)) return false
    const holder = username === undefined ? undefined : findByUsername(username)
    if (rows.get(id)?.user.email !== was || (holder !== undefined && holder.id !== id)) return false
    return change(id, username === undefined ? { email } : { email, username })
  }

  const store: MemoryUserStore = {
    deadlineSeconds: 0,
    findByUsername: (username) => Effect.sync(() => findByUsername(username)),
    findById: (id) => Effect.sync(() => find(id)),
    upgradePassword: (id, was, encoded) =>
      Effect.sync(() => rows.get(id)?.password === was && setPassword(id, encoded)),
    setPassword: (id, encoded) => Effect.sync(() => setPassword(id, encoded)),
    recordLogin: (id, now) => Effect.sync(() => void change(id, { lastLoginAt: now })),
    create: (user) => Effect.sync(() => create(user)),
    setEmail: (id, asked) => Effect.sync(() => setEmail(id, asked)),
    setActive: (id, isActive) => Effect.sync(() => change(id, { isActive })),
    delete: (id) => Effect.sync(() => ({ _tag: rows.delete(id) ? "UserDeleted" : "UserAbsent" })),
    findForReset,
    grants: (id) => Effect.sync(() => grants(id)),
    permissions: memoryPermissions({ rows, groupPermissions, created, existing }),
    withPerm: (query) => Effect.sync(() => withPerm(query)),
    idOf: (user) => String(user.id),
    owns,
    change,
    remove: (id) => rows.delete(id),
    setPermissions: (id, permissions) => patch(id, { permissions: checked(permissions) }),
    setGroups: (id, groups) => {
      const set = new Set(groups)
      for (const group of set) if (!groupPermissions.has(group)) groupPermissions.set(group, new Set())
      return patch(id, { groups: set })
    },
    setGroupPermissions: (group, permissions) => void groupPermissions.set(group, checked(permissions))
  }
  const snapshot = (): (() => void) => {
    const restores = [snapshotOf(rows), snapshotOf(groupPermissions), snapshotOf(created)]
    const id = nextId
    return () => {
      for (const restore of restores) restore()
      nextId = id
    }
  }
  return { find, store, snapshot }
}

const checked = (permissions: Iterable<string>): ReadonlySet<string> => {
  const set = new Set(permissions)
  for (const permission of set) {
    if (parse(permission) === undefined) throw new TypeError("a permission is written app_label.codename, with one dot")
  }
  return set
}
