/** The statements of {@link makePermissionStore}. */

import { prepare } from "../connection/statement.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import type { UserTable } from "../tables/user-table.ts"

/** A table that links holders (users or groups) with items (permissions or groups). */
interface Link {
  readonly table: string
  readonly holder: string
  readonly item: string
}

export const permissionStatements = (
  { column, hasId, table }: Pick<UserTable<unknown>, "column" | "hasId" | "table">,
  names: DjangoNames
) => {
  const { contentTypes, groupPermissions, groups, permissions, userGroups, userId, userPermissions } = names
  const user = `SELECT u.${column("id")} AS id FROM ${table} u WHERE ${hasId("u")}`
  const group = `SELECT g.id FROM ${groups} g WHERE g.name = ?`
  const permission = `
    SELECT ct.app_label || '.' || p.codename AS name, p.id, p.name AS title FROM ${permissions} p
    JOIN ${contentTypes} ct ON ct.id = p.content_type_id`
  const ofUser: Link = { table: userPermissions, holder: userId, item: "permission_id" }
  const ofGroup: Link = { table: groupPermissions, holder: "group_id", item: "permission_id" }
  const membership: Link = { table: userGroups, holder: userId, item: "group_id" }

  /** Adds or removes links, if the holder and every item exist. The rows are locked, so that they exist until then. */
  const change = (holder: string, items: string, write: string) =>
    prepare(`
      WITH holder AS (${holder} FOR KEY SHARE),
      asked AS (SELECT a.name FROM jsonb_array_elements_text(?::text::jsonb) AS a (name)),
      item AS (SELECT i.name, i.id FROM (${items}) i WHERE i.name IN (SELECT name FROM asked)),
      missing AS (SELECT name FROM asked WHERE name NOT IN (SELECT name FROM item)),
      written AS (${write})
      SELECT (SELECT count(*)::int FROM holder) AS holders,
        (SELECT coalesce(json_agg(name), '[]')::text FROM missing) AS unknown,
        (SELECT coalesce(json_agg(DISTINCT item.name), '[]')::text FROM written JOIN item USING (id)) AS changed`)
  const add = (holder: string, items: string, { holder: left, item: right, table: link }: Link) =>
    change(
      holder,
      items,
      `INSERT INTO ${link} (${left}, ${right}) SELECT holder.id, item.id FROM holder, item
        WHERE NOT EXISTS (SELECT FROM missing) ON CONFLICT DO NOTHING RETURNING ${right} AS id`
    )
  const remove = (holder: string, items: string, { holder: left, item: right, table: link }: Link) =>
    change(
      holder,
      items,
      `DELETE FROM ${link} l USING holder, item
        WHERE l.${left} = holder.id AND l.${right} = item.id AND NOT EXISTS (SELECT FROM missing) RETURNING l.${right} AS id`
    )
  const grantedTo = (holder: string, { holder: left, table: link }: Link, more = "") =>
    prepare(`
      WITH holder AS (${holder}), permission AS NOT MATERIALIZED (${permission})
      SELECT NULL AS group_name, NULL AS permission FROM holder
      UNION ALL SELECT NULL, p.name FROM holder JOIN ${link} l ON l.${left} = holder.id
        JOIN permission p ON p.id = l.permission_id${more}`)

  return {
    createGroup: prepare(`INSERT INTO ${groups} (name) VALUES (?) ON CONFLICT DO NOTHING`),
    deleteGroup: prepare(`
      WITH gone AS (${group} FOR UPDATE),
      permissions AS (DELETE FROM ${groupPermissions} l USING gone WHERE l.group_id = gone.id),
      members AS (DELETE FROM ${userGroups} l USING gone WHERE l.group_id = gone.id)
      DELETE FROM ${groups} g USING gone WHERE g.id = gone.id`),
    groups: prepare(`SELECT name FROM ${groups}`),
    join: add(user, `SELECT name, id FROM ${groups}`, membership),
    leave: remove(user, `SELECT name, id FROM ${groups}`, membership),
    grant: { user: add(user, permission, ofUser), group: add(group, permission, ofGroup) },
    revoke: { user: remove(user, permission, ofUser), group: remove(group, permission, ofGroup) },
    granted: {
      user: grantedTo(
        user,
        ofUser,
        `
      UNION ALL SELECT g.name, p.name FROM holder JOIN ${userGroups} m ON m.${userId} = holder.id
        JOIN ${groups} g ON g.id = m.group_id LEFT JOIN ${groupPermissions} gp ON gp.group_id = g.id
        LEFT JOIN permission p ON p.id = gp.permission_id`
      ),
      group: grantedTo(group, ofGroup)
    },
    all: prepare(`SELECT name AS permission, title AS name FROM (${permission}) p`),
    createPermissions: prepare(`
      WITH asked (app_label, model) AS (VALUES (?::text, ?::text)),
      made AS (
        INSERT INTO ${contentTypes} (app_label, model) SELECT app_label, model FROM asked
        WHERE NOT EXISTS (SELECT FROM ${contentTypes} t WHERE t.app_label = asked.app_label AND t.model = asked.model)
        ON CONFLICT DO NOTHING RETURNING id),
      type AS (
        SELECT id FROM made UNION ALL SELECT t.id FROM ${contentTypes} t JOIN asked USING (app_label, model)),
      wanted AS (
        SELECT w.value->>'codename' AS codename, w.value->>'name' AS name, w.place
        FROM jsonb_array_elements(?::text::jsonb) WITH ORDINALITY AS w (value, place)),
      created AS (
        INSERT INTO ${permissions} (name, content_type_id, codename)
        SELECT w.name, type.id, w.codename FROM wanted w, type
        WHERE NOT EXISTS (
          SELECT FROM ${permissions} p WHERE p.content_type_id = type.id AND p.codename = w.codename)
        ORDER BY w.place ON CONFLICT DO NOTHING RETURNING codename)
      SELECT (SELECT count(*)::int FROM type) AS types,
        (SELECT coalesce(json_agg(codename), '[]')::text FROM created) AS created`)
  }
}
