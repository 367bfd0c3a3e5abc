import type { SessionKey } from "../../core/session/key.ts"
import { ownText } from "../../core/session/own-text.ts"

export interface Guess {
  readonly backend: string
  readonly id: string
}

/** Whose session a key probably names. Forgets what was not remembered for longest beyond its capacity; being wrong costs one query. */
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
      // Taken out first: a Map keeps the order in which its keys came.
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
