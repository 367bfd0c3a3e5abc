import { ownText } from "../../core/session/own-text.ts"
import type { SessionKey } from "../../core/session-key.ts"

export interface PrefetchKey {
  readonly backend: string
  readonly id: string
}

/**
 * The user that a session key probably belongs to. Above its capacity, the oldest entry is removed. A wrong entry costs
 * one query.
 */
export interface UserPrefetchCache {
  readonly of: (key: SessionKey) => PrefetchKey | undefined
  readonly remember: (key: SessionKey, guess: PrefetchKey) => void
  readonly forget: (key: SessionKey) => void
}

export const makeUserPrefetchCache = (capacity: number): UserPrefetchCache => {
  const byKey = new Map<string, PrefetchKey>()
  return {
    of: (key) => byKey.get(key),
    remember: (key, guess) => {
      // Deleted first, so that the key moves to the end: a Map keeps its keys in the order of insertion.
      byKey.delete(key)
      byKey.set(ownText(key), guess)
      if (byKey.size <= capacity) return
      for (const oldest of byKey.keys()) {
        byKey.delete(oldest)
        break
      }
    },
    forget: (key) => void byKey.delete(key)
  }
}
