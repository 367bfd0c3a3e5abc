/** The session table of the memory store: what each change does to its rows. */
import type { CommitAnswer, SessionChange } from "../../../core/effect.ts"
import { forwardingSeconds } from "../../../core/session/forwarding.ts"
import type { SessionKey } from "../../../core/session-key.ts"

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
}

/** A table without sessions. */
export const emptyTable = (): SessionTable => ({ rows: new Map(), forwards: new Map() })

/** The row of a session that has not expired. */
export const rowOf = ({ rows }: SessionTable, key: SessionKey, now: number): MemorySession | undefined => {
  const row = rows.get(key)
  return row === undefined || row.expiresAt <= now ? undefined : row
}

/** Deletes the sessions that expired before `now`. @returns their keys */
export const clearExpired = ({ forwards, rows }: SessionTable, now: number): ReadonlyArray<SessionKey> => {
  const expired = [...rows].flatMap(([key, row]) => (row.expiresAt < now ? [key] : []))
  for (const key of expired) rows.delete(key)
  for (const [key, { until }] of forwards) if (until <= now) forwards.delete(key)
  return expired
}

/** Makes one change. */
export const commit = ({ forwards, rows }: SessionTable, change: SessionChange, now: number): CommitAnswer => {
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
