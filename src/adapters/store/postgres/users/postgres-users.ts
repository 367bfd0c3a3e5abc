/** Users in Django's table `auth_user`, or a similar table. */
import * as Effect from "effect/Effect"
import { ConfigurationInvalid, StoreUnavailable } from "../../../errors/errors.ts"
import type { NewUser, UserRow, UserStore } from "../../../ports/user-store.ts"
import type { Client } from "../connection/client.ts"
import { type DatabaseFailure, isUnencodable } from "../connection/database-failure.ts"
import { type Parameter, prepare, type Rows } from "../connection/statement.ts"
import { makePermissionStore } from "../permissions/permission-store.ts"
import { makePermissions } from "../permissions/postgres-permissions.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import type { UserTable } from "../tables/user-table.ts"
import { makeFreeAddress } from "./free-address.ts"
import { makeResets } from "./password-reset-rows.ts"
import { makeUserChanges } from "./user-changes.ts"

/** @throws ConfigurationInvalid if creating a user would write a column twice */
export const makeUsers = <User>(client: Client, table: UserTable<User>, names: DjangoNames): UserStore<User> => {
  const sql = statements(table)
  const ifFree = makeFreeAddress(table)

  const find = (operation: string, statement: ReturnType<typeof sql.byUsername>) =>
    Effect.matchEffect(client.run(statement, "read"), {
      onFailure: (cause) =>
        isUnencodable(cause) ? Effect.undefined : Effect.fail(new StoreUnavailable({ operation, cause })),
      onSuccess: (rows) => decodeFirst(operation, rows)
    })

  const decodeFirst = (operation: string, rows: Rows): Effect.Effect<UserRow<User> | undefined, StoreUnavailable> => {
    const found = rows[0] === undefined ? undefined : table.decode(rows[0])
    if (found?._tag === "RowInvalid") return Effect.fail(new StoreUnavailable({ operation, cause: found }))
    return Effect.succeed(found?.row)
  }

  const change = (operation: string, statement: ReturnType<typeof sql.setPassword>) =>
    Effect.matchEffect(client.run(statement, "once"), {
      onFailure: (cause) => Effect.fail(new StoreUnavailable({ operation, cause })),
      onSuccess: ({ count }) => Effect.succeed(count > 0)
    })

  return {
    deadlineSeconds: client.deadlineSeconds,
    usernameField: table.usernameField,
    ...makePermissions(client, table, names),
    permissions: makePermissionStore(client, table, names),
    ...makeResets(client, table),
    ...makeUserChanges(client, table, names),
    findByUsername: (username) =>
      isStorable(username) ? find("find a user by name", sql.byUsername(username)) : Effect.undefined,
    findById: (text) => {
      const id = table.parseId(text)
      return id === undefined ? Effect.undefined : find("find a user", sql.byId(id))
    },
    upgradePassword: (text, was, encoded) => {
      const id = table.parseId(text)
      return id === undefined
        ? Effect.succeed(false)
        : change("upgrade a password", sql.upgradePassword(encoded, id, was))
    },
    setPassword: (text, encoded) => {
      const id = table.parseId(text)
      return id === undefined ? Effect.succeed(false) : change("set a password", sql.setPassword(encoded, id))
    },
    recordLogin: (text, now) => {
      const id = table.parseId(text)
      return id === undefined || sql.recordLogin === undefined
        ? Effect.void
        : Effect.asVoid(change("record a login", sql.recordLogin(new Date(now), id)))
    },
    create: (user, now) => {
      const insertion = sql.create(...sql.created.map(({ value }) => value(user, now)))
      const change = user.requiresFreeAddress === true ? ifFree(user.email, insertion) : insertion
      return client.run(change, "once").pipe(
        unavailable("create a user"),
        Effect.flatMap((rows) => decodeFirst("create a user", rows))
      )
    },
    idOf: (user) => (typeof user === "object" && user !== null && "id" in user ? String(user.id) : ""),
    owns: table.owns
  }
}

const statements = <User>(users: UserTable<User>) => {
  const { table, column, columns, hasId } = users
  const lastLogin = column("lastLoginAt")
  const created = [
    ...creation.flatMap(({ field, value }) => {
      const name = column(field)
      return name === undefined ? [] : [{ column: name, setting: `users.columns.${field}`, value }]
    }),
    ...users.defaults.map(([name, value]) => ({ column: name, setting: "users.defaults", value: () => value }))
  ]
  const problems = created.flatMap(({ column: name, setting }, i) => {
    const other = created.slice(0, i).find((earlier) => earlier.column === name)
    return other === undefined ? [] : [`${setting}: ${other.setting} already has the column ${name}; ${advice}`]
  })
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  // Django generates UUIDs itself, so its column has no default.
  const drawn =
    users.idType === "uuid" ? { column: [column("id")], value: ["gen_random_uuid()"] } : { column: [], value: [] }
  return {
    created,
    byUsername: prepare(`SELECT ${columns("u")} FROM ${table} u WHERE u.${column("username")} = ?`),
    byId: prepare(`SELECT ${columns("u")} FROM ${table} u WHERE ${hasId("u")}`),
    upgradePassword: prepare(
      `UPDATE ${table} u SET ${column("password")} = ? WHERE ${hasId("u")} AND u.${column("password")} = ?`
    ),
    setPassword: prepare(`UPDATE ${table} u SET ${column("password")} = ? WHERE ${hasId("u")}`),
    recordLogin:
      lastLogin === undefined ? undefined : prepare(`UPDATE ${table} u SET ${lastLogin} = ? WHERE ${hasId("u")}`),
    create: prepare(`
      INSERT INTO ${table} AS u (${[...drawn.column, ...created.map((one) => one.column)].join(", ")})
      VALUES (${[...drawn.value, ...created.map(() => "?")].join(", ")})
      ON CONFLICT DO NOTHING RETURNING ${columns("u")}`)
  }
}

const advice = "write false if the table has no column for the field"

/** The values that Django writes into a new row. No column has a default in the database. */
const creation: ReadonlyArray<{ readonly field: string; readonly value: (user: NewUser, now: number) => Parameter }> = [
  { field: "username", value: (user) => user.username },
  { field: "email", value: (user) => user.email },
  { field: "password", value: (user) => user.password },
  { field: "isStaff", value: (user) => user.isStaff },
  { field: "isSuperuser", value: (user) => user.isSuperuser },
  { field: "isActive", value: ({ isActive = true }) => isActive },
  { field: "firstName", value: () => "" },
  { field: "lastName", value: () => "" },
  { field: "joinedAt", value: (_, now) => new Date(now) }
]

const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed()

const unavailable =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, DatabaseFailure>): Effect.Effect<A, StoreUnavailable> =>
    Effect.mapError(effect, (cause) => new StoreUnavailable({ operation, cause }))
