import { makeMemo } from "../../core/session/text/decode-cache.ts"
import type { SessionKey } from "../../core/session-key.ts"

export interface PrefetchKey {
  readonly backend: string
  readonly id: string
}

/**
 * The user that a session key probably belongs to. Above its capacity, entries that were not used for long are removed.
 * A wrong entry costs one query.
 */
export interface UserPrefetchCache {
  readonly of: (key: SessionKey) => PrefetchKey | undefined
  readonly remember: (key: SessionKey, guess: PrefetchKey) => void
  readonly forget: (key: SessionKey) => void
}

/** @param capacity how many entries it holds at most */
export const makeUserPrefetchCache = (capacity: number): UserPrefetchCache => {
  const memo = makeMemo<PrefetchKey>(capacity)
  return {
    of: memo.get,
    remember: (key, guess) => {
      const known = memo.get(key)
      if (known?.id === guess.id && known.backend === guess.backend) return
      memo.remove(key)
      memo.set(key, guess, 1)
    },
    forget: memo.remove
  }
}
