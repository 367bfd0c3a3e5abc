import { availableParallelism } from "node:os"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Busy, ConfigurationInvalid } from "../interpreter/errors.ts"

export interface SlotOptions {
  /**
   * How many attempts run at once. By default one per core, but at least two of libuv's threads
   * (`UV_THREADPOOL_SIZE`, 4 unless set) stay free for files, DNS and zlib: with all four hashing, reading a file took
   * seconds.
   */
  readonly concurrency?: number
  /** How many more may wait, first come first served; 8 times `concurrency` by default. */
  readonly queue?: number
  /** How long one may wait; 2 by default. */
  readonly queueDeadlineSeconds?: number
}

/** Runs an effect in one of the slots. A full queue or a late turn is `Busy`, before the effect has begun. */
export type Slot = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Busy, R>

/**
 * Slots for work that is bound by the processor. A slot is given back when the effect ends, in whichever way; one that
 * is interrupted while it waits leaves the queue.
 *
 * @throws {ConfigurationInvalid} naming each option that makes no sense
 */
export const makeSlots = ({
  concurrency = defaultConcurrency(),
  queue = 8 * concurrency,
  queueDeadlineSeconds = 2
}: SlotOptions): Slot => {
  const problems = [
    ...(isCount(concurrency) && concurrency > 0 ? [] : ["concurrency must be a whole number above 0"]),
    ...(isCount(queue) ? [] : ["queue must be a whole number, 0 or more"]),
    ...(queueDeadlineSeconds >= 0 ? [] : ["queueDeadlineSeconds must be a number, 0 or more"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  const semaphore = Semaphore.makeUnsafe(concurrency)
  const busy = Effect.fail(new Busy({ retryAfterSeconds: 1 }))
  const deadline = { duration: queueDeadlineSeconds * 1000, orElse: () => busy }
  /** Running and waiting. */
  let inside = 0
  const enter = Effect.suspend(() => {
    if (inside >= concurrency + queue) return busy
    inside += 1
    return Effect.void
  })
  const leave = Effect.sync(() => {
    inside -= 1
  })

  return (effect) =>
    Effect.acquireUseRelease(
      enter,
      () =>
        // The scope takes the permit back even if the deadline struck in the moment that the permit was given.
        Effect.scopedWith((scope) =>
          semaphore.takeScoped(1).pipe(Scope.provide(scope), Effect.timeoutOrElse(deadline), Effect.andThen(effect))
        ),
      () => leave
    )
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const defaultConcurrency = (): number => {
  const { UV_THREADPOOL_SIZE = "4" } = process.env
  const threads = Number.parseInt(UV_THREADPOOL_SIZE, 10) || 1
  return Math.max(1, Math.min(availableParallelism(), threads - 2))
}
