import { availableParallelism } from "node:os"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { ownText } from "../../../core/session/text/own-text.ts"
import { Busy, ConfigurationInvalid, StoreUnavailable } from "../../errors/errors.ts"
import type { AttemptDetails, PasswordAttempt, Passwords, Standing } from "../../ports/passwords.ts"
import { FairQueue } from "./fair-queue.ts"
import { attemptOf, turnKeysOf } from "./password-attempt.ts"

export interface SlotOptions {
  /**
   * How many attempts run at the same time. The default is one per core, but at most two less than libuv has threads
   * (`UV_THREADPOOL_SIZE`, 4 unless set). The free threads serve files, DNS and zlib: when all four threads hash
   * passwords, reading a file can take seconds.
   */
  readonly concurrency?: number
  /** How many further attempts may wait. Default 8 times `concurrency`. */
  readonly queue?: number
  /** How long an attempt may wait before it fails with `Busy`. Default 2. */
  readonly queueDeadlineSeconds?: number
  /**
   * The keys that an attempt is counted by. The waiting attempt whose keys had the fewest recent turns runs next. A
   * full queue refuses the attempt whose keys have the most recent turns and waiting attempts together. Successful
   * attempts are not counted. The default keys are the network of the client's address (an IPv6 address by its first 64
   * bits) and the user name. Only the first 200 characters of a key are compared.
   */
  readonly turnKeys?: (attempt: PasswordAttempt) => ReadonlyArray<string>
  /**
   * Called before an attempt waits and before the database is queried. To refuse the attempt with 503, throw `Busy` or
   * `StoreUnavailable`. Use it for the application's own rate limits. The option `throttle` limits failed logins.
   */
  readonly beforeAttempt?: (attempt: PasswordAttempt) => Promise<void> | void
}

/** An attempt's place in the queue. */
interface Place {
  readonly keys: ReadonlyArray<string>
  readonly rank: number
  readonly turn: Deferred.Deferred<void, Busy>
  /** When it joined the queue, as a value of `performance.now()`. */
  since: number
  state: "Outside" | "Querying" | "Waiting" | "Running"
}

/**
 * Makes slots that limit how much CPU-bound work runs at the same time. A slot is free again when its effect succeeds,
 * fails or is interrupted. An effect that is interrupted while it waits leaves the queue.
 *
 * @throws {ConfigurationInvalid} naming each invalid option
 */
export const makeSlots = ({
  concurrency = defaultConcurrency(),
  queue = 8 * concurrency,
  queueDeadlineSeconds = 2,
  turnKeys = turnKeysOf,
  beforeAttempt
}: SlotOptions): Pick<Passwords, "slot" | "slotAfter"> => {
  const problems = [
    ...(isCount(concurrency) && concurrency > 0 ? [] : ["concurrency must be a whole number above 0"]),
    ...(isCount(queue) ? [] : ["queue must be a whole number, 0 or more"]),
    ...(queueDeadlineSeconds >= 0 ? [] : ["queueDeadlineSeconds must be a number, 0 or more"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  const waiting = new FairQueue<Place>(queue, Math.max(200, 10 * (queue + concurrency)))
  const deadline = queueDeadlineSeconds * 1000
  let isLooking = false
  let running = 0
  /** How many attempts query the database before they wait for a slot. */
  let querying = 0

  const wait = (place: Place): Effect.Effect<void, Busy> =>
    Effect.suspend(() => {
      if (running < concurrency) {
        running += 1
        place.state = "Running"
        waiting.count(place)
        return Effect.void
      }
      place.state = "Waiting"
      place.since = performance.now()
      const refused = waiting.add(place)
      if (refused !== undefined) refuse(refused)
      if (!isLooking) lookAt(place)
      return Deferred.await(place.turn)
    })

  const refuse = (place: Place): void => {
    place.state = "Outside"
    Deferred.doneUnsafe(place.turn, busy)
  }

  /** Refuses the attempts that have waited too long. All share one timer, because few attempts wait that long. */
  const look = (): void => {
    isLooking = false
    const now = performance.now()
    for (const place of waiting) {
      if (now < place.since + deadline) {
        lookAt(place)
        return
      }
      waiting.remove(place)
      refuse(place)
    }
  }

  const lookAt = ({ since }: Place): void => {
    isLooking = true
    setTimeout(look, Math.min(since + deadline - performance.now(), longestTimer)).unref()
  }

  /**
   * Gives the slot to the next waiting attempt. If that attempt is interrupted at the same moment, its own `leave`
   * gives the slot to the one after it.
   */
  const leave = (place: Place): Effect.Effect<void> =>
    Effect.sync(() => {
      if (place.state === "Querying") querying -= 1
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

  const inSlot = <A, E, R>(place: Place, effect: Effect.Effect<A, E, R>, isGood: (value: A) => boolean) =>
    Effect.ensuring(
      Effect.andThen(
        wait(place),
        Effect.map(effect, (value) => {
          if (isGood(value)) waiting.forgive(place)
          return value
        })
      ),
      leave(place)
    )

  const outsideSlots = <A, E, R>(place: Place, query: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.ensuring(
      Effect.suspend(() => {
        querying += 1
        place.state = "Querying"
        return query
      }),
      leave(place)
    )

  const asAttempt = <A, E, R>(
    run: (place: Place) => Effect.Effect<A, E, R>,
    details: AttemptDetails = { operation: "authenticate" }
  ) =>
    Effect.suspend((): Effect.Effect<A, E | Busy | StoreUnavailable, R> => {
      const attempt = attemptOf(details)
      const place: Place = {
        keys: keysOf(turnKeys(attempt)),
        rank: ranks[attempt.standing],
        turn: Deferred.makeUnsafe(),
        since: 0,
        state: "Outside"
      }
      if (beforeAttempt === undefined) return run(place)
      return Effect.andThen(
        asked(beforeAttempt, attempt),
        Effect.suspend(() => run(place))
      )
    })

  return {
    slot: (effect, details, isGood = never) => asAttempt((place) => inSlot(place, effect, isGood), details),
    slotAfter: (query, details, isGood = never) =>
      asAttempt(
        (place) =>
          waiting.size === 0 && querying + running < concurrency + queue
            ? Effect.flatMap(outsideSlots(place, query), (effect) => inSlot(place, effect, isGood))
            : inSlot(place, Effect.flatten(query), isGood),
        details
      )
  }
}

const never = () => false

/** The longest delay of a timer, in milliseconds. Node would replace a longer one by 1. */
const longestTimer = 2 ** 31 - 1

/** Known devices run first, so that no flood of other attempts locks them out. */
const ranks: Readonly<Record<Standing, number>> = { known: 0, unknown: 1, throttled: 2 }

const busy = Effect.fail(new Busy({ retryAfterSeconds: 1 }))

/**
 * All attempts without keys share one key. Long keys are cut, and copied so that they do not keep the original in
 * memory.
 */
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

/** Asked once: the question takes longer than the rest of {@link makeSlots}. */
const processors = availableParallelism()

const defaultConcurrency = (): number => {
  const { UV_THREADPOOL_SIZE = "4" } = process.env
  const threads = Number.parseInt(UV_THREADPOOL_SIZE, 10) || 1
  return Math.max(1, Math.min(processors, threads - 2))
}
