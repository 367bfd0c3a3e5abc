/**
 * The SQL of the table of a throttle store. It does what `core/throttle/throttle.ts` says, by the server's clock in
 * whole milliseconds.
 *
 * An attempt is one statement for all its keys, without a transaction:
 *
 * 1. `seen` reads whether the key has to wait. Then the attempt is refused, and no row is locked or written.
 * 2. `took` inserts the row, or locks it. With READ COMMITTED it then sees what other attempts have written while it
 *    waited for the lock, so it decides anew whether the key has to wait. `taken_in` tells which of the two happened.
 * 3. The next key follows if the attempt was counted for this one.
 *
 * All statements lock the keys of an attempt in the given order, so that two of them do not wait for each other.
 */

import { prepare } from "../connection/statement.ts"
import { BATCH } from "../sessions/session-statements.ts"

/** Creates the table. */
export const throttleTable = (table: string): string => `
CREATE TABLE ${table} (
  key varchar(64) NOT NULL PRIMARY KEY,
  failures integer NOT NULL,
  waits_until timestamptz NOT NULL,
  forgotten_at timestamptz NOT NULL,
  taken_in bigint NOT NULL
);
CREATE INDEX ON ${table} (forgotten_at);`

/** The columns of the table. `taken_in` is the id of the transaction that counted the last attempt. */
export const throttleColumns = ["key", "failures", "waits_until", "forgotten_at", "taken_in"] as const

/** Volatile, so that PostgreSQL evaluates it once for each row in which it stands. */
const now = "(SELECT date_trunc('milliseconds', clock_timestamp()) AS at) n"

/**
 * Whether an attempt at `n.at` has to wait. An instant that no delay reaches was written before a clock was set back.
 */
const waits = `(t.waits_until > n.at
  AND t.waits_until - n.at <= make_interval(secs => coalesce(a.delays[cardinality(a.delays)], 0)))`

const delayAfter = (failures: string): string =>
  `make_interval(secs => coalesce(a.delays[least(${failures}, cardinality(a.delays))], 0))`

const forget = "make_interval(secs => a.forget)"

/** Parts of a statement, one for each number from 0. */
const parts = (count: number, part: (at: number) => string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, at) => part(at))

/** @param keys the number of keys */
const taking = (table: string, keys: number): string => `
  WITH asked (at, key, delays, forget) AS (
    VALUES ${parts(keys, (at) => `(${at}, ?::varchar, ?::text::float8[], ?::float8)`).join(", ")}),
  ${parts(keys, (at) => takingOne(table, at)).join(",")}
  ${parts(
    keys,
    (at) => `
    SELECT ${at} AS at, false AS taken, waits_until FROM seen${at} UNION ALL
    SELECT ${at}, taken, waits_until FROM took${at}`
  ).join(" UNION ALL")}
  ORDER BY at`

const takingOne = (table: string, at: number): string => {
  const isNext = at === 0 ? "" : `AND EXISTS (SELECT FROM took${at - 1} WHERE taken)`
  return `
  seen${at} AS MATERIALIZED (
    SELECT t.waits_until FROM asked a JOIN ${table} t ON t.key = a.key, ${now} WHERE a.at = ${at} AND ${waits} ${isNext}),
  took${at} AS (
    INSERT INTO ${table} AS t (key, failures, waits_until, forgotten_at, taken_in)
    SELECT a.key, 1, n.at + ${delayAfter("1")}, n.at + ${forget}, txid_current() FROM asked a, ${now}
    WHERE a.at = ${at} AND NOT EXISTS (SELECT FROM seen${at}) ${isNext}
    ON CONFLICT (key) DO UPDATE SET (failures, waits_until, forgotten_at, taken_in) = (
      SELECT CASE WHEN w.waits THEN t.failures ELSE f.failures END,
        CASE WHEN w.waits THEN t.waits_until ELSE n.at + ${delayAfter("f.failures")} END,
        CASE WHEN w.waits THEN t.forgotten_at ELSE n.at + ${forget} END,
        CASE WHEN w.waits THEN t.taken_in ELSE txid_current() END
      FROM asked a, ${now}, LATERAL (SELECT ${waits} AS waits) w,
        LATERAL (SELECT CASE WHEN t.forgotten_at > n.at THEN t.failures + 1 ELSE 1 END AS failures) f
      WHERE a.at = ${at})
    RETURNING t.taken_in = txid_current() AS taken, t.waits_until)`
}

/** A change without `until` is a `Reset`. @param changes the number of changes */
const settling = (table: string, changes: number): string => `
  WITH ${parts(changes, (at) => settlingOne(table, at)).join(",")}
  SELECT 1`

/** The row is locked before it is read, so that the number of failures is not older than the wait for the lock. */
const settlingOne = (table: string, at: number): string => `
  given${at} (key, until) AS (VALUES (?::varchar, ?::timestamptz)),
  old${at} AS MATERIALIZED (
    SELECT t.key, g.until, g.until IS NULL OR t.failures <= 1 AS ends
    FROM ${table} t JOIN given${at} g ON t.key = g.key${at === 0 ? "" : `, (SELECT count(*) FROM old${at - 1}) AS before`}
    FOR UPDATE OF t),
  less${at} AS (
    UPDATE ${table} t SET failures = t.failures - 1,
      waits_until = CASE WHEN t.waits_until = old.until THEN 'epoch' ELSE t.waits_until END
    FROM old${at} old WHERE t.key = old.key AND NOT old.ends),
  gone${at} AS (DELETE FROM ${table} t USING old${at} old WHERE t.key = old.key AND old.ends)`

/** A prepared statement for each number of keys. */
const forEachNumber = (text: (count: number) => string) => {
  const prepared = new Map<number, ReturnType<typeof prepare>>()
  return (count: number): ReturnType<typeof prepare> => {
    const known = prepared.get(count) ?? prepare(text(count))
    prepared.set(count, known)
    return known
  }
}

const columns = "key, failures, waits_until, forgotten_at"

/**
 * Lists and the removal of forgotten keys may be a moment late: `now()`, unlike `clock_timestamp()`, can use the index.
 *
 * @param most how many keys are listed
 */
export const throttleStatements = (table: string, most: number) => ({
  /** Parameters: key, delays as an array literal, seconds after which failures are forgotten; for each key. */
  take: forEachNumber((keys) => taking(table, keys)),
  /** Parameters: key, `until` or null; for each change. */
  settle: forEachNumber((changes) => settling(table, changes)),
  list: prepare(`
    SELECT ${columns} FROM ${table} WHERE forgotten_at > now()
    ORDER BY waits_until DESC, forgotten_at DESC LIMIT ${most}`),
  /** Parameter: the keys as JSON. */
  listSome: prepare(`
    SELECT ${columns} FROM ${table}
    WHERE forgotten_at > now() AND key IN (SELECT jsonb_array_elements_text(?::text::jsonb))
    ORDER BY waits_until DESC, forgotten_at DESC LIMIT ${most}`),
  clearSome: prepare(`
    DELETE FROM ${table} WHERE key = ANY (ARRAY(
      SELECT key FROM ${table} WHERE forgotten_at <= now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`)
})
