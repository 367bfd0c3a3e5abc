/** Sets up an empty database as Django would, so that a Django that uses it later has nothing to migrate. */
import * as Effect from "effect/Effect"
import { ConfigurationInvalid, StoreUnavailable } from "../../ports/errors.ts"
import type { Client } from "./client.ts"
import type { DjangoNames } from "./django-names.ts"
import { actions, type DjangoTables, djangoModels, djangoTables, migrationsTable } from "./django-tables.ts"
import { createRecords } from "./session-records.ts"
import { prepare, type Statement, script } from "./statement.ts"
import type { IdType, UserTable } from "./user-table.ts"

/** Two processes that start at the same time run one after the other, and the first may take long. */
const PATIENCE_SECONDS = 60
/** The key of an advisory lock. Any constant number works; this is "latchkey" read as eight bytes. */
const LOCK = "7809647069352092025"

/**
 * Creates the tables that do not exist, and the schema if one is given.
 *
 * - An app of Django whose tables exist is not changed, even if its tables are incomplete.
 * - An app is also not changed if its migrations are recorded but its table is missing (a project with a custom user
 *   model).
 * - The table of users' sessions, if they are recorded, is latchkey's own. Django does not know it.
 * - A custom user table is created with the columns of Django's own. If it is to have other columns, it must exist
 *   already.
 */
export const createTables = Effect.fnUntraced(function* (
  client: Client,
  names: DjangoNames,
  { hasDjangoColumns, idType }: Pick<UserTable<unknown>, "hasDjangoColumns" | "idType">,
  userSessions = false
): Effect.fn.Return<void, StoreUnavailable | ConfigurationInvalid> {
  const run = <A>(statement: Statement<A>) =>
    Effect.mapError(
      client.run(statement, "once", PATIENCE_SECONDS),
      (cause) => new StoreUnavailable({ operation: "create tables", cause })
    )
  if (!hasDjangoColumns) {
    const [found] = yield* run(isThere(names.users))
    if (found?.["there"] !== true) return yield* noUsers(names)
  }
  yield* run(script(setUp(names, idType, userSessions)))
})

const isThere = prepare("SELECT to_regclass(?) IS NOT NULL AS there")

const noUsers = ({ users }: DjangoNames) =>
  new ConfigurationInvalid({
    problems: [
      `users.table: there is no table ${users}, and createTables() makes only the columns of Django's auth_user: create it first`
    ]
  })

/** One message, and so one transaction. A pooler or an embedded database could separate BEGIN from the rest. */
const setUp = (names: DjangoNames, idType: IdType, userSessions: boolean): string => `
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(${LOCK});
DO $latchkey$
DECLARE
  created boolean := false;
BEGIN
${createSchema(names)}
${migrationsTable(names)}
${djangoTables(names, idType)
  .map((tables) => create(names, tables))
  .join("\n")}
  IF created THEN
${records(names)}
  END IF;
${userSessions ? createRecords(names.userSessions) : ""}
END
$latchkey$;
`

/** Checked first: `CREATE SCHEMA IF NOT EXISTS` needs the right to create a schema even if the schema exists. */
const createSchema = ({ schema }: DjangoNames): string =>
  schema === undefined ? "" : `IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;`

const create = ({ migrations }: DjangoNames, { app, ddl, table }: DjangoTables): string =>
  app === undefined
    ? `
  IF to_regclass('${table}') IS NULL THEN
${ddl}
    created := true;
  END IF;`
    : `
  IF to_regclass('${table}') IS NULL AND NOT EXISTS (SELECT FROM ${migrations} WHERE app = '${app.label}') THEN
${ddl}
    INSERT INTO ${migrations} (app, name, applied) VALUES
      ${app.migrations.map((name) => `('${app.label}', '${name}', clock_timestamp())`).join(",\n      ")};
    created := true;
  END IF;`

/** The rows that Django adds after every migration, if they are missing. */
const records = (names: DjangoNames): string => {
  const models = djangoModels(names)
  const types = models.map(({ app, model }) => `('${app}', '${model}')`)
  const permissions = models.flatMap(({ app, model, verboseName }) =>
    actions.map((action) => `('${app}', '${model}', '${action}_${model}', 'Can ${action} ${verboseName}')`)
  )
  return `
    INSERT INTO ${names.contentTypes} (app_label, model)
      SELECT app, model FROM (VALUES ${types.join(", ")}) AS wanted (app, model)
      WHERE NOT EXISTS (
        SELECT FROM ${names.contentTypes} t WHERE t.app_label = wanted.app AND t.model = wanted.model);
    INSERT INTO ${names.permissions} (name, content_type_id, codename)
      SELECT wanted.name, t.id, wanted.codename
      FROM (VALUES ${permissions.join(",\n        ")}) AS wanted (app, model, codename, name)
      JOIN ${names.contentTypes} t ON t.app_label = wanted.app AND t.model = wanted.model
      WHERE NOT EXISTS (
        SELECT FROM ${names.permissions} p WHERE p.content_type_id = t.id AND p.codename = wanted.codename)
      ORDER BY t.id, wanted.codename;`
}
