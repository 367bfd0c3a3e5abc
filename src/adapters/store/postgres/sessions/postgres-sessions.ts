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
import type { CommitAnswer, LoadSessionAnswer, PrefetchedRow, SessionChange } from "../../../../core/effect.ts"
import { presumedUser } from "../../../../core/session/text/text-head.ts"
import { forwardingSeconds } from "../../../../core/session/writing/forwarding.ts"
import * as SessionKey from "../../../../core/session-key.ts"
import { StoreUnavailable } from "../../../errors/errors.ts"
import type { SessionStore, StoredUserSession, UserSessionStore } from "../../../ports/session-store.ts"
import { makeUserPrefetchCache, type PrefetchKey } from "../../user-prefetch-cache.ts"
import type { Client } from "../connection/client.ts"
import { type DatabaseFailure, isUnencodable, UNIQUE_VIOLATION } from "../connection/database-failure.ts"
import { noRows, type Row, type Rows } from "../connection/statement.ts"
import type { UserTable } from "../tables/user-table.ts"
import { type ReadStatements, type SessionRead, sessionReader } from "./session-reads.ts"
import { listParameters, newRecord, recordOf, recordStatements, visitParameters } from "./session-records.ts"
import { BATCH, FORWARDING, sessionStatements } from "./session-statements.ts"

export interface SessionsSettings {
  /** The quoted name. */
  readonly table: string
  /** The quoted name of the table of records; `undefined` if the sessions of users are not recorded. */
  readonly records: string | undefined
  /** For how many session keys the probable user is remembered. */
  readonly guesses: number
  /** Whether sessions that are read at the same time are read by one statement. */
  readonly batches: boolean
  readonly userTable: UserTable<unknown>
  /** The store of the users that are loaded together with sessions. */
  readonly users: object
}

export const capabilities = { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: true } as const

const ABSENT: LoadSessionAnswer = { _tag: "SessionAbsent" }
const GONE: CommitAnswer = { _tag: "Gone" }
const KEY_TAKEN: CommitAnswer = { _tag: "KeyTaken" }
const DELETED: CommitAnswer = { _tag: "Deleted" }

/** The deadline of maintenance statements. */
const PATIENCE_SECONDS = 30

/** A session to be read, and whose it probably is. */
interface GuessedRead extends SessionRead {
  readonly key: SessionKey.SessionKey
  readonly guess: PrefetchKey | undefined
}

export const makeSessions = (
  client: Client,
  { table, records, guesses: capacity, batches, userTable, users }: SessionsSettings
): SessionStore => {
  const sql = sessionStatements(table, userTable)
  const recorded = records === undefined ? undefined : recordStatements(table, records, userTable)
  const guesses = makeUserPrefetchCache(recorded === undefined ? capacity : 0)
  /** Whether a backend uses the table of users. Until then it may not exist. */
  let loadsUsers = false

  const load = (key: SessionKey.SessionKey, now: number): Effect.Effect<LoadSessionAnswer, StoreUnavailable> => {
    if (!isStorable(key)) return Effect.succeed(ABSENT)
    const guess = guesses.of(key)
    const userId = guess === undefined ? undefined : userTable.parseId(guess.id)
    return (loadsUsers && recorded === undefined ? readWithUser : read)({ key, now, guess, userId })
  }

  /** A row that does not fit the schema is ignored here: the backend loads the user itself and reports the error. */
  const prefetchedOf = (guess: PrefetchKey, row: Row): PrefetchedRow | undefined => {
    const found = userTable.decode(row)
    return found?._tag === "RowInvalid" ? undefined : { ...guess, known: found?.row }
  }

  /** The user whose id the statement has found in the text. */
  const presumed = (text: string, row: Row): PrefetchedRow | undefined => {
    const named = presumedUser(text)
    const found = named === undefined ? undefined : prefetchedOf(named, row)
    return found?.known?.id === named?.id ? found : undefined
  }

  /**
   * The record says whose session it is, so no guess is needed. If the row has no user, the backend is asked: the id may
   * be written in a way that this statement does not understand.
   */
  const foundWithRecord = (row: Row): LoadSessionAnswer => {
    const record = recordOf(row)
    const user = record === undefined ? undefined : prefetchedOf(record.user, row)
    const prefetched = user?.known === undefined ? undefined : user
    return { _tag: "SessionFound", text: textOf(row), prefetched, ...(record === undefined ? {} : { record }) }
  }

  /** @param found makes the answer from a row */
  const reader = (statements: ReadStatements, found: (row: Row, guess: PrefetchKey | undefined) => LoadSessionAnswer) =>
    sessionReader(
      client,
      statements,
      batches,
      ({ guess, key }: GuessedRead, row): LoadSessionAnswer => {
        if (row !== undefined) return found(row, guess)
        guesses.forget(key)
        return ABSENT
      },
      failed("load a session")
    )
  const read =
    recorded === undefined
      ? reader(sql.load, (row) => ({ _tag: "SessionFound", text: textOf(row), prefetched: undefined }))
      : reader(recorded.load, foundWithRecord)
  const readWithUser = reader(sql.loadWithUser, (row, guess) => {
    const text = textOf(row)
    const prefetched = guess === undefined ? presumed(text, row) : prefetchedOf(guess, row)
    return { _tag: "SessionFound", text, prefetched }
  })

  const apply = (change: SessionChange, now: number): Effect.Effect<CommitAnswer, DatabaseFailure> => {
    switch (change._tag) {
      case "Insert": {
        const { key, text, expiresAt, visit } = change
        if (!isStorable(key)) return Effect.succeed(KEY_TAKEN)
        const insert =
          recorded === undefined || visit?.user === undefined
            ? sql.insert(key, text, new Date(expiresAt))
            : recorded.insert(key, ...newRecord(visit, visit.user), key, text, new Date(expiresAt))
        return client.run(insert, "once").pipe(
          Effect.map((rows): CommitAnswer => (rows.count > 0 ? { _tag: "Committed", key, text } : KEY_TAKEN)),
          orKeyTaken
        )
      }
      case "Update": {
        const { key, was, text, expiresAt, visit } = change
        if (!isStorable(key)) return Effect.succeed(GONE)
        const at = new Date(expiresAt)
        const { overwrite, swap } = recorded === undefined || visit === undefined ? sql : recorded
        if (was !== undefined) {
          return client
            .run(swap(text, at, key, was, ...visitParameters(visit), key), "once")
            .pipe(Effect.map(answered(key, text, GONE)))
        }
        return client
          .run(overwrite(text, at, key, ...visitParameters(visit)), "once")
          .pipe(Effect.map((rows) => (rows.count > 0 ? { _tag: "Committed", key, text } : GONE)))
      }
      case "Move": {
        const { from, was, to, text, expiresAt, ifGone, visit } = change
        if (!isStorable(to)) return Effect.succeed(KEY_TAKEN)
        const insertIfGone = ifGone === "Insert"
        if (!isStorable(from)) {
          return insertIfGone
            ? apply({ _tag: "Insert", key: to, text, expiresAt, ...(visit && { visit }) }, now)
            : Effect.succeed(GONE)
        }
        guesses.forget(from)
        const forwarding = forwardingKeyOf(from)
        const keepsUser = change.forwards === true
        const { move, renew } = recorded === undefined || visit === undefined ? sql : recorded
        const moving = keepsUser && forwarding.length <= MAXIMUM_LENGTH ? renew : move
        const row = [from, was ?? null, to, text, new Date(expiresAt), insertIfGone, forwarding] as const
        const times = [new Date(now), forwardingSince(now)] as const
        const statement =
          recorded === undefined || visit?.user === undefined || keepsUser
            ? moving(...row, ...times, ...(visit === undefined ? [] : [...visitParameters(visit), keepsUser]))
            : recorded.login(...row, ...times, ...newRecord(visit, visit.user))
        return client.run(statement, "once").pipe(Effect.map(answered(to, text, GONE)), orKeyTaken)
      }
      case "Delete": {
        const { key } = change
        if (!isStorable(key)) return Effect.succeed(DELETED)
        guesses.forget(key)
        const forwarding = forwardingKeyOf(key)
        const since = forwardingSince(now)
        const remove =
          recorded === undefined
            ? sql.remove(key, forwarding, key, forwarding, since)
            : recorded.remove(key, forwarding, key, key, forwarding, since)
        return client.run(remove, "urgent").pipe(Effect.map((rows) => movedTo(rows[0]) ?? DELETED))
      }
      default:
        return change satisfies never
    }
  }

  const clearExpired = Effect.fnUntraced(function* (now: number, limit = Number.POSITIVE_INFINITY) {
    const before = new Date(now)
    let cleared = 0
    while (cleared < limit) {
      const batch = Math.min(BATCH, limit - cleared)
      const statement = sql.clearSome(before, forwardingSince(now), batch)
      const { count } = yield* client.run(statement, "repeatable", PATIENCE_SECONDS)
      cleared += count
      if (count < batch) break
    }
    if (recorded === undefined || cleared >= limit) return cleared
    for (let last: unknown = ""; typeof last === "string"; ) {
      const rows = yield* client.run(recorded.clearSome(last), "repeatable", PATIENCE_SECONDS)
      last = rows[0]?.["last"]
    }
    return cleared
  }, unavailable("clear expired sessions"))

  const expiryOf = (key: SessionKey.SessionKey): Effect.Effect<number | undefined, StoreUnavailable> =>
    isStorable(key)
      ? client.run(sql.expiry(key), "read").pipe(
          Effect.catchIf(isUnencodable, () => Effect.succeed(noRows)),
          Effect.map((rows) => {
            const at = rows[0]?.["expire_date"]
            return at instanceof Date ? at.getTime() : undefined
          }),
          unavailable("look at a session")
        )
      : Effect.succeed(undefined)

  const countExpired = (now: number) =>
    client.run(sql.countExpired(new Date(now), forwardingSince(now)), "read", PATIENCE_SECONDS).pipe(
      Effect.map((rows) => Number(rows[0]?.["count"])),
      unavailable("count expired sessions")
    )

  const userSessionsOf = ({ list, visit }: NonNullable<typeof recorded>): UserSessionStore => ({
    visit: (key, of) =>
      isStorable(key)
        ? client
            .run(visit(key, ...visitParameters(of)), "repeatable")
            .pipe(Effect.asVoid, unavailable("record the use of a session"))
        : Effect.void,
    list: (query, now) =>
      client.run(list(...listParameters(query, now)), "read").pipe(
        Effect.map((rows) => [...rows].flatMap(listedOf)),
        unavailable("list the sessions of a user")
      )
  })

  return {
    capabilities,
    deadlineSeconds: client.deadlineSeconds,
    load,
    commit: (change, now) => apply(change, now).pipe(unavailable("write a session")),
    clearExpired,
    countExpired,
    expiryOf,
    prefetch: {
      users,
      expectUsers: () => {
        loadsUsers = true
      },
      remember: (key, backend, id) => {
        loadsUsers = true
        if (isStorable(key) && userTable.parseId(id) !== undefined) guesses.remember(key, { backend, id })
      }
    },
    ...(recorded === undefined ? {} : { userSessions: userSessionsOf(recorded) })
  }
}

const answered =
  (key: SessionKey.SessionKey, text: string, otherwise: CommitAnswer) =>
  (rows: Rows): CommitAnswer => {
    const row = rows[0]
    if (row?.["done"] === true) return { _tag: "Committed", key, text }
    const present = row?.["session_data"]
    return typeof present === "string" ? { _tag: "Changed", text: present } : (movedTo(row) ?? otherwise)
  }

/** The unique violation undoes the whole statement: nothing is inserted, and the row of a `Move` still exists. */
const orKeyTaken = (
  write: Effect.Effect<CommitAnswer, DatabaseFailure>
): Effect.Effect<CommitAnswer, DatabaseFailure> =>
  Effect.catchIf(
    write,
    ({ code }) => code === UNIQUE_VIOLATION,
    () => Effect.succeed(KEY_TAKEN)
  )

/** The answer for a session that was moved to another key. */
const movedTo = (row: Row | undefined): CommitAnswer | undefined => {
  const successor = row?.["successor"]
  const to = SessionKey.parse(typeof successor === "string" ? successor : undefined)
  return to === undefined ? undefined : { _tag: "Moved", to }
}

const forwardingKeyOf = (key: SessionKey.SessionKey): string => FORWARDING + key

/** A move at this time or earlier is no longer remembered. */
const forwardingSince = (now: number): Date => new Date(now - forwardingSeconds * 1000)

const listedOf = (row: Row): ReadonlyArray<StoredUserSession> => {
  const { session_key: name } = row
  const key = SessionKey.parse(typeof name === "string" ? name : undefined)
  const record = recordOf(row)
  return key === undefined || record === undefined ? [] : [{ key, text: textOf(row), record }]
}

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

const failed =
  (operation: string) =>
  (cause: DatabaseFailure): StoreUnavailable =>
    new StoreUnavailable({ operation, cause })

const unavailable =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, DatabaseFailure>): Effect.Effect<A, StoreUnavailable> =>
    Effect.mapError(effect, failed(operation))
