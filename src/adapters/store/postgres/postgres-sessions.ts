/**
 * Sessions in Django's table `django_session`. Each operation is one statement without a transaction. So a decision and
 * its change are made together, and with READ COMMITTED the statement sees what others have committed while it waited
 * for their lock.
 *
 * A `Move` with `forwards` does not delete the old row. It changes the row's key to `moved:` and the old key, its text
 * to the new key, and makes it expired. A `Delete` that waited for the lock of the row then finds it under that key; it
 * could not see a row that the `Move` had inserted. Such a row is never found as a session: this store refuses keys
 * with that prefix. A Django with the old key finds no row to read or save. Django's `clearsessions` deletes such a row
 * like any expired one.
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, PrefetchedRow, SessionChange } from "../../../core/effect.ts"
import { forwardingSeconds } from "../../../core/session/forwarding.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { StoreUnavailable } from "../../ports/errors.ts"
import type { SessionStore } from "../../ports/stores.ts"
import { makeUserPrefetchCache, type PrefetchKey } from "../user-prefetch-cache.ts"
import type { Client } from "./client.ts"
import { type DatabaseFailure, isUnencodable, UNIQUE_VIOLATION } from "./database-failure.ts"
import { noRows, prepare, type Row, type Rows } from "./statement.ts"
import type { UserTable } from "./user-table.ts"

export interface SessionsSettings {
  /** The quoted name. */
  readonly table: string
  /** For how many session keys the probable user is remembered. */
  readonly guesses: number
  readonly userTable: UserTable<unknown>
  /** The store of the users that are loaded together with sessions. */
  readonly users: object
}

export const capabilities = { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: true } as const

const ABSENT: LoadSessionAnswer = { _tag: "SessionAbsent" }
const GONE: CommitAnswer = { _tag: "Gone" }
const KEY_TAKEN: CommitAnswer = { _tag: "KeyTaken" }
const DELETED: CommitAnswer = { _tag: "Deleted" }

/** How many rows one statement of `clearExpired` deletes. */
const BATCH = 1000
/** The deadline of maintenance statements. */
const PATIENCE_SECONDS = 30

export const makeSessions = (
  client: Client,
  { table, guesses: capacity, userTable, users }: SessionsSettings
): SessionStore => {
  const sql = statements(table, userTable)
  const guesses = makeUserPrefetchCache(capacity)

  const load = (key: SessionKey.SessionKey, now: number): Effect.Effect<LoadSessionAnswer, StoreUnavailable> => {
    if (!isStorable(key)) return Effect.succeed(ABSENT)
    const guess = guesses.of(key)
    const id = guess === undefined ? undefined : userTable.parseId(guess.id)
    const at = new Date(now)
    return client.run(id === undefined ? sql.load(key, at) : sql.loadWithUser(id, key, at), "read").pipe(
      Effect.catchIf(isUnencodable, () => Effect.succeed(noRows)),
      Effect.map((rows): LoadSessionAnswer => {
        const row = rows[0]
        if (row === undefined) {
          guesses.forget(key)
          return ABSENT
        }
        const prefetched = guess === undefined || id === undefined ? undefined : prefetchedOf(guess, row)
        return { _tag: "SessionFound", text: textOf(row), prefetched }
      }),
      unavailable("load a session")
    )
  }

  /** A row that does not fit the schema is ignored here: the backend loads the user itself and reports the error. */
  const prefetchedOf = (guess: PrefetchKey, row: Row): PrefetchedRow | undefined => {
    const found = userTable.decode(row)
    return found?._tag === "RowInvalid" ? undefined : { ...guess, known: found?.row }
  }

  const apply = (change: SessionChange, now: number): Effect.Effect<CommitAnswer, DatabaseFailure> => {
    switch (change._tag) {
      case "Insert": {
        const { key, text, expiresAt } = change
        if (!isStorable(key)) return Effect.succeed(KEY_TAKEN)
        return client
          .run(sql.insert(key, text, new Date(expiresAt)), "once")
          .pipe(Effect.map((rows) => (rows.count > 0 ? { _tag: "Committed", key, text } : KEY_TAKEN)))
      }
      case "Update": {
        const { key, was, text, expiresAt } = change
        if (!isStorable(key)) return Effect.succeed(GONE)
        const at = new Date(expiresAt)
        if (was !== undefined) {
          return client.run(sql.swap(key, text, at, was), "once").pipe(Effect.map(answered(key, text, GONE)))
        }
        return client
          .run(sql.overwrite(text, at, key), "once")
          .pipe(Effect.map((rows) => (rows.count > 0 ? { _tag: "Committed", key, text } : GONE)))
      }
      case "Move": {
        const { from, was, to, text, expiresAt, ifGone } = change
        if (!isStorable(to)) return Effect.succeed(KEY_TAKEN)
        const insertIfGone = ifGone === "Insert"
        if (!isStorable(from)) {
          return insertIfGone ? apply({ _tag: "Insert", key: to, text, expiresAt }, now) : Effect.succeed(GONE)
        }
        guesses.forget(from)
        const forwarding = forwardingKeyOf(from)
        const move = change.forwards === true && forwarding.length <= MAXIMUM_LENGTH ? sql.renew : sql.move
        const [expires, at] = [new Date(expiresAt), new Date(now)]
        return client
          .run(move(from, was ?? null, to, text, expires, insertIfGone, forwarding, at, forwardingSince(now)), "once")
          .pipe(
            Effect.map(answered(to, text, GONE)),
            // The unique violation undoes the whole statement, so the old row still exists.
            Effect.catchIf(
              (failure) => failure.code === UNIQUE_VIOLATION,
              () => Effect.succeed(KEY_TAKEN)
            )
          )
      }
      case "Delete": {
        const { key } = change
        if (!isStorable(key)) return Effect.succeed(DELETED)
        guesses.forget(key)
        const forwarding = forwardingKeyOf(key)
        return client
          .run(sql.remove(key, forwarding, key, forwarding, forwardingSince(now)), "repeatable")
          .pipe(Effect.map((rows) => movedTo(rows[0]) ?? DELETED))
      }
      default:
        return change satisfies never
    }
  }

  const clearExpired = Effect.fnUntraced(function* (now: number) {
    const before = new Date(now)
    let cleared = 0
    for (;;) {
      const statement = sql.clearSome(before, forwardingSince(now))
      const { count } = yield* client.run(statement, "repeatable", PATIENCE_SECONDS)
      cleared += count
      if (count < BATCH) return cleared
    }
  }, unavailable("clear expired sessions"))

  return {
    capabilities,
    load,
    commit: (change, now) => apply(change, now).pipe(unavailable("write a session")),
    clearExpired,
    prefetch: {
      users,
      remember: (key, backend, id) => {
        if (isStorable(key) && userTable.parseId(id) !== undefined) guesses.remember(key, { backend, id })
      }
    }
  }
}

const statements = (table: string, users: UserTable<unknown>) => ({
  load: prepare(`SELECT session_data FROM ${table} WHERE session_key = ? AND expire_date > ?`),
  loadWithUser: prepare(`
    SELECT s.session_data, ${users.columns("u")} FROM ${table} s LEFT JOIN ${users.table} u ON ${users.hasId("u")}
    WHERE s.session_key = ? AND s.expire_date > ?`),
  insert: prepare(`
    INSERT INTO ${table} (session_key, session_data, expire_date) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`),
  overwrite: prepare(`UPDATE ${table} SET session_data = ?, expire_date = ? WHERE session_key = ?`),
  remove: prepare(`
    WITH old AS MATERIALIZED (
      SELECT session_key, session_data, expire_date FROM ${table} WHERE session_key IN (?, ?) FOR UPDATE),
    gone AS (DELETE FROM ${table} s USING old WHERE s.session_key = old.session_key AND s.session_key = ?)
    SELECT session_data AS successor FROM old WHERE session_key = ? AND expire_date > ?`),
  clearSome: prepare(`
    DELETE FROM ${table} WHERE session_key IN
      (SELECT session_key FROM ${table}
        WHERE expire_date < ? AND NOT (session_key LIKE '${FORWARDING}%' AND expire_date > ?)
        LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`),
  /** The row is locked first. Otherwise the text that is returned could be older than the wait for the lock. */
  swap: prepare(`
    WITH given (key, text, expires, was) AS (VALUES (?::varchar, ?::text, ?::timestamptz, ?::text)),
    old AS MATERIALIZED (
      SELECT session_data FROM ${table} WHERE session_key = (SELECT key FROM given) FOR UPDATE),
    put AS (
      UPDATE ${table} s SET session_data = given.text, expire_date = given.expires FROM given, old
      WHERE s.session_key = given.key AND old.session_data = given.was RETURNING 1)
    ${answer}`),
  move: moving(
    table,
    `gone AS (DELETE FROM ${table} s USING given, old WHERE s.session_key = given.source AND ${unchanged} RETURNING 1)`
  ),
  /** The same, but the old row is renamed, not deleted. */
  renew: moving(
    table,
    `before AS (
      DELETE FROM ${table} s USING given, old WHERE s.session_key = given.forwarding AND ${unchanged} RETURNING 1),
    gone AS (
      UPDATE ${table} s SET session_key = given.forwarding, session_data = given.target, expire_date = given.at
      FROM given, old, (SELECT count(*) FROM before) AS counted
      WHERE s.session_key = given.source AND ${unchanged} RETURNING 1)`
  )
})

const unchanged = "(given.was IS NULL OR old.session_data = given.was)"

/** @param gone what happens to the old row: a CTE with this name, which returns a row if it changed one */
const moving = (table: string, gone: string) =>
  prepare(`
    WITH given (source, was, target, text, expires, insert_if_gone, forwarding, at, since) AS
      (VALUES (?::varchar, ?::text, ?::varchar, ?::text, ?::timestamptz, ?::boolean, ?::varchar, ?::timestamptz,
        ?::timestamptz)),
    found AS MATERIALIZED (
      SELECT session_key, session_data, expire_date FROM ${table}
      WHERE session_key IN ((SELECT source FROM given), (SELECT forwarding FROM given)) FOR UPDATE),
    old AS (SELECT found.session_data FROM found, given WHERE session_key = source),
    moved AS (
      SELECT found.session_data AS successor FROM found, given
      WHERE session_key = forwarding AND expire_date > since AND was IS NULL AND NOT EXISTS (SELECT FROM old)),
    ${gone},
    put AS (
      INSERT INTO ${table} (session_key, session_data, expire_date) SELECT target, text, expires FROM given
      WHERE EXISTS (SELECT FROM gone)
        OR insert_if_gone AND NOT EXISTS (SELECT FROM old) AND NOT EXISTS (SELECT FROM moved) RETURNING 1)
    ${answer}, (SELECT successor FROM moved) AS successor`)

/** Whether the change was made, and if not, the text that prevented it. */
const answer = `
  SELECT EXISTS (SELECT FROM put) AS done,
    CASE WHEN EXISTS (SELECT FROM put) THEN NULL ELSE (SELECT session_data FROM old) END AS session_data`

const answered =
  (key: SessionKey.SessionKey, text: string, otherwise: CommitAnswer) =>
  (rows: Rows): CommitAnswer => {
    const row = rows[0]
    if (row?.["done"] === true) return { _tag: "Committed", key, text }
    const present = row?.["session_data"]
    return typeof present === "string" ? { _tag: "Changed", text: present } : (movedTo(row) ?? otherwise)
  }

/** The answer for a session that was moved to another key. */
const movedTo = (row: Row | undefined): CommitAnswer | undefined => {
  const successor = row?.["successor"]
  const to = SessionKey.parse(typeof successor === "string" ? successor : undefined)
  return to === undefined ? undefined : { _tag: "Moved", to }
}

/** The prefix of the key of a row that only stores where a session was moved. */
const FORWARDING = "moved:"

const forwardingKeyOf = (key: SessionKey.SessionKey): string => FORWARDING + key

/** A move at this time or earlier is no longer remembered. */
const forwardingSince = (now: number): Date => new Date(now - forwardingSeconds * 1000)

const textOf = (row: Row): string => String(row["session_data"])

/**
 * The length of the column in characters (not code units). A longer `moved:` key is not stored: no engine makes such
 * long keys.
 */
const MAXIMUM_LENGTH = 40

/** Whether the column can hold the key (no NUL, no lone surrogate), and the key can be that of a session. */
const isStorable = (key: SessionKey.SessionKey): boolean =>
  key.length <= 2 * MAXIMUM_LENGTH &&
  (key.length <= MAXIMUM_LENGTH || [...key].length <= MAXIMUM_LENGTH) &&
  !key.includes("\0") &&
  key.isWellFormed() &&
  !key.startsWith(FORWARDING)

const unavailable =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, DatabaseFailure>): Effect.Effect<A, StoreUnavailable> =>
    Effect.mapError(effect, (cause) => new StoreUnavailable({ operation, cause }))
