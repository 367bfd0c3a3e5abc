/** Sets up an empty database as Django would, so that a Django that uses it later has nothing to migrate. */
import * as Effect from "effect/Effect"
import { defaultDjangoVersion, djangoVersions } from "../../../../core/django-version.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../../../errors/errors.ts"
import { optionProblems } from "../../../options/option-kinds.ts"
import {
  type CreateTablesOptions,
  createTablesKinds,
  type StoreTables,
  type TablesStep
} from "../../../ports/store-tables.ts"
import type { Client } from "../connection/client.ts"
import { type Row, script } from "../connection/statement.ts"
import { plainKeyColumn, recordsTable, withoutPlainKeys } from "../sessions/session-records.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import { textsOf } from "../tables/json-column.ts"
import type { UserTable } from "../tables/user-table.ts"
import {
  actions,
  type DjangoTables,
  djangoModels,
  djangoTables,
  type GeneratedIds,
  generatedIds,
  migrationsTable
} from "./django-tables.ts"
import { type TablesFacts, tablesPlan } from "./tables-plan.ts"

/** Two processes that start at the same time run one after the other, and the first may take long. */
const PATIENCE_SECONDS = 60
/** The key of an advisory lock. Any constant number works; this is "latchkey" read as eight bytes. */
const LOCK = "7809647069352092025"

export interface TablesSettings {
  readonly client: Client
  readonly names: DjangoNames
  /** The tables, in groups that are created together. */
  readonly groupsOf: (ids: GeneratedIds) => ReadonlyArray<DjangoTables>
  /** Whether the table of users must exist already. */
  readonly needsUsers: boolean
}

/**
 * Creates the tables that do not exist, and the schema if one is given.
 *
 * - An app of Django is not changed if one of its tables exists, or if one of its migrations is recorded.
 * - A custom user table is created with the columns of Django's own. If it should have other columns, it must exist
 *   already.
 */
export const makeTables = ({ client, groupsOf, names, needsUsers }: TablesSettings): StoreTables => {
  const create = Effect.fnUntraced(function* (
    options: CreateTablesOptions = {}
  ): Effect.fn.Return<ReadonlyArray<TablesStep>, StoreUnavailable | ConfigurationInvalid> {
    const problems = optionProblems(options, createTablesKinds, "createTables.")
    if (problems.length > 0) return yield* new ConfigurationInvalid({ problems })
    const { djangoVersion = defaultDjangoVersion, dryRun = false } = options
    const version = typeof djangoVersion === "string" ? djangoVersions[djangoVersion] : djangoVersion
    const ids = generatedIds(version)
    const groups = groupsOf(ids)
    const run = (text: string) =>
      client.run(script(text), "once", PATIENCE_SECONDS).pipe(
        Effect.mapError((cause) => new StoreUnavailable({ operation: "create tables", cause })),
        Effect.map(factsOf)
      )
    if (needsUsers && !(yield* run(readFacts(names, groups))).tables.includes(names.users)) return yield* noUsers(names)
    const facts = yield* run(dryRun ? readFacts(names, groups) : setUp(names, groups, ids))
    return tablesPlan(
      groups,
      facts,
      names,
      {
        migrations: statementsIn(migrationsTable(names, ids)),
        rows: statementsIn(records(names)),
        of: (group) => statementsIn(ddlOf(names, group)),
        converting: ({ earlier }) => statementsIn(earlier?.ddl ?? "")
      },
      dryRun
    )
  })
  return { create }
}

/** The tables of sessions and users: Django's, and that of users' sessions if they are recorded. */
export const sessionTables =
  (names: DjangoNames, idType: UserTable<unknown>["idType"], recordsSessions: boolean): TablesSettings["groupsOf"] =>
  (ids) => [
    ...djangoTables(names, idType, ids),
    ...(recordsSessions
      ? [
          {
            ...ownTable(names.userSessions, recordsTable(names.userSessions)),
            earlier: { column: plainKeyColumn, ddl: withoutPlainKeys(names.userSessions) }
          }
        ]
      : [])
  ]

/** A table of latchkey's own, which Django does not know. */
export const ownTable = (table: string, ddl: string): DjangoTables => ({ tables: [table], ddl, app: undefined })

const noUsers = ({ users }: DjangoNames) =>
  new ConfigurationInvalid({
    problems: [
      `users.table: there is no table ${users}, and createTables() makes only the columns of Django's auth_user: create it first`
    ]
  })

/** Puts what the database has into a setting of the transaction, and selects it. */
const readFacts = (names: DjangoNames, groups: ReadonlyArray<DjangoTables>): string => {
  const tables = groups.flatMap(({ tables: of }) => of.map((table) => `'${table}'`))
  const apps = groups.flatMap(({ app }) => (app === undefined ? [] : [`'${app.label}'`]))
  const earlier = groups.flatMap(({ earlier: of, tables: [table] }) => (of === undefined ? [] : [{ table, ...of }]))
  const texts = (values: ReadonlyArray<string>) => `ARRAY[${values.map((value) => `'${value}'`).join(", ")}]::text[]`
  return `
DO $latchkey$
DECLARE
  recorded text := '[]';
BEGIN
  IF to_regclass('${names.migrations}') IS NOT NULL THEN
    SELECT coalesce(json_agg(app || '.' || name), '[]')::text INTO recorded
      FROM ${names.migrations} WHERE app = ANY (ARRAY[${apps.join(", ")}]::text[]);
  END IF;
  PERFORM set_config('latchkey.recorded', recorded, true);
END
$latchkey$;
SELECT
  (SELECT coalesce(json_agg(t.name), '[]')::text FROM unnest(ARRAY[${tables.join(", ")}]) AS t (name)
    WHERE to_regclass(t.name) IS NOT NULL) AS tables,
  (SELECT coalesce(json_agg(e.name), '[]')::text
    FROM unnest(${texts(earlier.map(({ table }) => table))}, ${texts(earlier.map(({ column }) => column))}) AS e (name, col)
    JOIN pg_attribute a ON a.attrelid = to_regclass(e.name) AND a.attname = e.col AND NOT a.attisdropped) AS earlier,
  to_regclass('${names.migrations}') IS NOT NULL AS has_migrations,
  current_setting('latchkey.recorded') AS migrations,
  ${names.schema === undefined ? "true" : `to_regnamespace('${names.schema}') IS NOT NULL`} AS schema;
`
}

const factsOf = (results: ReadonlyArray<Row>): TablesFacts => {
  const row = results.find((one) => "has_migrations" in one)
  return {
    tables: textsOf(row?.["tables"]),
    earlier: textsOf(row?.["earlier"]),
    migrations: textsOf(row?.["migrations"]),
    schema: row?.["schema"] === true,
    hasMigrations: row?.["has_migrations"] === true
  }
}

/** One message, and so one transaction. A pooler or an embedded database could separate BEGIN from the rest. */
const setUp = (names: DjangoNames, groups: ReadonlyArray<DjangoTables>, ids: GeneratedIds): string => `
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(${LOCK});
${readFacts(names, groups)}
DO $latchkey$
DECLARE
  created boolean := false;
  recorded jsonb := current_setting('latchkey.recorded')::jsonb;
BEGIN
${groups.map((group) => create(names, group, ids)).join("\n")}
${groups.some(({ app }) => app !== undefined) ? recordAll(names) : ""}
END
$latchkey$;
`

/** Adds content types and permissions, if an app was created. */
const recordAll = (names: DjangoNames): string => `
  IF created AND to_regclass('${names.contentTypes}') IS NOT NULL
    AND to_regclass('${names.permissions}') IS NOT NULL THEN
${records(names)}
  END IF;`

/** Checked first: `CREATE SCHEMA IF NOT EXISTS` needs the right to create a schema even if the schema exists. */
const createSchema = ({ schema }: DjangoNames): string =>
  schema === undefined ? "" : `IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;`

const create = (names: DjangoNames, group: DjangoTables, ids: GeneratedIds): string => `
  IF ${group.tables.map((table) => `to_regclass('${table}') IS NULL`).join(" AND ")}${
    group.app === undefined
      ? ""
      : `
    AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(recorded) r WHERE r LIKE '${group.app.label}.%')`
  } THEN
    ${createSchema(names)}${
      group.app === undefined
        ? ""
        : `
    IF to_regclass('${names.migrations}') IS NULL THEN${migrationsTable(names, ids)}
    END IF;`
    }
${ddlOf(names, group)}
    ${group.app === undefined ? "" : "created := true;"}
  END IF;${
    group.earlier === undefined
      ? ""
      : `
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('${group.tables[0]}')
      AND attname = '${group.earlier.column}' AND NOT attisdropped) THEN${group.earlier.ddl}
  END IF;`
  }`

/** Creates the tables, and records the migrations of their app. */
const ddlOf = ({ migrations }: DjangoNames, { app, ddl }: DjangoTables): string =>
  app === undefined
    ? ddl
    : `${ddl}
INSERT INTO ${migrations} (app, name, applied) VALUES
  ${app.migrations.map((name) => `('${app.label}', '${name}', clock_timestamp())`).join(",\n  ")};`

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

/** Single statements, each without the semicolon. */
const statementsIn = (text: string): ReadonlyArray<string> =>
  text
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")
