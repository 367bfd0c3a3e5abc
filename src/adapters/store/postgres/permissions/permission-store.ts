/**
 * Groups and permissions in Django's tables: creates, grants, revokes and lists them. One statement each; several
 * changes together are a transaction.
 */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../errors/errors.ts"
import type {
  GrantedPermissions,
  PermissionChange,
  PermissionStore,
  PermissionWrite,
  StoredHolder
} from "../../../ports/user-store.ts"
import type { Client, Manner } from "../connection/client.ts"
import { type DatabaseFailure, FOREIGN_KEY_VIOLATION } from "../connection/database-failure.ts"
import { inTransaction, type Row, type Rows, type Statement } from "../connection/statement.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import { textsOf } from "../tables/json-column.ts"
import type { UserTable } from "../tables/user-table.ts"
import { permissionStatements } from "./permission-statements.ts"

/** How often a change is tried, if another process changes the same rows at the same moment. */
const TRIES = 3

export const makePermissionStore = (
  client: Client,
  table: Pick<UserTable<unknown>, "column" | "hasId" | "parseId" | "table">,
  names: DjangoNames
): PermissionStore => {
  const sql = permissionStatements(table, names)
  const run = <A>(statement: Statement<A>, manner: Manner) =>
    Effect.retry(client.run(statement, manner), { times: TRIES - 1, while: isForeignKeyViolation })
  const unavailable = (operation: string) =>
    Effect.mapError((cause: DatabaseFailure) => new StoreUnavailable({ operation, cause }))

  /** The statements that are about a user or about a group, with their first parameter. */
  const about = <Of>(holder: StoredHolder, of: { readonly user: Of; readonly group: Of }) => {
    if ("group" in holder) return { of: of.group, key: holder.group }
    const key = table.parseId(holder.userId)
    return key === undefined ? undefined : { of: of.user, key }
  }

  const member = <Of>(userId: string, of: Of) => about({ userId }, { user: of, group: of })

  /** The statement of a change, with its answer. */
  const statementOf = (write: PermissionWrite): Statement<PermissionChange> => {
    if (write._tag === "CreateGroup") {
      const statement = sql.createGroup(write.name)
      return async (connection) => ({
        isHolderFound: true,
        unknown: [],
        changed: (await statement(connection)).count > 0 ? [write.name] : []
      })
    }
    const target = targetOf(write)
    if (target === undefined) return async () => noHolder
    const statement = target.of(target.key, JSON.stringify(write.names))
    return async (connection) => changeOf((await statement(connection))[0])
  }
  const targetOf = (write: Exclude<PermissionWrite, { readonly _tag: "CreateGroup" }>) => {
    switch (write._tag) {
      case "Grant":
        return about(write.holder, sql.grant)
      case "Revoke":
        return about(write.holder, sql.revoke)
      case "AddToGroups":
        return member(write.userId, sql.join)
      case "RemoveFromGroups":
        return member(write.userId, sql.leave)
      default:
        return write satisfies never
    }
  }

  const change = (
    operation: string,
    target: { readonly of: (key: string, names: string) => Statement<Rows>; readonly key: string } | undefined,
    names: ReadonlyArray<string>
  ): Effect.Effect<PermissionChange, StoreUnavailable> =>
    target === undefined
      ? Effect.succeed(noHolder)
      : run(target.of(target.key, JSON.stringify(names)), "once").pipe(
          Effect.map(([row]) => changeOf(row)),
          unavailable(operation)
        )

  return {
    createGroup: (name) =>
      run(sql.createGroup(name), "once").pipe(
        Effect.map(({ count }) => count > 0),
        unavailable("create a group")
      ),
    deleteGroup: (name) =>
      run(sql.deleteGroup(name), "once").pipe(
        Effect.map(({ count }) => ({ _tag: count > 0 ? ("GroupDeleted" as const) : ("GroupAbsent" as const) })),
        Effect.catchIf(isForeignKeyViolation, ({ table: referring }) =>
          Effect.succeed({ _tag: "GroupReferenced" as const, table: referring ?? "(unknown)" })
        ),
        unavailable("delete a group")
      ),
    groups: client.run(sql.groups(), "repeatable").pipe(
      Effect.map((rows) => Array.from(rows, (row) => String(row["name"]))),
      unavailable("list groups")
    ),
    addToGroups: (userId, groups) => change("add a user to groups", member(userId, sql.join), groups),
    removeFromGroups: (userId, groups) => change("remove a user from groups", member(userId, sql.leave), groups),
    grant: (holder, permissions) => change("grant permissions", about(holder, sql.grant), permissions),
    revoke: (holder, permissions) => change("revoke permissions", about(holder, sql.revoke), permissions),
    together: (writes) => run(allOrNone(writes.map(statementOf)), "once").pipe(unavailable("change permissions")),
    granted: (holder) => {
      const target = about(holder, sql.granted)
      if (target === undefined) return Effect.undefined
      return client
        .run(target.of(target.key), "repeatable")
        .pipe(Effect.map(grantedOf), unavailable("list permissions"))
    },
    createPermissions: ({ appLabel, model, permissions }) =>
      run(sql.createPermissions(appLabel, model, JSON.stringify(permissions)), "once").pipe(
        // Another process has made the content type after this statement began: the next attempt sees it.
        Effect.repeat({ times: TRIES - 1, until: ([row]) => row?.["types"] !== 0 }),
        Effect.map(([row]) => textsOf(row?.["created"])),
        unavailable("create permissions")
      ),
    permissions: client.run(sql.all(), "repeatable").pipe(
      Effect.map((rows) =>
        Array.from(rows, (row) => ({ permission: String(row["permission"]), name: String(row["name"]) }))
      ),
      unavailable("list permissions")
    )
  }
}

const noHolder: PermissionChange = { isHolderFound: false, unknown: [], changed: [] }

/** Undoes the transaction, whose last answer says that a name is unknown. */
class Undone extends Error {
  readonly answers: ReadonlyArray<PermissionChange>
  constructor(answers: ReadonlyArray<PermissionChange>) {
    super("a name is unknown")
    this.answers = answers
  }
}

/** Runs the changes in one transaction, up to the first one that finds a name unknown. */
const allOrNone =
  (changes: ReadonlyArray<Statement<PermissionChange>>): Statement<ReadonlyArray<PermissionChange>> =>
  (sql) =>
    inTransaction(sql, async (transaction) => {
      const answers: Array<PermissionChange> = []
      for (const change of changes) {
        const answer = await change(transaction)
        answers.push(answer)
        if (!answer.isHolderFound || answer.unknown.length > 0) throw new Undone(answers)
      }
      return answers
    }).catch((error: unknown) => {
      if (error instanceof Undone) return error.answers
      throw error
    })

const isForeignKeyViolation = ({ code }: DatabaseFailure): boolean => code === FOREIGN_KEY_VIOLATION

const changeOf = (row: Row | undefined): PermissionChange => ({
  isHolderFound: row?.["holders"] === 1,
  unknown: textsOf(row?.["unknown"]),
  changed: textsOf(row?.["changed"])
})

/** @returns `undefined` without rows: the first row stands for the user or group itself */
const grantedOf = (rows: Rows): GrantedPermissions | undefined => {
  if (rows.count === 0) return undefined
  const permissions: Array<string> = []
  const groups = new Map<string, Array<string>>()
  for (const { group_name: group, permission } of rows) {
    const granted = typeof permission === "string" ? [permission] : []
    if (typeof group !== "string") permissions.push(...granted)
    else groups.set(group, [...(groups.get(group) ?? []), ...granted])
  }
  return { permissions, groups: Array.from(groups, ([name, granted]) => ({ name, permissions: granted })) }
}
