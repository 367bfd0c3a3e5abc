import { ownText } from "../../core/session/own-text.ts"
import type { SessionKey } from "../../core/session-key.ts"

export interface Guess {
  readonly backend: string
  readonly id: string
}

/**
 * The user that a session key probably belongs to. Above its capacity, the oldest entry is removed. A wrong entry costs
 * one query.
 */
export interface Guesses {
  readonly of: (key: SessionKey) => Guess | undefined
  readonly remember: (key: SessionKey, guess: Guess) => void
  readonly forget: (key: SessionKey) => void
}

export const makeGuesses = (capacity: number): Guesses => {
  const byKey = new Map<string, Guess>()
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
