/**
 * Sessions and users in this process's memory: for tests, and for programs that may lose them when the process
 * ends.
 */
import * as Effect from "effect/Effect"
import type { PrefetchedRow, SessionRecord } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { boolean, checkOptions } from "../options/option-kinds.ts"
import type { SessionStore, UserSessionStore } from "../ports/session-store.ts"
import { type MemoryUserStore, memoryUsers } from "./memory/memory-users.ts"
import {
  clearExpired,
  commit,
  emptyTable,
  expiredKeys,
  list,
  type MemorySession,
  rowOf,
  type SessionTable,
  visit
} from "./memory/session-table.ts"
import { snapshotOf } from "./memory/snapshot.ts"
import { makeUserPrefetchCache } from "./user-prefetch-cache.ts"

export type { ThrottleAsk, ThrottleChange, ThrottledKey, ThrottleStore } from "../ports/throttle-store.ts"
export { type MemoryThrottle, type MemoryThrottleOptions, memoryThrottle } from "./memory/memory-throttle.ts"
export type { MemoryUser, MemoryUserStore } from "./memory/memory-users.ts"
export type { MemorySession } from "./memory/session-table.ts"

/** The options of {@link memory}. */
export interface MemoryOptions {
  /** Records the sessions of users, so that they can be listed and ended. Default false. */
  readonly userSessions?: boolean
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
 * In Next.js every call in a process returns stores of the same users and sessions. Next loads a module once for pages,
 * once for routes, and again after every save in development, and all of these must find the same sessions.
 */
export const memory = (options: MemoryOptions = {}): MemoryStores => {
  checkOptions(options, { userSessions: boolean })
  const { stores, userSessions } = process.env.NEXT_RUNTIME === undefined ? makeStores() : shared()
  return options.userSessions === true ? { ...stores, sessions: { ...stores.sessions, userSessions } } : stores
}

/** The stores, and what the option `userSessions` adds to them. */
interface AllMemory {
  readonly stores: MemoryStores
  readonly userSessions: UserSessionStore
}

const shared = (): AllMemory => {
  globalThis.latchkeyMemory ??= makeStores()
  return globalThis.latchkeyMemory
}

const mostGuesses = 10_000

const makeStores = (): AllMemory => {
  const table = emptyTable()
  const { records, rows } = table
  let guesses = makeUserPrefetchCache(mostGuesses)
  const users = memoryUsers()

  const prefetchedFor = (key: SessionKey): PrefetchedRow | undefined => {
    const guess = guesses.of(key)
    return guess === undefined ? undefined : { ...guess, known: users.find(guess.id) }
  }

  const stores: MemoryStores = {
    users: users.store,
    snapshot: () => {
      const restores = [users.snapshot(), snapshotOf(rows), snapshotOf(table.forwards), snapshotOf(records)]
      return () => {
        for (const restore of restores) restore()
        guesses = makeUserPrefetchCache(mostGuesses)
      }
    },
    sessions: {
      rows,
      capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
      deadlineSeconds: 0,
      load: (key, now) =>
        Effect.sync(() => {
          const row = rowOf(table, key, now)
          return row === undefined
            ? { _tag: "SessionAbsent" }
            : { _tag: "SessionFound", text: row.text, prefetched: prefetchedFor(key), ...recordOf(records, key) }
        }),
      commit: (change, now) => Effect.sync(() => commit(table, change, now)),
      clearExpired: (now, limit) =>
        Effect.sync(() => {
          const expired = clearExpired(table, now, limit)
          for (const key of expired) guesses.forget(key)
          return expired.length
        }),
      expiryOf: (key) => Effect.sync(() => table.rows.get(key)?.expiresAt),
      countExpired: (now) => Effect.sync(() => expiredKeys(table, now).length),
      prefetch: { users: users.store, remember: (key, backend, id) => guesses.remember(key, { backend, id }) }
    }
  }
  return { stores, userSessions: recordsOf(table) }
}

const recordOf = (records: SessionTable["records"], key: SessionKey): { readonly record?: SessionRecord } => {
  const record = records.get(key)
  return record === undefined ? {} : { record }
}

const recordsOf = (table: SessionTable): UserSessionStore => ({
  visit: (key, of) => Effect.sync(() => visit(table, key, of)),
  list: (query, now) => Effect.sync(() => list(table, query, now))
})
