import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** What is known to whoever has the turn of a key. */
export interface Turn {
  /** What the one before has just stored under the key; `undefined`: nobody before, or nothing. */
  stored: string | undefined
}

/**
 * Whoever wants the same key goes one after the other, within this process. Keys are remembered only while somebody
 * wants them.
 */
export class Turns {
  readonly #queues = new Map<string, { readonly turn: Turn; readonly lock: Semaphore.Semaphore; waiting: number }>()

  /** Runs `go` when it is its turn. */
  take<A, E>(key: string, go: (turn: Turn) => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const queue = this.#queues.get(key) ?? { turn: { stored: undefined }, lock: Semaphore.makeUnsafe(1), waiting: 0 }
      this.#queues.set(key, queue)
      queue.waiting += 1
      return Effect.ensuring(
        queue.lock.withPermits(1)(Effect.suspend(() => go(queue.turn))),
        Effect.sync(() => {
          queue.waiting -= 1
          if (queue.waiting === 0) this.#queues.delete(key)
        })
      )
    })
  }
}
