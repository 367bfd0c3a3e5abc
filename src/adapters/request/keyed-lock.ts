import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** The state that is shared by the callers of one key. Only the caller that holds the lock uses it. */
export interface LockHolder {
  /** The text that the previous caller stored under the key; `undefined` if there was none, or it stored nothing. */
  stored: string | undefined
}

/**
 * A lock for each key: callers with the same key run one after the other. It works within this process only. The lock
 * of a key is removed when no caller uses it.
 */
export class KeyedLock {
  readonly #queues = new Map<
    string,
    { readonly turn: LockHolder; readonly lock: Semaphore.Semaphore; waiting: number }
  >()

  /** Runs `go` when all earlier callers with the same key are done. */
  take<A, E>(key: string, go: (turn: LockHolder) => Effect.Effect<A, E>): Effect.Effect<A, E> {
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
