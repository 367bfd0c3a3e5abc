/**
 * Sessions in Django's table `django_session`. One statement per operation and no transaction: what must be decided and
 * done together is one statement, and READ COMMITTED lets it see what others committed while it waited for their lock.
 *
 * A `Move` that `forwards` does not delete the old row. It renames it to `moved:` and the old key, with the new key as
 * text, expired. A `Delete` that waited for the lock of the row meets it under that name; a row inserted by the `Move`
 * would not be visible to it. Nothing finds such a row as a session: this store refuses keys that begin like that, a
 * Django that holds the old key finds no row to read or to save, and `clearsessions` removes it like any expired row.
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange, UserHint } from "../../../core/effect.ts"
import { forwardingSeconds } from "../../../core/session/forwarding.ts"
import * as SessionKey from "../../../core/session/key.ts"
import { StoreUnavailable } from "../../interpreter/errors.ts"
import type { SessionStore } from "../../interpreter/ports.ts"
import { type Guess, makeGuesses } from "../guesses.ts"
import type { Client } from "./client.ts"
import { type DatabaseFailure, isUnencodable, UNIQUE_VIOLATION } from "./failure.ts"
import { noRows, prepare, type Row, type Rows } from "./statement.ts"
import type { UserTable } from "./user-table.ts"

export interface SessionsSettings {
  /** Quoted. */
  readonly table: string
  /** How many guesses at whose session a key names are kept. */
  readonly guesses: number
  readonly userTable: UserTable<unknown>
  /** The store of the users that come along. */
  readonly users: object
}

export const capabilities = { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: true } as const

const ABSENT: LoadSessionAnswer = { _tag: "SessionAbsent" }
const GONE: CommitAnswer = { _tag: "Gone" }
const KEY_TAKEN: CommitAnswer = { _tag: "KeyTaken" }
const DELETED: CommitAnswer = { _tag: "Deleted" }

/** How many rows `clearExpired` deletes at once. */
const BATCH = 1000
/** Of maintenance. */
const PATIENCE_SECONDS = 30

export const makeSessions = (
  client: Client,
  { table, guesses: capacity, userTable, users }: SessionsSettings
): SessionStore => {
  const sql = statements(table, userTable)
  const guesses = makeGuesses(capacity)

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
        const hint = guess === undefined || id === undefined ? undefined : hintOf(guess, row)
        return { _tag: "SessionFound", text: textOf(row), hint }
      }),
      unavailable("load a session")
    )
  }

  /** A row that does not fit is left to the backend, whose failure it will be. */
  const hintOf = (guess: Guess, row: Row): UserHint | undefined => {
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
            // The violation undoes the whole statement: the old row is still there.
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
  /** The lock comes first: without it the text reported would be the one of before the wait. */
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
  /** Likewise, and leaves the old row renamed. */
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

/** @param gone what happens to the old row, as a CTE of that name that returns a row if something did */
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

/** Whether it was done, and if not, the text that stood in the way. */
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

/** Where the row went that was looked for. */
const movedTo = (row: Row | undefined): CommitAnswer | undefined => {
  const successor = row?.["successor"]
  const to = SessionKey.parse(typeof successor === "string" ? successor : undefined)
  return to === undefined ? undefined : { _tag: "Moved", to }
}

/** What the name of a row begins with that only says where another one went. */
const FORWARDING = "moved:"

const forwardingKeyOf = (key: SessionKey.SessionKey): string => FORWARDING + key

/** What was moved at this instant or before is no longer remembered. */
const forwardingSince = (now: number): Date => new Date(now - forwardingSeconds * 1000)

const textOf = (row: Row): string => String(row["session_data"])

/** Of the column, in characters (not code units). A longer `moved:` key is not stored: no engine draws such long keys. */
const MAXIMUM_LENGTH = 40

/** Whether the column could hold the key, with no NUL and no lone surrogate, and the key may name a session. */
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
