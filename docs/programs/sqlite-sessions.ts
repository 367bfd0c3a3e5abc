import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { type Core, type SessionStore, StoreUnavailable } from "latchkey"

/** Sessions in a SQLite database. */
export const sqliteSessions = (db: DatabaseSync): SessionStore => {
  db.exec("CREATE TABLE IF NOT EXISTS session (key TEXT PRIMARY KEY, text TEXT, expires_at INTEGER) STRICT")
  const select = db.prepare("SELECT text, expires_at FROM session WHERE key = ?")
  const put = db.prepare("REPLACE INTO session (key, text, expires_at) VALUES (?, ?, ?)")
  const remove = db.prepare("DELETE FROM session WHERE key = ?")
  const removeExpired = db.prepare("DELETE FROM session WHERE expires_at < ?")

  const find = (key: string) => {
    const row = select.get(key)
    return typeof row?.["text"] === "string" ? { text: row["text"], expiresAt: Number(row["expires_at"]) } : undefined
  }

  /** What the table makes of a change. Nobody else writes meanwhile: it runs in a transaction. */
  const apply = (change: Core.SessionChange): Core.CommitAnswer => {
    switch (change._tag) {
      case "Insert": {
        const { key, text } = change
        if (find(key) !== undefined) return { _tag: "KeyTaken" }
        put.run(key, text, change.expiresAt)
        return { _tag: "Committed", key, text }
      }
      case "Update": {
        const { key, text, was } = change
        const row = find(key)
        if (row === undefined) return { _tag: "Gone" }
        if (was !== undefined && row.text !== was) return { _tag: "Changed", text: row.text }
        put.run(key, text, change.expiresAt)
        return { _tag: "Committed", key, text }
      }
      case "Move": {
        const { from, text, to, was } = change
        const row = find(from)
        if (row === undefined && change.ifGone === "Refuse") return { _tag: "Gone" }
        if (row !== undefined && was !== undefined && row.text !== was) return { _tag: "Changed", text: row.text }
        if (find(to) !== undefined) return { _tag: "KeyTaken" }
        remove.run(from)
        put.run(to, text, change.expiresAt)
        return { _tag: "Committed", key: to, text }
      }
      case "Delete":
        remove.run(change.key)
        return { _tag: "Deleted" }
      default:
        return change satisfies never
    }
  }

  /** Whatever goes wrong is an outage: never "no session". */
  const transact = <A>(operation: string, work: () => A): Effect.Effect<A, StoreUnavailable> =>
    Effect.try({
      try: () => {
        db.exec("BEGIN IMMEDIATE")
        try {
          const result = work()
          db.exec("COMMIT")
          return result
        } catch (error) {
          db.exec("ROLLBACK")
          throw error
        }
      },
      catch: (cause) => new StoreUnavailable({ operation, cause })
    })

  return {
    capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
    load: (key, now) =>
      transact("load a session", () => {
        const row = find(key)
        return row === undefined || row.expiresAt <= now
          ? { _tag: "SessionAbsent" }
          : { _tag: "SessionFound", text: row.text, hint: undefined }
      }),
    commit: (change) => transact("commit a session", () => apply(change)),
    clearExpired: (now) => transact("clear sessions", () => Number(removeExpired.run(now).changes))
  }
}
