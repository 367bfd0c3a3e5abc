/**
 * The SQL of Django's table of sessions. Each statement makes one change, without a transaction. A text that is
 * returned was read with a lock: otherwise it could be older than the wait for the lock of another transaction.
 */
import { textHeads } from "../../../../core/session/text/text-head.ts"
import { prepare } from "../connection/statement.ts"
import type { IdForm } from "../tables/id-types.ts"
import type { UserTable } from "../tables/user-table.ts"
import { readStatements } from "./session-reads.ts"

/** How many rows one statement of `clearExpired` deletes. */
export const BATCH = 1000

/** The prefix of the key of a row that only stores where a session was moved. */
export const FORWARDING = "moved:"

/** Rows that expired before the first instant, except rows that forward to another key since the second one. */
const expired = `expire_date < ? AND NOT (session_key LIKE '${FORWARDING}%' AND expire_date > ?)`

export const sessionStatements = (table: string, users: UserTable<unknown>) => ({
  load: readStatements(
    ({ key, at }) => `SELECT session_data FROM ${table} WHERE session_key = ${key} AND expire_date > ${at}`,
    ({ key, now }) => [key, new Date(now)]
  ),
  loadWithUser: readStatements(
    ({ key, at, userId }) => `
    SELECT s.session_data, ${users.columns("u")} FROM ${table} s
    LEFT JOIN ${users.table} u ON ${users.hasIdOr("u", userId, presumedId)}
    WHERE s.session_key = ${key} AND s.expire_date > ${at}`,
    ({ key, now, userId }) => [userId ?? null, key, new Date(now)]
  ),
  insert: prepare(`INSERT INTO ${table} (session_key, session_data, expire_date) VALUES (?, ?, ?)`),
  overwrite: prepare(`UPDATE ${table} SET session_data = ?, expire_date = ? WHERE session_key = ?`),
  remove: prepare(`
    WITH old AS MATERIALIZED (
      SELECT session_key, session_data, expire_date FROM ${table} WHERE session_key = ? OR session_key = ? FOR UPDATE),
    gone AS (DELETE FROM ${table} s USING old WHERE s.session_key = old.session_key AND s.session_key = ?)
    SELECT session_data AS successor FROM old WHERE session_key = ? AND expire_date > ?`),
  /** An array, not a subquery: the planner would expect many rows for an unknown limit, and read the whole table. */
  clearSome: prepare(`
    DELETE FROM ${table} WHERE session_key = ANY (ARRAY(
      SELECT session_key FROM ${table} WHERE ${expired} ORDER BY expire_date LIMIT ?::int FOR UPDATE SKIP LOCKED))`),
  expiry: prepare(`SELECT expire_date FROM ${table} WHERE session_key = ?`),
  countExpired: prepare(`SELECT count(*) AS count FROM ${table} WHERE ${expired}`),
  swap: prepare(swapping(table)),
  move: prepare(moving(table, deleting(table))),
  renew: prepare(moving(table, renaming(table)))
})

/**
 * The user id at the beginning of the session's text, as an expression that is null if the text has none there. It
 * reads a few bytes, however long the text is. It never fails: only base64 digits are decoded, and bytes that are not
 * ASCII are escaped. Ids contain no bytes that are written with the digits `-` and `_`.
 */
const presumedId = ({ bytes, pattern }: IdForm): string => {
  const count = (bytes / 3) * 4
  const cases = textHeads.map(
    (head) =>
      `WHEN left(s.session_data, ${head.length}) = '${head}' THEN substr(s.session_data, ${head.length + 1}, ${count})`
  )
  const digits = `rpad(substring(CASE ${cases.join(" ")} END from '^[A-Za-z0-9]*$'), ${count}, 'A')`
  return `substring(encode(decode(${digits}, 'base64'), 'escape') from '^"*(${pattern})"')`
}

/** For {@link moving}: the old row is deleted. */
export const deleting = (table: string): string =>
  `gone AS (DELETE FROM ${table} s USING given, old WHERE s.session_key = given.source AND ${unchanged} RETURNING 1)`

/** For {@link moving}: the old row is renamed, so that it stores where the session was moved. */
export const renaming = (table: string): string => `
    before AS (
      DELETE FROM ${table} s USING given, old WHERE s.session_key = given.forwarding AND ${unchanged} RETURNING 1),
    gone AS (
      UPDATE ${table} s SET session_key = given.forwarding, session_data = given.target, expire_date = given.at
      FROM given, old, (SELECT count(*) FROM before) AS counted
      WHERE s.session_key = given.source AND ${unchanged} RETURNING 1)`

const unchanged = "(given.was IS NULL OR old.session_data = given.was)"

/**
 * The row is read only if it was not written: then the lock makes the statement read what others have committed while
 * it waited.
 *
 * @param further CTEs, each after a comma. `put` has a row if the session was written
 */
export const swapping = (table: string, further = ""): string => `
    WITH put AS (
      UPDATE ${table} SET session_data = ?, expire_date = ? WHERE session_key = ? AND session_data = ?
      RETURNING session_key)
    ${further}
    SELECT EXISTS (SELECT FROM put) AS done,
      CASE WHEN EXISTS (SELECT FROM put) THEN NULL ELSE
        (SELECT session_data FROM ${table} WHERE session_key = ? FOR UPDATE) END AS session_data`

/**
 * @param gone what happens to the old row: a CTE with this name, which returns a row if it changed one
 * @param further CTEs, each after a comma. `put` has a row if the session was moved
 */
export const moving = (table: string, gone: string, further = ""): string => `
    WITH given (source, was, target, text, expires, insert_if_gone, forwarding, at, since) AS
      (VALUES (?::varchar, ?::text, ?::varchar, ?::text, ?::timestamptz, ?::boolean, ?::varchar, ?::timestamptz,
        ?::timestamptz)),
    found AS MATERIALIZED (
      SELECT session_key, session_data, expire_date FROM ${table}
      WHERE session_key = (SELECT source FROM given) OR session_key = (SELECT forwarding FROM given) FOR UPDATE),
    old AS (SELECT found.session_data FROM found, given WHERE session_key = source),
    moved AS (
      SELECT found.session_data AS successor FROM found, given
      WHERE session_key = forwarding AND expire_date > since AND was IS NULL AND NOT EXISTS (SELECT FROM old)),
    ${gone},
    put AS (
      INSERT INTO ${table} (session_key, session_data, expire_date) SELECT target, text, expires FROM given
      WHERE EXISTS (SELECT FROM gone)
        OR insert_if_gone AND NOT EXISTS (SELECT FROM old) AND NOT EXISTS (SELECT FROM moved) RETURNING 1)
    ${further}
    ${answer}, (SELECT successor FROM moved) AS successor`

/** Whether the change was made, and if not, the text that prevented it. */
const answer = `
  SELECT EXISTS (SELECT FROM put) AS done,
    CASE WHEN EXISTS (SELECT FROM put) THEN NULL ELSE (SELECT session_data FROM old) END AS session_data`
