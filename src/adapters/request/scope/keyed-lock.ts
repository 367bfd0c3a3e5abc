import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** The state that is shared by the callers of one key. Only the caller that holds the lock uses it. */
export interface LockHolder {
  /** The text that the previous caller stored under the key; `undefined` if there was none, or it stored nothing. */
  stored: string | undefined
}

interface Queue {
  readonly holder: LockHolder
  readonly lock: Semaphore.Semaphore
  /** The number of callers that hold the lock or wait for it. */
  callers: number
}

/**
 * A lock for each key: callers with the same key run one after the other. It works within this process only. The lock
 * of a key is removed when no caller uses it.
 */
export class KeyedLock {
  readonly #queues = new Map<string, Queue>()

  /** Waits until all earlier callers with the same key are done. The lock is released when the scope closes. */
  take(key: string): Effect.Effect<LockHolder, never, Scope.Scope> {
    const entered = Effect.acquireRelease(
      Effect.sync(() => this.#enter(key)),
      (queue) => Effect.sync(() => this.#leave(key, queue))
    )
    return Effect.flatMap(entered, ({ holder, lock }) => Effect.as(lock.takeScoped(1), holder))
  }

  #enter(key: string): Queue {
    const queue = this.#queues.get(key) ?? {
      holder: { stored: undefined },
      lock: Semaphore.makeUnsafe(1),
      callers: 0
    }
    this.#queues.set(key, queue)
    queue.callers += 1
    return queue
  }

  #leave(key: string, queue: Queue): void {
    queue.callers -= 1
    if (queue.callers === 0) this.#queues.delete(key)
  }
}
