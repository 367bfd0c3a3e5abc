/** Facts about a database: each function sends one statement. */
import * as Effect from "effect/Effect"
import type { Examine, PasswordCount, PostgresFacts, StoreExamination, TableFacts } from "../../../ports/diagnosis.ts"
import type { Client } from "../connection/client.ts"
import type { DatabaseFailure } from "../connection/database-failure.ts"
import { prepare, type Row, type Rows, type Statement } from "../connection/statement.ts"
import { recordColumns } from "../sessions/session-records.ts"
import type { DjangoNames } from "../tables/django-names.ts"
import { textsOf } from "../tables/json-column.ts"
import type { UserTable } from "../tables/user-table.ts"

/** A table, and what it must have. */
export interface ExpectedTable {
  readonly name: string
  readonly of: TableFacts["of"]
  readonly isOptional?: boolean
  readonly columns: ReadonlyArray<string>
  readonly unique: ReadonlyArray<string>
  readonly indexed: ReadonlyArray<string>
  /** Columns that need an index for LIKE. */
  readonly indexedForLike?: ReadonlyArray<string>
}

/** Counting stops here, so that a large table does not take long. */
const MOST = 100_001
/** The deadline of statements for diagnosis and maintenance. */
export const PATIENCE_SECONDS = 10

export const makeExamine = (
  client: Client,
  names: DjangoNames,
  users: Pick<UserTable<unknown>, "column" | "columnNames" | "table" | "usernameField">,
  recordsSessions: boolean
): Examine => {
  const { pooler } = client
  const run = (statement: Statement<Rows>) => client.run(statement, "repeatable", PATIENCE_SECONDS)
  const expected: ReadonlyArray<ExpectedTable> = [
    {
      ...{ name: names.sessions, of: "sessions", unique: ["session_key"], indexed: ["expire_date"] },
      indexedForLike: recordsSessions ? ["session_key"] : [],
      columns: ["session_key", "session_data", "expire_date"]
    },
    {
      ...{ name: users.table, of: "users", indexed: [] },
      columns: users.columnNames,
      unique: [users.usernameField]
    },
    ...(recordsSessions
      ? [
          {
            ...{ name: names.userSessions, of: "userSessions" as const, unique: ["key_hash"], indexed: ["user_id"] },
            columns: recordColumns
          }
        ]
      : []),
    ...[
      { name: names.permissions, columns: ["id", "content_type_id", "codename"] },
      { name: names.contentTypes, columns: ["id", "app_label", "model"] },
      { name: names.groups, columns: ["id", "name"] },
      { name: names.groupPermissions, columns: ["group_id", "permission_id"] },
      { name: names.userGroups, columns: [bare(names.userId), "group_id"] },
      { name: names.userPermissions, columns: [bare(names.userId), "permission_id"] }
    ].map((table) => ({
      ...table,
      of: "permissions" as const,
      isOptional: !names.usersAreDjangos,
      unique: [],
      indexed: table.columns.slice(0, 1)
    }))
  ]

  const server = Effect.fnUntraced(function* (now: () => number) {
    const sentAt = now()
    const { acceptedBy, row } = yield* client.run(serverFactsOnConnection, "repeatable", PATIENCE_SECONDS)
    const receivedAt = now()
    return {
      version: String(row?.["version"]),
      clockAheadMs: Math.round(Number(row?.["now"]) - (sentAt + receivedAt) / 2),
      isReadOnly: row?.["read_only"] === "on",
      // A pooler makes up a process of its own when it accepts a connection.
      isBehindPooler: acceptedBy > 0 ? acceptedBy !== row?.["pid"] : undefined,
      isolation: String(row?.["isolation"]),
      statementTimeoutMs: Number(row?.["statement_timeout"]),
      defaults: textsOf(row?.["defaults"])
    }
  })
  const examine = Effect.fnUntraced(function* (now: () => number): Effect.fn.Return<StoreExamination, DatabaseFailure> {
    const ofServer = yield* server(now)
    const tables = yield* Effect.forEach(expected, (table) => examineTable(client, table))
    const isThere = (of: TableFacts["of"]) =>
      tables.some((table) => table.of === of && table.schema !== undefined && table.missingColumns.length === 0)
    const [expiredSessions = 0, liveSessions = 0] = isThere("sessions")
      ? yield* countAtMost(client, names.sessions, ["expire_date <= now()", "expire_date > now()"])
      : []
    const samples = isThere("sessions") ? yield* run(sessionTexts(names.sessions)()) : []
    const passwords = isThere("users") ? yield* run(passwordCounts(users.table, users.column("password") ?? "")()) : []
    const facts: PostgresFacts = {
      ...ofServer,
      ...{ store: "postgres", pooler, tables, expiredSessions, liveSessions },
      passwords: Array.from(passwords, passwordsOf)
    }
    return { facts: [facts], texts: Array.from(samples, (row) => String(row["session_data"])) }
  })

  return (now) =>
    examine(now).pipe(
      Effect.catch(({ code, reason }) =>
        Effect.succeed({ facts: [{ store: "postgres" as const, code, reason, pooler }], texts: [] })
      )
    )
}

export const examineTable = (client: Client, table: ExpectedTable): Effect.Effect<TableFacts, DatabaseFailure> =>
  Effect.map(client.run(tableFacts(table.name, bare(table.name)), "repeatable", PATIENCE_SECONDS), ([row]) =>
    tableOf(table, row)
  )

/** How many rows of a table meet each of some conditions. Counting stops at 100,001. */
export const countAtMost = (
  client: Client,
  table: string,
  conditions: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<number>, DatabaseFailure> => {
  const counts = conditions.map(
    (condition, at) => `(SELECT count(*)::int FROM (SELECT FROM ${table} WHERE ${condition} LIMIT ${MOST}) s) AS c${at}`
  )
  return Effect.map(client.run(prepare(`SELECT ${counts.join(", ")}`)(), "repeatable", PATIENCE_SECONDS), ([row]) =>
    conditions.map((_, at) => Number(row?.[`c${at}`] ?? 0))
  )
}

/** A quoted name without its schema and the quotes. */
const bare = (name: string): string => name.replace(/^.*\."/, "").replaceAll('"', "")

const serverFacts = `
  SELECT current_setting('server_version') AS version, pg_backend_pid() AS pid,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
    CASE WHEN pg_is_in_recovery() THEN 'on' ELSE current_setting('transaction_read_only') END AS read_only,
    current_setting('transaction_isolation') AS isolation,
    (SELECT setting FROM pg_settings WHERE name = 'statement_timeout') AS statement_timeout,
    (SELECT coalesce(json_agg(one), '[]')::text FROM pg_db_role_setting s
      JOIN pg_roles r ON r.rolname = current_user
      LEFT JOIN pg_database d ON d.datname = current_database(), unnest(s.setconfig) AS one
      WHERE s.setrole IN (0, r.oid) AND s.setdatabase IN (0, d.oid)) AS defaults`

/** With the process that the server named when it accepted the connection. */
const serverFactsOnConnection: Statement<{ readonly acceptedBy: number; readonly row: Row | undefined }> = (sql) =>
  sql.unsafe<Array<Row>>(serverFacts).then((rows) => ({ acceptedBy: rows.state.pid, row: rows[0] }))

const tableFacts = prepare(`
  SELECT n.nspname AS schema,
    (SELECT coalesce(json_agg(ns.nspname), '[]')::text FROM pg_class o JOIN pg_namespace ns ON ns.oid = o.relnamespace
      WHERE o.relname = asked.bare AND o.relkind IN ('r', 'p', 'v') AND o.oid IS DISTINCT FROM c.oid) AS others,
    (SELECT coalesce(json_agg(a.attname), '[]')::text FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT coalesce(json_agg(a.attname), '[]')::text FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = c.oid AND i.indisvalid) AS indexed,
    (SELECT coalesce(json_agg(a.attname), '[]')::text FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      JOIN pg_opclass oc ON oc.oid = i.indclass[0] JOIN pg_opfamily f ON f.oid = oc.opcfamily
      WHERE i.indrelid = c.oid AND i.indisvalid AND f.opfname = 'text_pattern_ops') AS indexed_for_like,
    (SELECT coalesce(json_agg(a.attname), '[]')::text FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = c.oid AND i.indisvalid AND i.indisunique AND i.indnkeyatts = 1) AS unique_columns
  FROM (VALUES (?::text, ?::text)) AS asked (name, bare)
  LEFT JOIN pg_class c ON c.oid = to_regclass(asked.name) LEFT JOIN pg_namespace n ON n.oid = c.relnamespace`)

const tableOf = (
  { columns, indexed, indexedForLike = [], isOptional = false, name, of, unique }: ExpectedTable,
  row: Row | undefined
): TableFacts => {
  const schema = row?.["schema"]
  const isThere = typeof schema === "string"
  const has = textsOf(row?.["columns"])
  const missingColumns = isThere ? columns.filter((column) => !has.includes(column)) : []
  const missing = (wanted: ReadonlyArray<string>, list: unknown, kind: { isUnique: boolean; isForLike: boolean }) => {
    const present = textsOf(list)
    return wanted
      .filter((column) => has.includes(column) && !present.includes(column))
      .map((column) => ({ column, ...kind }))
  }
  return {
    ...{ name, of, isOptional, missingColumns },
    schema: isThere ? schema : undefined,
    otherSchemas: textsOf(row?.["others"]),
    missingIndexes: [
      ...missing(unique, row?.["unique_columns"], { isUnique: true, isForLike: false }),
      ...missing(indexed, row?.["indexed"], { isUnique: false, isForLike: false }),
      ...missing(indexedForLike, row?.["indexed_for_like"], { isUnique: false, isForLike: true })
    ]
  }
}

const sessionTexts = (table: string) =>
  prepare(`SELECT session_data FROM ${table} WHERE expire_date > now() ORDER BY expire_date DESC LIMIT 5`)

/** Only names of known algorithms are read: another text may be a password that was stored without a hash. */
const passwordCounts = (table: string, password: string) =>
  prepare(`
    SELECT algorithm, coalesce(CASE
        WHEN algorithm ~ '^pbkdf2' THEN iterations
        WHEN algorithm = 'scrypt' THEN 'N=' || iterations || ',r=' || factors[1] || ',p=' || factors[2]
        WHEN algorithm = 'argon2' THEN parameters
        WHEN algorithm ~ '^bcrypt' THEN rounds END, '') AS cost,
      count(*)::int AS users
    FROM (
      SELECT substring(${password} from '^[a-z0-9_]+[$]([0-9]{1,12})[$]') AS iterations,
        regexp_match(${password}, '^scrypt[$][0-9]{1,12}[$][^$]*[$]([0-9]{1,6})[$]([0-9]{1,6})[$]') AS factors,
        substring(${password} from '[$](m=[0-9]{1,9},t=[0-9]{1,9},p=[0-9]{1,3})[$]') AS parameters,
        substring(${password} from '^[a-z0-9_]+[$][$]2[abxy][$]([0-9]{2})[$]') AS rounds, CASE
        WHEN ${password} LIKE '!%' THEN 'unusable'
        WHEN split_part(${password}, '$', 1) IN ('pbkdf2_sha256', 'pbkdf2_sha1', 'argon2', 'bcrypt_sha256', 'bcrypt',
          'scrypt', 'md5', 'sha1') AND ${password} LIKE '%$%' THEN split_part(${password}, '$', 1)
        ELSE 'unknown' END AS algorithm
      FROM (SELECT ${password} FROM ${table} LIMIT 10000) few) read
    GROUP BY 1, 2 ORDER BY 3 DESC`)

const passwordsOf = (row: Row): PasswordCount => ({
  algorithm: String(row["algorithm"]),
  cost: String(row["cost"]),
  users: Number(row["users"])
})
