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
  finish(): void {
    this.#isOver = true
  }
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

/** Takes an operation out of the time of its request: it is long, and only each of its calls has a deadline. */
export const withoutStoreTime = <A, E, R>(operation: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(operation, CurrentStoreTime, undefined)

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
export const LONGEST_TIMER = 2 ** 31 - 1

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
        clearTimeout(timer)
        time.end(performance.now())
        resume(result)
      }
      const giveUp = () => {
        if (isOver) return
        end(Effect.fail(tooLate(operation)))
        running.interruptUnsafe()
      }
      const onTime = () => {
        if (!isOver) time.finish()
        giveUp()
      }
      // `setImmediate` lets Node first read an answer that arrived while the process was busy.
      const timer = setTimeout(() => setImmediate(onTime), Math.min(rest, LONGEST_TIMER)).unref()
      running.addObserver(end)
      return Effect.sync(giveUp)
    })
  })

const tooLate = (operation: string): StoreUnavailable =>
  new StoreUnavailable({ operation, cause: "the calls of the stores took too long in this request" })
