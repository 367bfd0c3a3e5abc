/** Which tables are created and which are kept, decided by what the database has. */
import type { TablesState, TablesStep } from "../../../ports/store-tables.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import type { DjangoTables } from "./django-tables.ts"

/** What the database has. */
export interface TablesFacts {
  /** The quoted names of the tables that exist, of those that were asked for. */
  readonly tables: ReadonlyArray<string>
  /** Those of these tables that an earlier version of latchkey has made, with other columns. */
  readonly earlier: ReadonlyArray<string>
  /** The recorded migrations, each `<app>.<name>`. */
  readonly migrations: ReadonlyArray<string>
  /** Whether the configured schema exists. */
  readonly schema: boolean
  /** Whether `django_migrations` exists. */
  readonly hasMigrations: boolean
}

/** The statements of a plan, without those of the tables themselves. */
export interface PlanStatements {
  /** Creates `django_migrations`. */
  readonly migrations: ReadonlyArray<string>
  /** Adds content types and permissions. */
  readonly rows: ReadonlyArray<string>
  /** Creates the tables of a group. */
  readonly of: (group: DjangoTables) => ReadonlyArray<string>
  /** Converts the table of a group that an earlier version has made. */
  readonly converting: (group: DjangoTables) => ReadonlyArray<string>
}

export const tablesPlan = (
  groups: ReadonlyArray<DjangoTables>,
  facts: TablesFacts,
  { migrations, schema }: DjangoNames,
  statements: PlanStatements,
  dryRun: boolean
): ReadonlyArray<TablesStep> => {
  const done = dryRun ? "would be " : ""
  const steps = groups.map((group): TablesStep => {
    const state = stateOf(group, facts)
    const { app, tables } = group
    const message = messageOf(group, facts, state, done)
    return {
      app: app?.label,
      tables: tables.map(plain),
      state,
      message,
      statements: state === "missing" ? statements.of(group) : state === "earlier" ? statements.converting(group) : []
    }
  })
  const created = steps.filter(({ state }) => state === "missing")
  if (created.length === 0) return steps
  const ofDjango = created.some(({ app }) => app !== undefined)
  const step = (tables: ReadonlyArray<string>, message: string, sql: ReadonlyArray<string>): TablesStep => ({
    ...{ app: undefined, state: "missing" },
    ...{ tables, message, statements: sql }
  })
  return [
    ...(schema === undefined || facts.schema
      ? []
      : [step([], `the schema ${plain(schema)} does not exist: ${done}created`, [`CREATE SCHEMA ${schema}`])]),
    ...(facts.hasMigrations || !ofDjango
      ? []
      : [step([plain(migrations)], `${plain(migrations)} does not exist: ${done}created`, statements.migrations)]),
    ...steps,
    ...(ofDjango
      ? [step([], `content types and permissions of Django's models: missing ones ${done}added`, statements.rows)]
      : [])
  ]
}

/** A name without quotes: the names that are accepted contain none. */
const plain = (quoted: string): string => quoted.replaceAll('"', "")

const stateOf = ({ app, tables }: DjangoTables, facts: TablesFacts): TablesState => {
  const there = tables.filter((table) => facts.tables.includes(table))
  const recorded = app === undefined ? [] : facts.migrations.filter((name) => name.startsWith(`${app.label}.`))
  if (there.length === 0) return recorded.length === 0 ? "missing" : "recorded"
  // A user model of the project may have no groups and permissions.
  if (there.length < tables.length && (app !== undefined || !there.includes(tables[0]))) return "incomplete"
  if (app === undefined) return tables.some((table) => facts.earlier.includes(table)) ? "earlier" : "complete"
  if (recorded.length === 0) return "unrecorded"
  return app.migrations.every((name) => recorded.includes(`${app.label}.${name}`)) ? "complete" : "older"
}

/** @param done what is put before "created": nothing, or that it is only a plan */
const messageOf = ({ app, tables }: DjangoTables, facts: TablesFacts, state: TablesState, done: string): string => {
  const all = tables.map(plain).join(", ")
  const missing = tables
    .filter((table) => !facts.tables.includes(table))
    .map(plain)
    .join(", ")
  const label = app === undefined ? "" : `the app ${app.label}: `
  switch (state) {
    case "missing":
      return `${label}${all} ${tables.length === 1 ? "does" : "do"} not exist: ${done}created${app === undefined ? "" : ", with the records of Django's migrations"}`
    case "complete":
      return `${label}${all} ${tables.length === 1 ? "exists" : "exist"}: nothing to do`
    case "earlier":
      return `${all} has the columns of an earlier version: ${done}converted`
    case "older":
      return `${label}an older Django has made the tables; they are kept. Run "manage.py migrate" with the Django that owns them`
    case "unrecorded":
      return `${label}the tables exist, but django_migrations does not record how they were made; they are kept. Before a Django uses them, run "manage.py migrate --fake-initial"`
    case "incomplete":
      return `${label}${missing} ${missing.includes(",") ? "do" : "does"} not exist, but other tables of the app do; nothing is changed. Create the missing ones, or drop the others`
    case "recorded":
      return `${label}django_migrations records its migrations, but ${all} ${tables.length === 1 ? "does" : "do"} not exist; nothing is changed. If Django has another user model, name its table in users.table; otherwise restore the tables, or delete the records`
    default:
      return state satisfies never
  }
}
