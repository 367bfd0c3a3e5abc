/**
 * The records of the sessions of users, in a table of latchkey's own beside Django's table of sessions. Each statement
 * changes a session and its record together. It locks the row of the session before that of the record, so that two
 * statements cannot wait for each other.
 *
 * A record without a session may remain if a Django deletes the session, or if a session is deleted while another
 * request records its first visit. Such a record is never listed, and `clearExpired` deletes it.
 *
 * A record holds no session key: a dump of this table lets no reader use a session. It holds the hash of the key, and
 * the first quarter of the key, so that Django's index for LIKE finds the session from its record. Three quarters of a
 * key, 24 of 32 characters or 124 bits, can be neither guessed nor found from the hash.
 */
import type { SessionRecord, SessionUser, SessionVisit } from "../../../../core/effect.ts"
import { mostListed, type UserSessionQuery } from "../../../ports/session-store.ts"
import { type Parameter, prepare, type Row } from "../connection/statement.ts"
import type { UserTable } from "../tables/user-table.ts"
import { readStatements } from "./session-reads.ts"
import { BATCH, deleting, moving, renaming, swapping } from "./session-statements.ts"

/** Creates the table. */
export const recordsTable = (table: string): string => `
CREATE TABLE ${table} (
  key_hash varchar(64) NOT NULL PRIMARY KEY,
  key_start varchar(10) NOT NULL,
  id varchar(43) NOT NULL,
  backend varchar(255) NOT NULL,
  user_id varchar(255) NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  client_address varchar(64) NULL,
  user_agent varchar(512) NULL
);
CREATE INDEX ON ${table} (user_id);`

/** The hash of a session's key. @param key an expression */
const hash = (key: string): string => `encode(sha256(convert_to(${key}, 'UTF8')), 'hex')`

const start = (key: string): string => `left(${key}, length(${key}) / 4)`

/** Earlier versions stored the key itself, in a column with this name. */
export const plainKeyColumn = "session_key"

/** Replaces the keys in a table of an earlier version. The table is written anew, so no key remains in its files. */
export const withoutPlainKeys = (table: string): string => `
ALTER TABLE ${table} ADD COLUMN key_start varchar(10);
UPDATE ${table} SET key_start = ${start(plainKeyColumn)};
ALTER TABLE ${table} ALTER COLUMN key_start SET NOT NULL,
  ALTER COLUMN ${plainKeyColumn} TYPE varchar(64) USING ${hash(plainKeyColumn)};
ALTER TABLE ${table} RENAME COLUMN ${plainKeyColumn} TO key_hash;`

/**
 * The session of a record `r`, as a subquery. It is ordered so that the planner uses the index also where it expects
 * many sessions whose keys begin in the same way.
 *
 * @param table the table of sessions
 * @param columns of the session
 */
const sessionOf = (table: string, columns: string): string => `
      SELECT ${columns} FROM ${table} s
      WHERE s.session_key ~>=~ r.key_start AND s.session_key ~<~ (r.key_start || chr(127))
        AND ${hash("s.session_key")} = r.key_hash
      ORDER BY s.session_key USING ~<~ LIMIT 1`

/** The columns of the table of recorded sessions. */
export const recordColumns = [
  "key_hash",
  "key_start",
  "id",
  "backend",
  "user_id",
  "started_at",
  "seen_at",
  "client_address",
  "user_agent"
] as const
const columns = recordColumns.join(", ")

/** Columns with an alias, because a user may be in the same row. */
const selected = `r.id AS record_id, r.backend AS record_backend, r.user_id AS record_user, r.started_at AS record_started,
      r.seen_at AS record_seen, r.client_address AS record_address, r.user_agent AS record_agent`

/** The parameters are made by {@link visitParameters}. */
const visit = `visit (id, backend, user_id, at, seen_before, client_address, user_agent) AS
      (VALUES (?::varchar, ?::varchar, ?::varchar, ?::timestamptz, ?::timestamptz, ?::varchar, ?::varchar))`

/**
 * Changes the record of a session as the function `visited` of the core does.
 *
 * @param key the session's key, an expression
 * @param written has a row if the session was written
 */
const noting = (records: string, key: string, written: string): string => {
  const isSame = "(r.backend = excluded.backend AND r.user_id = excluded.user_id)"
  return `
    noted AS (
      INSERT INTO ${records} AS r (${columns})
      SELECT ${hash(key)}, ${start(key)}, id, backend, user_id, at, at, client_address, user_agent FROM visit
      WHERE user_id IS NOT NULL AND EXISTS (SELECT FROM ${written})
      ON CONFLICT (key_hash) DO UPDATE SET
        id = CASE WHEN ${isSame} THEN r.id ELSE excluded.id END,
        started_at = CASE WHEN ${isSame} THEN r.started_at ELSE excluded.started_at END,
        backend = excluded.backend, user_id = excluded.user_id, seen_at = excluded.seen_at,
        client_address = excluded.client_address, user_agent = excluded.user_agent
      WHERE NOT ${isSame} OR r.seen_at <= (SELECT seen_before FROM visit)),
    unnoted AS (
      DELETE FROM ${records} r USING visit
      WHERE r.key_hash = ${hash(key)} AND visit.user_id IS NULL AND EXISTS (SELECT FROM ${written}))`
}

/** For `moving`: the record goes along if the session keeps its user. */
const carrying = (records: string): string => `,
    ${visit},
    taken AS (
      DELETE FROM ${records} r USING given
      WHERE r.key_hash = ${hash("given.source")} AND EXISTS (SELECT FROM put) RETURNING r.*),
    carried AS (
      SELECT taken.* FROM taken, visit
      WHERE ?::boolean AND taken.backend = visit.backend AND taken.user_id = visit.user_id),
    kept AS (SELECT carried.* FROM carried, visit WHERE carried.seen_at > visit.seen_before),
    noted AS (
      INSERT INTO ${records} AS r (${columns})
      SELECT ${hash("given.target")}, ${start("given.target")},
        coalesce((SELECT id FROM carried), visit.id), visit.backend, visit.user_id,
        coalesce((SELECT started_at FROM carried), visit.at), coalesce((SELECT seen_at FROM kept), visit.at),
        CASE WHEN EXISTS (SELECT FROM kept) THEN (SELECT client_address FROM kept) ELSE visit.client_address END,
        CASE WHEN EXISTS (SELECT FROM kept) THEN (SELECT user_agent FROM kept) ELSE visit.user_agent END
      FROM given, visit WHERE visit.user_id IS NOT NULL AND EXISTS (SELECT FROM put)
      ON CONFLICT (key_hash) DO UPDATE SET
        id = excluded.id, backend = excluded.backend, user_id = excluded.user_id, started_at = excluded.started_at,
        seen_at = excluded.seen_at, client_address = excluded.client_address, user_agent = excluded.user_agent)`

/** The parameters are made by {@link newRecord}. */
const fresh = `(VALUES (?::varchar, ?::varchar, ?::varchar, ?::timestamptz, ?::varchar, ?::varchar))
        AS fresh (id, backend, user_id, seen, client_address, user_agent)`

/** For `moving` at a login: the record of the old session is deleted, and the new one gets a record. */
const replacing = (records: string): string => `,
    taken AS (
      DELETE FROM ${records} r USING given
      WHERE r.key_hash = ${hash("given.source")} AND EXISTS (SELECT FROM put)),
    noted AS (
      INSERT INTO ${records} (${columns})
      SELECT ${hash("target")}, ${start("target")}, id, backend, user_id, seen, seen, client_address, user_agent
      FROM given, ${fresh}
      WHERE EXISTS (SELECT FROM put))`

/**
 * Statements on sessions and their records. They have the same parameters as those without records, and those of a
 * visit. In `insert` and `login`, the parameters of a new record take the place of a visit.
 */
export const recordStatements = (table: string, records: string, users: UserTable<unknown>) => ({
  /** The record names the user, so that one statement loads all three. */
  load: readStatements(
    ({ key, at }) => `
    SELECT s.session_data, ${selected}, ${users.columns("u")} FROM ${table} s
    LEFT JOIN ${records} r ON r.key_hash = ${hash("s.session_key")}
    LEFT JOIN ${users.table} u ON ${users.hasIdIn("u", "r.user_id")}
    WHERE s.session_key = ${key} AND s.expire_date > ${at}`,
    ({ key, now }) => [key, new Date(now)]
  ),
  /**
   * A unique violation undoes both. Both rows are new, so it does not matter which one PostgreSQL writes first. The
   * first parameter is the key, too.
   */
  insert: prepare(`
    WITH noted AS (
      INSERT INTO ${records} (${columns})
      SELECT ${hash("key")}, ${start("key")}, id, backend, user_id, seen, seen, client_address, user_agent
      FROM (VALUES (?::varchar)) AS given (key), ${fresh})
    INSERT INTO ${table} (session_key, session_data, expire_date) VALUES (?, ?, ?)`),
  overwrite: prepare(`
    WITH given (text, expires, key) AS (VALUES (?::text, ?::timestamptz, ?::varchar)),
    ${visit},
    put AS (
      UPDATE ${table} s SET session_data = given.text, expire_date = given.expires FROM given
      WHERE s.session_key = given.key RETURNING 1),
    ${noting(records, "(SELECT key FROM given)", "put")}
    SELECT 1 AS written FROM put`),
  swap: prepare(swapping(table, `, ${visit}, ${noting(records, "(SELECT session_key FROM put)", "put")}`)),
  login: prepare(moving(table, deleting(table), replacing(records))),
  move: prepare(moving(table, deleting(table), carrying(records))),
  renew: prepare(moving(table, renaming(table), carrying(records))),
  remove: prepare(`
    WITH old AS MATERIALIZED (
      SELECT session_key, session_data, expire_date FROM ${table} WHERE session_key = ? OR session_key = ? FOR UPDATE),
    gone AS (DELETE FROM ${table} s USING old WHERE s.session_key = old.session_key AND s.session_key = ?),
    unnoted AS (
      DELETE FROM ${records} r USING (SELECT count(*) FROM old) AS locked WHERE r.key_hash = ${hash("?::text")})
    SELECT session_data AS successor FROM old WHERE session_key = ? AND expire_date > ?`),
  /** The row of the session is locked, so that a session that is deleted at the same time gets no new record. */
  visit: prepare(`
    WITH found AS MATERIALIZED (SELECT session_key FROM ${table} WHERE session_key = ? FOR KEY SHARE),
    ${visit},
    ${noting(records, "(SELECT session_key FROM found)", "found")}
    SELECT 1 AS found FROM found`),
  list: prepare(`
    SELECT s.session_key, s.session_data, ${selected} FROM ${records} r
    JOIN LATERAL (${sessionOf(table, "session_key, session_data, expire_date")}) s ON true
    WHERE r.user_id = ? AND r.backend IN (SELECT jsonb_array_elements_text(?::text::jsonb))
      AND coalesce(r.id = ?::varchar, true) AND s.expire_date > ?
    ORDER BY r.seen_at DESC LIMIT ${mostListed}`),
  /**
   * Looks at the records behind a hash, in the order of the hashes, and deletes those without a session. Answers with
   * the last hash, if more may follow. So each statement takes the same time, however many records there are.
   */
  clearSome: prepare(`
    WITH page AS MATERIALIZED (
      SELECT key_hash FROM ${records} WHERE key_hash > ? ORDER BY key_hash LIMIT ${BATCH}),
    lone AS MATERIALIZED (
      SELECT key_hash FROM ${records} r WHERE key_hash = ANY (ARRAY(SELECT key_hash FROM page))
        AND (${sessionOf(table, "s.session_key")}) IS NULL
      FOR UPDATE SKIP LOCKED),
    gone AS (DELETE FROM ${records} WHERE key_hash = ANY (ARRAY(SELECT key_hash FROM lone)))
    SELECT CASE WHEN count(*) = ${BATCH} THEN max(key_hash) END AS last FROM page`)
})

/** None without a visit: then the statement without records is used. */
export const visitParameters = (of: SessionVisit | undefined): ReadonlyArray<Parameter> =>
  of === undefined
    ? []
    : [
        of.id,
        of.user?.backend ?? null,
        of.user?.id ?? null,
        new Date(of.at),
        new Date(of.seenBefore),
        of.clientAddress ?? null,
        of.userAgent ?? null
      ]

/** The parameters of a record that does not depend on an earlier one. */
export const newRecord = (
  { at, clientAddress, id: recordId, userAgent }: SessionVisit,
  { backend, id }: SessionUser
): ReadonlyArray<Parameter> => [recordId, backend, id, new Date(at), clientAddress ?? null, userAgent ?? null]

export const listParameters = (query: UserSessionQuery, now: number): ReadonlyArray<Parameter> => [
  query.userId,
  JSON.stringify(query.backends),
  query.id ?? null,
  new Date(now)
]

/** The record in a row; `
undefined` if there is none. */
export const recordOf = (row: Row): SessionRecord | undefined => {
  const { record_id: id, record_backend: backend, record_user: user, record_started: started, record_seen: seen } = row
  if (typeof id !== "string" || typeof backend !== "string" || typeof user !== "string") return undefined
  if (!(started instanceof Date && seen instanceof Date)) return undefined
  const { record_address: clientAddress, record_agent: userAgent } = row
  return {
    id,
    user: { backend, id: user },
    startedAt: started.getTime(),
    seenAt: seen.getTime(),
    clientAddress: typeof clientAddress === "string" ? clientAddress : undefined,
    userAgent: typeof userAgent === "string" ? userAgent : undefined
  }
}
