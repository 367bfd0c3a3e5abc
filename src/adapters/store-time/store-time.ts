/**
 * The time that the calls of stores in one request may take together. It counts while at least one call runs: what the
 * handler does, reading the body, and hashing a password are not counted.
 *
 * A call that starts with little time left gets only that. A call that would start later fails. The clients of PostgreSQL
 * and Redis end their calls themselves, because they know what was sent. Calls of other stores are ended by {@link limited}.
 * Either way, a write that was sent may have been carried out.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../errors/errors.ts"

/** The time of one request. All instants are values of `performance.now()`. */
export class StoreTime {
  readonly #limit: number
  #spent = 0
  #running = 0
  #since = 0
  #isOver = false

  /** @param limit in milliseconds */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Starts a call. {@link end} must follow, unless the call must not start.
   *
   * @returns how long the call may take, in milliseconds; 0 or less: it must not start
   */
  start(now: number): number {
    if (this.#isOver) return 0
    const rest = this.#limit - this.#spent - (this.#running === 0 ? 0 : now - this.#since)
    if (rest <= 0) return rest
    if (this.#running === 0) this.#since = now
    this.#running += 1
    return rest
  }

  /** Ends a call. */
  end(now: number): void {
    this.#running -= 1
    if (this.#running === 0) this.#spent += now - this.#since
  }

  /** Says that the time is over, because a call was ended for it: timers may be some milliseconds early. */
  exhaust(): void {
    this.#isOver = true
  }
}

/** For a long operation of a request: each of its calls may take the whole limit, however long the others took. */
class TimePerCall extends StoreTime {
  readonly #limit: number

  constructor(limit: number) {
    super(limit)
    this.#limit = limit
  }
  override start(): number {
    return this.#limit
  }
  override end(): void {}
  override exhaust(): void {}
}

/** The time of the request that the running operation belongs to; `undefined` outside a request. */
export const CurrentStoreTime = Context.Reference<StoreTime | undefined>("latchkey/StoreTime", {
  defaultValue: () => undefined
})

/** Gives an operation, and all that it calls, the time of its request. */
export const withStoreTime = <A, E, R>(time: StoreTime, operation: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateContext(operation, (context: Context.Context<R>) => timedContext(context, time))

/** The context of an operation with this time. */
export const timedContext = <R>(context: Context.Context<R>, time: StoreTime): Context.Context<R> =>
  Context.add(context, CurrentStoreTime, time)

/** Gives each call of an operation so many milliseconds of its own, in place of the time of its request. */
export const withTimePerCall = <A, E, R>(
  milliseconds: number,
  operation: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => withStoreTime(new TimePerCall(milliseconds), operation)

/** What a store may say about its calls. */
export interface LimitsItself {
  /**
   * Present if the store ends its calls itself, also when the time of a request is over: how long one call may take at
   * most, in seconds. 0 if it never waits.
   */
  readonly deadlineSeconds?: number
}

/** A call of a store. Ends it when the time of the request is over, unless the store does so itself. */
export const storeCall = <A, E>(
  store: LimitsItself | undefined,
  operation: string,
  call: Effect.Effect<A, E>
): Effect.Effect<A, E | StoreUnavailable> => (store?.deadlineSeconds === undefined ? limited(operation, call) : call)

/** The longest time that a timer of Node can measure, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Calls `giveUp` after so many milliseconds. Before that, Node reads what has arrived: if the process was busy, the answer
 * may be there already. The timer does not keep the process alive.
 *
 * @returns cancels it
 */
export const giveUpAfter = (milliseconds: number, giveUp: () => void): (() => void) => {
  let last: NodeJS.Immediate | undefined
  const timer = setTimeout(
    () => {
      last = setImmediate(giveUp)
    },
    Math.max(0, Math.min(milliseconds, LONGEST_TIMER))
  ).unref()
  return () => {
    clearTimeout(timer)
    clearImmediate(last)
  }
}

/** Ends a call when the time of its request is over. Outside a request it does nothing. */
export const limited = <A, E>(operation: string, call: Effect.Effect<A, E>): Effect.Effect<A, E | StoreUnavailable> =>
  Effect.withFiber((fiber): Effect.Effect<A, E | StoreUnavailable> => {
    const time = fiber.getRef(CurrentStoreTime)
    if (time === undefined) return call
    const rest = time.start(performance.now())
    if (rest <= 0) return Effect.fail(tooLate(operation))
    const running = Effect.runForkWith(fiber.context)(call)
    const exit = running.pollUnsafe()
    if (exit !== undefined) {
      time.end(performance.now())
      return exit
    }
    return Effect.callback((resume) => {
      let isOver = false
      const end = (result: Effect.Effect<A, E | StoreUnavailable>) => {
        if (isOver) return
        isOver = true
        cancel()
        time.end(performance.now())
        resume(result)
      }
      const giveUp = () => {
        if (isOver) return
        end(Effect.fail(tooLate(operation)))
        running.interruptUnsafe()
      }
      const cancel = giveUpAfter(rest, () => {
        time.exhaust()
        giveUp()
      })
      running.addObserver(end)
      return Effect.sync(giveUp)
    })
  })

const tooLate = (operation: string): StoreUnavailable =>
  new StoreUnavailable({ operation, cause: "the calls of the stores took too long in this request" })
