/** The session table as an immutable value, with the answers that the core's queries expect of a store. */
import type * as Core from "../../src/core/index.ts"
import { forwardingSeconds } from "../../src/core/index.ts"

export interface Row {
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Table {
  readonly rows: ReadonlyMap<Core.SessionKey.SessionKey, Row>
  /** The new keys of sessions that a `Move` has moved, and until when a `Delete` of the old key finds them. */
  readonly forwards: ReadonlyMap<Core.SessionKey.SessionKey, Forward>
}

interface Forward {
  readonly to: Core.SessionKey.SessionKey
  /** Epoch milliseconds. */
  readonly until: number
}

export interface Changed {
  readonly table: Table
  readonly answer: Core.CommitAnswer
}

/** How the table behaves. Stores with a fault replace one of the functions. */
export interface Store {
  readonly name: string
  readonly load: (table: Table, key: Core.SessionKey.SessionKey, now: number) => Core.LoadSessionAnswer<never>
  readonly commit: (table: Table, change: Core.SessionChange, now: number) => Changed
}

export const load: Store["load"] = ({ rows }, key, now) => {
  const row = rows.get(key)
  return row === undefined || row.expiresAt <= now
    ? { _tag: "SessionAbsent" }
    : { _tag: "SessionFound", text: row.text, prefetched: undefined }
}

export const commit: Store["commit"] = (table, change, now) => {
  const { forwards, rows } = table
  const refused = (answer: Core.CommitAnswer): Changed => ({ table, answer })
  switch (change._tag) {
    case "Insert":
      return rows.has(change.key) ? refused({ _tag: "KeyTaken" }) : put(table, change.key, change)
    case "Update": {
      const row = rows.get(change.key)
      if (row === undefined) return refused({ _tag: "Gone" })
      if (change.was !== undefined && change.was !== row.text) return refused({ _tag: "Changed", text: row.text })
      return put(table, change.key, change)
    }
    case "Move": {
      const { from, ifGone, to, was } = change
      const row = rows.get(from)
      const next = row === undefined && was === undefined ? successor(table, from, now) : undefined
      if (next !== undefined) return refused({ _tag: "Moved", to: next })
      if (row === undefined && ifGone === "Refuse") return refused({ _tag: "Gone" })
      if (row !== undefined && was !== undefined && row.text !== was)
        return refused({ _tag: "Changed", text: row.text })
      if (rows.has(to)) return refused({ _tag: "KeyTaken" })
      const without = new Map(rows)
      const forwarded = without.delete(from) && change.forwards === true
      const until = now + forwardingSeconds * 1000
      return put(
        { rows: without, forwards: forwarded ? new Map(forwards).set(from, { to, until }) : forwards },
        to,
        change
      )
    }
    case "Delete": {
      const without = new Map(rows)
      without.delete(change.key)
      const next = successor(table, change.key, now)
      return {
        table: { rows: without, forwards },
        answer: next === undefined ? { _tag: "Deleted" } : { _tag: "Moved", to: next }
      }
    }
    default:
      return change satisfies never
  }
}

export const sound: Store = { name: "a sound store", load, commit }

/** A store that tells expired rows from absent ones, as that on files does. */
export const tellingExpired: Store = {
  ...sound,
  name: "a store that tells expired rows from absent ones",
  load: (table, key, now) => {
    const { expiresAt, text } = table.rows.get(key) ?? { expiresAt: Number.POSITIVE_INFINITY, text: "" }
    return expiresAt <= now ? { _tag: "SessionExpired", text } : load(table, key, now)
  }
}

const put = ({ forwards, rows }: Table, key: Core.SessionKey.SessionKey, { expiresAt, text }: Row): Changed => ({
  table: { rows: new Map(rows).set(key, { text, expiresAt }), forwards },
  answer: { _tag: "Committed", key, text }
})

const successor = ({ forwards }: Table, key: Core.SessionKey.SessionKey, now: number) => {
  const forward = forwards.get(key)
  return forward !== undefined && now < forward.until ? forward.to : undefined
}
