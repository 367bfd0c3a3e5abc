/** Changes of stored users: e-mail address, activation, deletion. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../errors/errors.ts"
import type { UserDeletion, UserStore } from "../../../ports/user-store.ts"
import type { Client } from "../connection/client.ts"
import { type DatabaseFailure, FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION } from "../connection/database-failure.ts"
import { prepare, type Rows, type Statement } from "../connection/statement.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import { emailColumn, type UserTable } from "../tables/user-table.ts"
import { makeFreeAddress } from "./free-address.ts"

type UserChanges = Pick<UserStore<unknown>, "setEmail" | "setActive" | "delete">
type Columns = Pick<UserTable<unknown>, "column" | "hasId" | "parseId" | "table">

export const makeUserChanges = (client: Client, table: Columns, names: DjangoNames): UserChanges => {
  const { active, email } = statements(table)
  const deleteUser = makeDeletion(client, table, names)
  const isChanged = (operation: string, text: string, statement: (id: string) => Statement<Rows>) => {
    const id = table.parseId(text)
    if (id === undefined) return Effect.succeed(false)
    return client.run(statement(id), "once").pipe(
      Effect.map((rows) => rows.count > 0),
      // A new user name or address is taken.
      Effect.catchIf(isViolationOf(UNIQUE_VIOLATION), () => Effect.succeed(false)),
      unavailable(operation)
    )
  }
  return {
    ...(email && {
      setEmail: (text, change) => isChanged("change an e-mail address", text, (id) => email(id, change))
    }),
    ...(active && {
      setActive: (text, isActive) => isChanged("activate or deactivate a user", text, (id) => active(isActive, id))
    }),
    delete: (text) => {
      const id = table.parseId(text)
      return id === undefined ? Effect.succeed({ _tag: "UserAbsent" }) : deleteUser(id)
    }
  }
}

const statements = (users: Columns) => {
  const { column, hasId, table } = users
  const update = (assignments: ReadonlyArray<string>, condition: string) =>
    prepare(`UPDATE ${table} u SET ${assignments.join(", ")} WHERE ${hasId("u")}${condition}`)
  const isActive = column("isActive")
  return { email: emailStatement(), active: isActive === undefined ? undefined : update([`${isActive} = ?`], "") }

  function emailStatement() {
    const [email, username] = [emailColumn(users), column("username")]
    if (email === undefined) return undefined
    const isUnchanged = ` AND u.${email} IS NOT DISTINCT FROM ?::text`
    const alone = update([`${email} = ?`], isUnchanged)
    const withName = email === username ? undefined : update([`${email} = ?`, `${username} = ?`], isUnchanged)
    const ifFree = makeFreeAddress(users)
    return (id: string, change: Parameters<NonNullable<UserChanges["setEmail"]>>[1]) => {
      const changed =
        change.username === undefined || withName === undefined
          ? alone(change.email, id, change.was)
          : withName(change.email, change.username, id, change.was)
      return change.requiresFreeAddress === true ? ifFree(change.email, changed, id) : changed
    }
  }
}

/** How often a deletion is tried if another process adds memberships of the user at the same moment. */
const TRIES = 3

/**
 * Deletes what refers to the user and the user in one statement. Django's foreign keys have no rule for deletions, so
 * rows of other tables prevent it.
 */
const makeDeletion = (client: Client, { column, hasId, table }: Columns, names: DjangoNames) => {
  const id = column("id")
  const referring = prepare(`
    SELECT to_regclass('${names.userGroups}') IS NOT NULL AS groups,
      to_regclass('${names.userPermissions}') IS NOT NULL AS permissions,
      EXISTS (
        SELECT FROM pg_constraint WHERE contype = 'f'
          AND conrelid = to_regclass('${names.adminLog}') AND confrelid = to_regclass('${table}')) AS log`)
  const deletion = (tables: ReadonlyArray<{ readonly name: string; readonly column: string }>) => {
    const dependents = tables.map(
      ({ column: userId, name }, i) => `, of_${i} AS (DELETE FROM ${name} d USING gone WHERE d.${userId} = gone.id)`
    )
    return prepare(`
      WITH gone AS (SELECT u.${id} AS id FROM ${table} u WHERE ${hasId("u")} FOR UPDATE)${dependents.join("")}
      DELETE FROM ${table} u USING gone WHERE u.${id} = gone.id`)
  }
  const once = Effect.fnUntraced(function* (key: string): Effect.fn.Return<UserDeletion, DatabaseFailure> {
    const [there] = yield* client.run(referring(), "repeatable")
    const tables = [
      ...(there?.["groups"] === true ? [{ name: names.userGroups, column: names.userId }] : []),
      ...(there?.["permissions"] === true ? [{ name: names.userPermissions, column: names.userId }] : []),
      ...(there?.["log"] === true ? [{ name: names.adminLog, column: "user_id" }] : [])
    ]
    const { count } = yield* client.run(deletion(tables)(key), "once")
    return { _tag: count > 0 ? "UserDeleted" : "UserAbsent" }
  })
  return (key: string): Effect.Effect<UserDeletion, StoreUnavailable> =>
    once(key).pipe(
      Effect.retry({ times: TRIES - 1, while: isViolationOf(FOREIGN_KEY_VIOLATION) }),
      Effect.catchIf(isViolationOf(FOREIGN_KEY_VIOLATION), ({ table: referringTable }) =>
        Effect.succeed({ _tag: "UserReferenced" as const, table: referringTable ?? "(unknown)" })
      ),
      unavailable("delete a user")
    )
}

const isViolationOf =
  (violation: string) =>
  ({ code }: DatabaseFailure): boolean =>
    code === violation

const unavailable = (operation: string) =>
  Effect.mapError((cause: DatabaseFailure) => new StoreUnavailable({ operation, cause }))
