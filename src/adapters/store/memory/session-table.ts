/** The session table of the memory store: what each change does to its rows. */
import type { CommitAnswer, SessionChange, SessionRecord, SessionVisit } from "../../../core/effect.ts"
import { forwardingSeconds } from "../../../core/session/writing/forwarding.ts"
import { visited } from "../../../core/session/writing/session-record.ts"
import type { SessionKey } from "../../../core/session-key.ts"
import { mostListed, type StoredUserSession, type UserSessionQuery } from "../../ports/session-store.ts"

/** A stored session. */
export interface MemorySession {
  /** The session's data as Django's signed text. */
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The new key of a session that a `Move` has moved. */
export interface Forward {
  /** The new key. */
  readonly to: SessionKey
  /** Epoch milliseconds. */
  readonly until: number
}

/** The stored sessions, and where moved ones have gone. */
export interface SessionTable {
  /** The rows, by key. */
  readonly rows: Map<SessionKey, MemorySession>
  /** The sessions that have moved, by their old key. */
  readonly forwards: Map<SessionKey, Forward>
  /** The records of the sessions of users, by session key. Empty if they are not recorded. */
  readonly records: Map<SessionKey, SessionRecord>
}

/** A table without sessions. */
export const emptyTable = (): SessionTable => ({ rows: new Map(), forwards: new Map(), records: new Map() })

/** The row of a session that has not expired. */
export const rowOf = ({ rows }: SessionTable, key: SessionKey, now: number): MemorySession | undefined => {
  const row = rows.get(key)
  return row === undefined || row.expiresAt <= now ? undefined : row
}

/** The keys of the sessions that expired before `now`. */
export const expiredKeys = ({ rows }: SessionTable, now: number): ReadonlyArray<SessionKey> =>
  [...rows].flatMap(([key, row]) => (row.expiresAt < now ? [key] : []))

/** Deletes at most `limit` of the sessions that expired before `now`. @returns their keys */
export const clearExpired = (table: SessionTable, now: number, limit?: number): ReadonlyArray<SessionKey> => {
  const { forwards, records, rows } = table
  const expired = expiredKeys(table, now).slice(0, limit)
  for (const key of expired) rows.delete(key)
  for (const [key, { until }] of forwards) if (until <= now) forwards.delete(key)
  for (const key of records.keys()) if (!rows.has(key)) records.delete(key)
  return expired
}

/** Makes one change, of the session and of its record. */
export const commit = (table: SessionTable, change: SessionChange, now: number): CommitAnswer => {
  const { records } = table
  const answer = changeRow(table, change, now)
  if (change._tag === "Delete") records.delete(change.key)
  else if (answer._tag === "Committed") {
    if (change._tag === "Move") {
      const before = records.get(change.from)
      records.delete(change.from)
      if (before !== undefined && change.forwards) records.set(change.to, before)
    }
    if (change.visit !== undefined) note(records, answer.key, change.visit)
  }
  return answer
}

/** Records a visit, if the session exists. */
export const visit = (table: SessionTable, key: SessionKey, of: SessionVisit): void => {
  if (table.rows.has(key)) note(table.records, key, of)
}

/** The recorded sessions of a user, those seen last first. */
export const list = (
  table: SessionTable,
  { backends, id, userId }: UserSessionQuery,
  now: number
): ReadonlyArray<StoredUserSession> =>
  [...table.records]
    .flatMap(([key, record]) => {
      const row = rowOf(table, key, now)
      const isAsked = record.user.id === userId && backends.includes(record.user.backend)
      return row !== undefined && isAsked && (id === undefined || record.id === id)
        ? [{ key, text: row.text, record }]
        : []
    })
    .sort((one, other) => other.record.seenAt - one.record.seenAt)
    .slice(0, mostListed)

const note = (records: SessionTable["records"], key: SessionKey, visit: SessionVisit): void => {
  const after = visited(records.get(key), visit)
  if (after === undefined) records.delete(key)
  else records.set(key, after)
}

const changeRow = ({ forwards, rows }: SessionTable, change: SessionChange, now: number): CommitAnswer => {
  switch (change._tag) {
    case "Insert":
      return insert(rows, change)
    case "Update": {
      const row = rows.get(change.key)
      if (row === undefined) return { _tag: "Gone" }
      if (change.was !== undefined && row.text !== change.was) return { _tag: "Changed", text: row.text }
      return put(rows, change)
    }
    case "Move": {
      const { forwards: isForwarded, from, ifGone, to, was } = change
      const row = rows.get(from)
      const next = row === undefined && was === undefined ? successor(forwards, from, now) : undefined
      if (next !== undefined) return { _tag: "Moved", to: next }
      if (row === undefined && ifGone === "Refuse") return { _tag: "Gone" }
      if (row !== undefined && was !== undefined && row.text !== was) return { _tag: "Changed", text: row.text }
      const inserted = insert(rows, { ...change, key: to })
      if (inserted._tag !== "Committed" || !rows.delete(from)) return inserted
      if (isForwarded) forwards.set(from, { to, until: now + forwardingSeconds * 1000 })
      return inserted
    }
    case "Delete": {
      rows.delete(change.key)
      // The forward is kept, so that a repeated delete finds it again.
      const next = successor(forwards, change.key, now)
      return next === undefined ? { _tag: "Deleted" } : { _tag: "Moved", to: next }
    }
    default:
      return change satisfies never
  }
}

const successor = (forwards: SessionTable["forwards"], key: SessionKey, now: number): SessionKey | undefined => {
  const forward = forwards.get(key)
  return forward !== undefined && now < forward.until ? forward.to : undefined
}

interface Row extends MemorySession {
  readonly key: SessionKey
}

const insert = (rows: Map<SessionKey, MemorySession>, row: Row): CommitAnswer =>
  rows.has(row.key) ? { _tag: "KeyTaken" } : put(rows, row)

const put = (rows: Map<SessionKey, MemorySession>, { expiresAt, key, text }: Row): CommitAnswer => {
  rows.set(key, { text, expiresAt })
  return { _tag: "Committed", key, text }
}
