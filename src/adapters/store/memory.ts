/**
 * Sessions and users in this process's memory: for tests, and for programs that may lose them when the process
 * ends.
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, PrefetchedRow, SessionChange } from "../../core/effect.ts"
import { forwardingSeconds } from "../../core/session/forwarding.ts"
import type { SessionKey } from "../../core/session-key.ts"
import type { SessionStore } from "../ports/stores.ts"
import { type MemoryUserStore, memoryUsers } from "./memory/memory-users.ts"
import { snapshotOf } from "./memory/snapshot.ts"
import { makeUserPrefetchCache } from "./user-prefetch-cache.ts"

export type { MemoryUser, MemoryUserStore } from "./memory/memory-users.ts"

/** A stored session. */
export interface MemorySession {
  /** The session's data as Django's signed text. */
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The stores that {@link memory} makes. */
export interface MemoryStores {
  /** For the option `sessions` of `createAuth`. */
  readonly sessions: SessionStore & {
    /** The stored sessions by key, for tests. */
    readonly rows: ReadonlyMap<SessionKey, MemorySession>
  }
  /** For `modelBackend` and the other backends with stored users. */
  readonly users: MemoryUserStore
  /** Remembers everything that is stored now. @returns a function that stores exactly this again, for tests */
  readonly snapshot: () => () => void
}

/**
 * A session store and a user store that work together, as those on a database do: loading a session also returns its
 * user.
 *
 * In Next.js every call in a process returns the same stores. Next loads a module once for pages, once for routes, and
 * again after every save in development, and all of these must find the same sessions.
 */
export const memory = (): MemoryStores => {
  if (process.env.NEXT_RUNTIME === undefined) return makeStores()
  globalThis.latchkeyMemory ??= makeStores()
  return globalThis.latchkeyMemory
}

const mostGuesses = 10_000

const makeStores = (): MemoryStores => {
  const rows = new Map<SessionKey, MemorySession>()
  const forwards = new Map<SessionKey, Forward>()
  let guesses = makeUserPrefetchCache(mostGuesses)
  const users = memoryUsers()

  const prefetchedFor = (key: SessionKey): PrefetchedRow | undefined => {
    const guess = guesses.of(key)
    return guess === undefined ? undefined : { ...guess, known: users.find(guess.id) }
  }

  return {
    users: users.store,
    snapshot: () => {
      const restores = [users.snapshot(), snapshotOf(rows), snapshotOf(forwards)]
      return () => {
        for (const restore of restores) restore()
        guesses = makeUserPrefetchCache(mostGuesses)
      }
    },
    sessions: {
      rows,
      capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
      load: (key, now) =>
        Effect.sync(() => {
          const row = rows.get(key)
          return row === undefined || row.expiresAt <= now
            ? { _tag: "SessionAbsent" }
            : { _tag: "SessionFound", text: row.text, prefetched: prefetchedFor(key) }
        }),
      commit: (change, now) => Effect.sync(() => apply({ rows, forwards }, change, now)),
      clearExpired: (now) =>
        Effect.sync(() => {
          const expired = [...rows].filter(([, row]) => row.expiresAt < now)
          for (const [key] of expired) {
            rows.delete(key)
            guesses.forget(key)
          }
          for (const [key, { until }] of forwards) if (until <= now) forwards.delete(key)
          return expired.length
        }),
      prefetch: { users: users.store, remember: (key, backend, id) => guesses.remember(key, { backend, id }) }
    }
  }
}

/** The new key of a session that a `Move` has moved. */
interface Forward {
  readonly to: SessionKey
  /** Epoch milliseconds. */
  readonly until: number
}

interface Tables {
  readonly rows: Map<SessionKey, MemorySession>
  readonly forwards: Map<SessionKey, Forward>
}

const apply = ({ forwards, rows }: Tables, change: SessionChange, now: number): CommitAnswer => {
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

const successor = (forwards: Tables["forwards"], key: SessionKey, now: number): SessionKey | undefined => {
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
