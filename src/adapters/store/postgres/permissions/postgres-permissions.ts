/**
 * Permissions and groups in Django's tables: the permissions of a user, and the users with a permission. One statement
 * each.
 */
import * as Effect from "effect/Effect"
import type { Grants } from "../../../../core/permissions/permissions.ts"
import { StoreUnavailable } from "../../../errors/errors.ts"
import type { UserRow, WithPerm } from "../../../ports/user-store.ts"
import type { Client } from "../connection/client.ts"
import { prepare, type Row } from "../connection/statement.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import { textsOf } from "../tables/json-column.ts"
import type { RowInvalid, UserTable } from "../tables/user-table.ts"

export interface PostgresPermissions<User> {
  readonly grants: (id: string) => Effect.Effect<Grants | undefined, StoreUnavailable>
  readonly withPerm: (query: WithPerm) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
}

/** @see Django: django.contrib.auth.backends.ModelBackend.get_user_permissions, get_group_permissions, with_perm */
export const makePermissions = <User>(
  client: Client,
  table: UserTable<User>,
  names: DjangoNames
): PostgresPermissions<User> => {
  const sql = statements(table, names)
  const unavailable = (operation: string) =>
    Effect.mapError((cause: unknown) => new StoreUnavailable({ operation, cause }))

  return {
    grants: (text) => {
      const id = table.parseId(text)
      if (id === undefined) return Effect.undefined
      return client.run(sql.grants(id), "read").pipe(
        Effect.map((rows) => (rows[0] === undefined ? undefined : grantsOf(rows[0]))),
        unavailable("load permissions")
      )
    },
    withPerm: ({ appLabel, codename, includeSuperusers, isActive }) =>
      client.run(sql.withPerm(appLabel, codename, includeSuperusers, isActive ?? null), "repeatable").pipe(
        Effect.flatMap((rows) => Effect.forEach([...rows], (row) => userOf(table.decode(row)))),
        unavailable("find users with a permission")
      )
  }
}

const userOf = <User>(
  decoded: { readonly _tag: "Decoded"; readonly row: UserRow<User> } | RowInvalid | undefined
): Effect.Effect<User, RowInvalid | "no user"> =>
  decoded === undefined
    ? Effect.fail("no user")
    : decoded._tag === "RowInvalid"
      ? Effect.fail(decoded)
      : Effect.succeed(decoded.row.user)

const grantsOf = (row: Row): Grants => ({
  isActive: row["is_active"] === true,
  isSuperuser: row["is_superuser"] === true,
  user: new Set(textsOf(row["user_permissions"])),
  group: new Set(textsOf(row["group_permissions"]))
})

const statements = <User>(users: UserTable<User>, names: DjangoNames) => {
  const isActive = users.column("isActive")
  const isSuperuser = users.column("isSuperuser")
  const active = isActive === undefined ? "true" : `u.${isActive}`
  const superuser = isSuperuser === undefined ? "false" : `u.${isSuperuser}`
  const id = users.column("id")
  const granted = {
    user: `SELECT m.permission_id FROM ${names.userPermissions} m WHERE m.${names.userId} = u.${id}`,
    group: `SELECT gp.permission_id FROM ${names.groupPermissions} gp
            JOIN ${names.userGroups} m ON m.group_id = gp.group_id WHERE m.${names.userId} = u.${id}`
  }
  const list = `
    SELECT coalesce(json_agg(ct.app_label || '.' || p.codename), '[]')::text FROM ${names.permissions} p
    JOIN ${names.contentTypes} ct ON ct.id = p.content_type_id`
  // Two lists, not one with OR: that would read the whole table for every user.
  const listOf = (which: string) => `CASE WHEN ${superuser} THEN (${list}) ELSE (${list} WHERE p.id IN (${which})) END`
  return {
    grants: prepare(`
      SELECT ${active} AS is_active, ${superuser} AS is_superuser,
        ${listOf(granted.user)} AS user_permissions, ${listOf(granted.group)} AS group_permissions
      FROM ${users.table} u WHERE ${users.hasId("u")}`),
    withPerm: prepare(`
      WITH wanted (app_label, codename, superusers, active) AS (VALUES (?::text, ?::text, ?::boolean, ?::boolean)),
      permission AS (
        SELECT p.id FROM ${names.permissions} p JOIN ${names.contentTypes} ct ON ct.id = p.content_type_id, wanted w
        WHERE ct.app_label = w.app_label AND p.codename = w.codename),
      holder AS (
        SELECT m.${names.userId} AS id FROM permission p JOIN ${names.userPermissions} m ON m.permission_id = p.id
        UNION ALL SELECT m.${names.userId} FROM permission p
        JOIN ${names.groupPermissions} gp ON gp.permission_id = p.id JOIN ${names.userGroups} m ON m.group_id = gp.group_id
        UNION ALL SELECT u.${id} FROM ${users.table} u, wanted w WHERE w.superusers AND ${superuser})
      SELECT ${users.columns("u")} FROM ${users.table} u, wanted w
      WHERE u.${id} IN (SELECT id FROM holder) AND (w.active IS NULL OR ${active} = w.active)
      ORDER BY u.${id}`)
  }
}
