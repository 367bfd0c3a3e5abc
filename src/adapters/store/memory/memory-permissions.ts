/** Groups and permissions in memory: creates, grants, revokes and lists them. */
import * as Effect from "effect/Effect"
import type { PermissionChange, PermissionStore, StoredHolder } from "../../ports/user-store.ts"

/** The parts of a stored user that these operations need. */
interface Member {
  readonly permissions: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

/** What {@link memoryPermissions} reads and writes. */
interface Tables<Row extends Member> {
  /** The users, by id. */
  readonly rows: Map<string, Row>
  readonly groupPermissions: Map<string, ReadonlySet<string>>
  /** The names of the permissions that were created. */
  readonly created: Map<string, string>
  /** Every permission that exists. */
  readonly existing: () => ReadonlySet<string>
}

export const memoryPermissions = <Row extends Member>(tables: Tables<Row>): PermissionStore => {
  const { created, existing, groupPermissions, rows } = tables

  /** A set of permissions or groups that belongs to a user or a group; `undefined` if there is no such user or group. */
  const permissionsOf = (holder: StoredHolder) => {
    if ("group" in holder) {
      const permissions = groupPermissions.get(holder.group)
      return permissions && { has: permissions, set: (set: Names) => void groupPermissions.set(holder.group, set) }
    }
    const row = rows.get(holder.userId)
    return (
      row && {
        has: row.permissions,
        set: (permissions: Names) => void rows.set(holder.userId, { ...row, permissions })
      }
    )
  }
  const groupsOf = (userId: string) => {
    const row = rows.get(userId)
    return row && { has: row.groups, set: (groups: Names) => void rows.set(userId, { ...row, groups }) }
  }

  return {
    createGroup: (name) =>
      Effect.sync(() => {
        if (groupPermissions.has(name)) return false
        groupPermissions.set(name, new Set())
        return true
      }),
    deleteGroup: (name) =>
      Effect.sync(() => {
        for (const [id, row] of rows) rows.set(id, { ...row, groups: without(row.groups, new Set([name])) })
        return { _tag: groupPermissions.delete(name) ? "GroupDeleted" : "GroupAbsent" }
      }),
    groups: Effect.sync(() => [...groupPermissions.keys()]),
    addToGroups: (userId, groups) =>
      add(
        () => groupsOf(userId),
        groups,
        () => new Set(groupPermissions.keys())
      ),
    removeFromGroups: (userId, groups) =>
      remove(
        () => groupsOf(userId),
        groups,
        () => new Set(groupPermissions.keys())
      ),
    grant: (holder, permissions) => add(() => permissionsOf(holder), permissions, existing),
    revoke: (holder, permissions) => remove(() => permissionsOf(holder), permissions, existing),
    granted: (holder) =>
      Effect.sync(() => {
        const permissions = permissionsOf(holder)?.has
        if (permissions === undefined) return undefined
        const groups = "group" in holder ? [] : [...(rows.get(holder.userId)?.groups ?? [])]
        return {
          permissions: [...permissions],
          groups: groups.map((name) => ({ name, permissions: [...(groupPermissions.get(name) ?? [])] }))
        }
      }),
    createPermissions: ({ appLabel, permissions }) =>
      Effect.sync(() => {
        const missing = permissions.filter(({ codename }) => !created.has(`${appLabel}.${codename}`))
        for (const { codename, name } of missing) created.set(`${appLabel}.${codename}`, name)
        return missing.map(({ codename }) => codename)
      }),
    permissions: Effect.sync(() =>
      Array.from(existing(), (permission) => ({ permission, name: created.get(permission) ?? permission }))
    )
  }
}

type Names = ReadonlySet<string>

interface Owned {
  readonly has: Names
  readonly set: (names: Names) => void
}

const without = (has: Names, names: Names): Names => new Set([...has].filter((name) => !names.has(name)))

const change =
  (isChanged: (has: Names, name: string) => boolean, combine: (has: Names, names: Names) => Names) =>
  (owned: () => Owned | undefined, names: ReadonlyArray<string>, known: () => Names): Effect.Effect<PermissionChange> =>
    Effect.sync(() => {
      const found = owned()
      const existing = known()
      const unknown = names.filter((name) => !existing.has(name))
      if (found === undefined) return { isHolderFound: false, unknown, changed: [] }
      if (unknown.length > 0) return { isHolderFound: true, unknown, changed: [] }
      found.set(combine(found.has, new Set(names)))
      return { isHolderFound: true, unknown, changed: names.filter((name) => isChanged(found.has, name)) }
    })

const add = change(
  (has, name) => !has.has(name),
  (has, names) => new Set([...has, ...names])
)
const remove = change((has, name) => has.has(name), without)
