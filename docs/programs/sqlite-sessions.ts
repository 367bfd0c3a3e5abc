import type { DatabaseSync } from "node:sqlite"
import { Core, defineSessionStore, type SessionStore } from "latchkey"

/** Sessions in a SQLite database. */
export const sqliteSessions = (db: DatabaseSync): SessionStore => {
  db.exec("CREATE TABLE IF NOT EXISTS session (key TEXT PRIMARY KEY, text TEXT, expires_at INTEGER) STRICT")
  const select = db.prepare("SELECT text, expires_at FROM session WHERE key = ?")
  const put = db.prepare("REPLACE INTO session (key, text, expires_at) VALUES (?, ?, ?)")
  const remove = db.prepare("DELETE FROM session WHERE key = ?")
  const removeExpired = db.prepare(
    "DELETE FROM session WHERE key IN (SELECT key FROM session WHERE expires_at < ? LIMIT ?)" // a limit of -1 is none
  )
  const countExpired = db.prepare("SELECT count(*) AS rows FROM session WHERE expires_at < ?")

  // The new key of a session whose key changed: a logout request may still send the old key.
  db.exec("CREATE TABLE IF NOT EXISTS moved (key TEXT PRIMARY KEY, successor TEXT, until INTEGER) STRICT")
  const selectMoved = db.prepare("SELECT successor FROM moved WHERE key = ? AND until > ?")
  const putMoved = db.prepare("REPLACE INTO moved (key, successor, until) VALUES (?, ?, ?)")
  const removeMoved = db.prepare("DELETE FROM moved WHERE until <= ?")

  const find = (key: string) => {
    const row = select.get(key)
    return typeof row?.["text"] === "string" ? { text: row["text"], expiresAt: Number(row["expires_at"]) } : undefined
  }

  const findMoved = (key: string, now: number): Core.CommitAnswer | undefined => {
    const to = Core.SessionKey.parse(selectMoved.get(key, now)?.["successor"]?.toString())
    return to === undefined ? undefined : { _tag: "Moved", to }
  }

  /** Makes a change. It runs in a transaction: no other connection can write at the same time. */
  const apply = (change: Core.SessionChange, now: number): Core.CommitAnswer => {
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
        const moved = row === undefined && was === undefined ? findMoved(from, now) : undefined
        if (moved !== undefined) return moved
        if (row === undefined && change.ifGone === "Refuse") return { _tag: "Gone" }
        if (row !== undefined && was !== undefined && row.text !== was) return { _tag: "Changed", text: row.text }
        if (find(to) !== undefined) return { _tag: "KeyTaken" }
        remove.run(from)
        if (row !== undefined && change.forwards) putMoved.run(from, to, now + Core.forwardingSeconds * 1000)
        put.run(to, text, change.expiresAt)
        return { _tag: "Committed", key: to, text }
      }
      case "Delete":
        remove.run(change.key)
        return findMoved(change.key, now) ?? { _tag: "Deleted" }
      default:
        return change satisfies never
    }
  }

  const transact = <A>(work: () => A): A => {
    db.exec("BEGIN IMMEDIATE")
    try {
      const result = work()
      db.exec("COMMIT")
      return result
    } catch (error) {
      db.exec("ROLLBACK")
      throw error
    }
  }

  return defineSessionStore({
    capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
    load: (key, now) => {
      const row = find(key)
      return row === undefined || row.expiresAt <= now ? undefined : row.text
    },
    commit: (change, now) => transact(() => apply(change, now)),
    clearExpired: (now, limit = -1) =>
      transact(() => {
        removeMoved.run(now)
        return Number(removeExpired.run(now, limit).changes)
      }),
    countExpired: (now) => Number(countExpired.get(now)?.["rows"])
  })
}
