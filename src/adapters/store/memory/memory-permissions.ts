/** Groups and permissions in memory: creates, grants, revokes and lists them. */
import * as Effect from "effect/Effect"
import type { PermissionChange, PermissionStore, PermissionWrite, StoredHolder } from "../../ports/user-store.ts"

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

  /**
   * A set of permissions or groups that belongs to a user or a group; `undefined` if there is no such user or group.
   */
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

  const createGroup = (name: string): boolean => {
    if (groupPermissions.has(name)) return false
    groupPermissions.set(name, new Set())
    return true
  }
  const groupNames = (): Names => new Set(groupPermissions.keys())
  const write = (one: PermissionWrite): PermissionChange => {
    switch (one._tag) {
      case "CreateGroup":
        return { isHolderFound: true, unknown: [], changed: createGroup(one.name) ? [one.name] : [] }
      case "Grant":
        return add(permissionsOf(one.holder), one.names, existing())
      case "Revoke":
        return remove(permissionsOf(one.holder), one.names, existing())
      case "AddToGroups":
        return add(groupsOf(one.userId), one.names, groupNames())
      case "RemoveFromGroups":
        return remove(groupsOf(one.userId), one.names, groupNames())
      default:
        return one satisfies never
    }
  }
  const writeOne = (one: PermissionWrite) => Effect.sync(() => write(one))

  return {
    createGroup: (name) => Effect.sync(() => createGroup(name)),
    deleteGroup: (name) =>
      Effect.sync(() => {
        for (const [id, row] of rows) rows.set(id, { ...row, groups: without(row.groups, new Set([name])) })
        return { _tag: groupPermissions.delete(name) ? "GroupDeleted" : "GroupAbsent" }
      }),
    groups: Effect.sync(() => [...groupPermissions.keys()]),
    addToGroups: (userId, names) => writeOne({ _tag: "AddToGroups", userId, names }),
    removeFromGroups: (userId, names) => writeOne({ _tag: "RemoveFromGroups", userId, names }),
    grant: (holder, names) => writeOne({ _tag: "Grant", holder, names }),
    revoke: (holder, names) => writeOne({ _tag: "Revoke", holder, names }),
    together: (writes) =>
      Effect.sync(() => {
        const undo = [restoring(rows), restoring(groupPermissions)]
        const answers: Array<PermissionChange> = []
        for (const one of writes) {
          const answer = write(one)
          answers.push(answer)
          if (answer.isHolderFound && answer.unknown.length === 0) continue
          for (const restore of undo) restore()
          break
        }
        return answers
      }),
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
  (found: Owned | undefined, names: ReadonlyArray<string>, existing: Names): PermissionChange => {
    const unknown = names.filter((name) => !existing.has(name))
    if (found === undefined) return { isHolderFound: false, unknown, changed: [] }
    if (unknown.length > 0) return { isHolderFound: true, unknown, changed: [] }
    found.set(combine(found.has, new Set(names)))
    return { isHolderFound: true, unknown, changed: names.filter((name) => isChanged(found.has, name)) }
  }

const add = change(
  (has, name) => !has.has(name),
  (has, names) => new Set([...has, ...names])
)
const remove = change((has, name) => has.has(name), without)

/** @returns puts back the present content */
const restoring = <Value>(map: Map<string, Value>): (() => void) => {
  const entries = [...map]
  return () => {
    map.clear()
    for (const [key, value] of entries) map.set(key, value)
  }
}
