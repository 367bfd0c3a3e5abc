import { availableParallelism } from "node:os"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { ownText } from "../../core/session/own-text.ts"
import { Busy, ConfigurationInvalid, StoreUnavailable } from "../interpreter/errors.ts"
import { type AttemptDetails, attemptOf, type PasswordAttempt, turnKeysOf } from "./attempt.ts"
import { FairQueue } from "./fair-queue.ts"

export interface SlotOptions {
  /**
   * How many attempts run at once. By default one per core, but at least two of libuv's threads
   * (`UV_THREADPOOL_SIZE`, 4 unless set) stay free for files, DNS and zlib: with all four hashing, reading a file took
   * seconds.
   */
  readonly concurrency?: number
  /** How many more may wait; 8 times `concurrency` by default. */
  readonly queue?: number
  /** How long one may wait; 2 by default. */
  readonly queueDeadlineSeconds?: number
  /**
   * What an attempt is counted by: of those that wait, the one whose keys had the fewest turns lately is next, and a full
   * queue refuses the one whose keys had and want the most. An attempt that succeeds does not count. By default the network
   * of the client's address (an IPv6 address by its first 64 bits) and the user name. Keys are compared by their first
   * 200 characters.
   */
  readonly turnKeys?: (attempt: PasswordAttempt) => ReadonlyArray<string>
  /**
   * Runs before an attempt waits for its turn, and before the database is asked: throws `Busy` to refuse it with 503, or
   * `StoreUnavailable`. For limits of the application's own; attempts are not limited otherwise.
   */
  readonly beforeAttempt?: (attempt: PasswordAttempt) => Promise<void> | void
}

/**
 * Runs an effect in one of the slots. `Busy` when the queue is full or the turn came too late, before the effect has
 * begun.
 */
export type Slot = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  attempt?: AttemptDetails,
  /** Whether the attempt turned out well: then it does not count against later ones with the same keys. */
  isGood?: (value: A) => boolean
) => Effect.Effect<A, E | Busy | StoreUnavailable, R>

/** Where an attempt is. */
interface Place {
  readonly keys: ReadonlyArray<string>
  readonly turn: Deferred.Deferred<void, Busy>
  state: "Outside" | "Waiting" | "Running"
}

/**
 * Slots for work that is bound by the processor. A slot is given back when the effect ends, in whichever way; an effect
 * that is interrupted while it waits leaves the queue.
 *
 * @throws {ConfigurationInvalid} naming each option that makes no sense
 */
export const makeSlots = ({
  concurrency = defaultConcurrency(),
  queue = 8 * concurrency,
  queueDeadlineSeconds = 2,
  turnKeys = turnKeysOf,
  beforeAttempt
}: SlotOptions): Slot => {
  const problems = [
    ...(isCount(concurrency) && concurrency > 0 ? [] : ["concurrency must be a whole number above 0"]),
    ...(isCount(queue) ? [] : ["queue must be a whole number, 0 or more"]),
    ...(queueDeadlineSeconds >= 0 ? [] : ["queueDeadlineSeconds must be a number, 0 or more"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  const waiting = new FairQueue<Place>(queue, Math.max(200, 10 * (queue + concurrency)))
  let running = 0

  const wait = (place: Place): Effect.Effect<void, Busy> =>
    Effect.suspend(() => {
      if (running < concurrency) {
        running += 1
        place.state = "Running"
        waiting.count(place)
        return Effect.void
      }
      place.state = "Waiting"
      const refused = waiting.add(place)
      if (refused !== undefined) {
        refused.state = "Outside"
        Deferred.doneUnsafe(refused.turn, busy)
      }
      return Effect.timeoutOrElse(Deferred.await(place.turn), {
        duration: queueDeadlineSeconds * 1000,
        orElse: () => busy
      })
    })

  /** Passes the slot on, to a place that may be given up in this very moment: then that one passes it on. */
  const leave = (place: Place): Effect.Effect<void> =>
    Effect.sync(() => {
      if (place.state === "Waiting") waiting.remove(place)
      if (place.state === "Running") {
        const next = waiting.next()
        if (next === undefined) running -= 1
        else {
          next.state = "Running"
          Deferred.doneUnsafe(next.turn, Effect.void)
        }
      }
      place.state = "Outside"
    })

  return (effect, details = { operation: "authenticate" }, isGood = () => false) =>
    Effect.suspend(() => {
      const attempt = attemptOf(details)
      const place: Place = { keys: keysOf(turnKeys(attempt)), turn: Deferred.makeUnsafe(), state: "Outside" }
      const judged = Effect.map(effect, (value) => {
        if (isGood(value)) waiting.forgive(place)
        return value
      })
      const inSlot = Effect.ensuring(Effect.andThen(wait(place), judged), leave(place))
      return beforeAttempt === undefined ? inSlot : Effect.andThen(asked(beforeAttempt, attempt), inSlot)
    })
}

const busy = Effect.fail(new Busy({ retryAfterSeconds: 1 }))

/** Attempts without a key share one. A key takes no more memory than it needs to be told from others. */
const keysOf = (keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.length === 0 ? [""] : [...new Set(keys.map((key) => ownText(key.slice(0, 200))))]

const asked = (
  before: (attempt: PasswordAttempt) => Promise<void> | void,
  attempt: PasswordAttempt
): Effect.Effect<void, Busy | StoreUnavailable> =>
  Effect.tryPromise({ try: async () => before(attempt), catch: (error) => error }).pipe(
    Effect.catch((error) =>
      error instanceof Busy || error instanceof StoreUnavailable ? Effect.fail(error) : Effect.die(error)
    )
  )

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const defaultConcurrency = (): number => {
  const { UV_THREADPOOL_SIZE = "4" } = process.env
  const threads = Number.parseInt(UV_THREADPOOL_SIZE, 10) || 1
  return Math.max(1, Math.min(availableParallelism(), threads - 2))
}
