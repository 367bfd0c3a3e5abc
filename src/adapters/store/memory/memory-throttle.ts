import * as Effect from "effect/Effect"
import { isForgotten, type Taken, type ThrottleState, take, takeBack } from "../../../core/throttle/throttle.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { checkOptions, number } from "../../options/option-kinds.ts"
import { mostThrottledListed, type ThrottledKey, type ThrottleStore } from "../../ports/throttle-store.ts"

/** The options of {@link memoryThrottle}. */
export interface MemoryThrottleOptions {
  /**
   * How many keys are kept. Default 100,000, about 30 MB. If there are more, keys whose attempts do not wait are
   * removed first, and among equals those that failed longest ago.
   */
  readonly maximumKeys?: number
}

/** What {@link memoryThrottle} makes. */
export interface MemoryThrottle extends ThrottleStore {
  /** The keys that have failures now, those that failed longest ago first, for tests. */
  readonly keys: (now: number) => ReadonlyArray<ThrottledKey>
  readonly list: NonNullable<ThrottleStore["list"]>
}

/**
 * Counts failed attempts in this process's memory. Several processes do not see each other's failures, and a restart
 * forgets all of them. In Next.js every call in a process returns the same store, as `memory()` does, with the options
 * of the first call.
 *
 * @throws {ConfigurationInvalid} if an option is invalid
 */
export const memoryThrottle = (options: MemoryThrottleOptions = {}): MemoryThrottle => {
  checkOptions(options, { maximumKeys: number }, "memoryThrottle.")
  const { maximumKeys = 100_000 } = options
  if (!(Number.isSafeInteger(maximumKeys) && maximumKeys > 0))
    throw new ConfigurationInvalid({ problems: ["memoryThrottle.maximumKeys must be a whole number above 0"] })
  if (process.env.NEXT_RUNTIME === undefined) return makeThrottle(maximumKeys)
  globalThis.latchkeyMemoryThrottle ??= makeThrottle(maximumKeys)
  return globalThis.latchkeyMemoryThrottle
}

const makeThrottle = (maximumKeys: number): MemoryThrottle => {
  // An attacker who uses each name or address once fills only `free`, and so cannot remove a key that makes others
  // wait.
  const free = new Map<string, ThrottleState>()
  const delaying = new Map<string, ThrottleState>()

  const remove = (key: string): void => {
    free.delete(key)
    delaying.delete(key)
  }
  /** Stores the state as the newest. A `Map` keeps the order of insertion. */
  const put = (key: string, state: ThrottleState, delays: boolean): void => {
    remove(key)
    if (free.size + delaying.size >= maximumKeys) {
      const [oldest] = free.size > 0 ? free.keys() : delaying.keys()
      if (oldest !== undefined) remove(oldest)
    }
    if (delays) delaying.set(key, state)
    else free.set(key, state)
  }
  const stateOf = (key: string): ThrottleState | undefined => delaying.get(key) ?? free.get(key)
  const keys = (now: number): ReadonlyArray<ThrottledKey> =>
    [...free, ...delaying].flatMap(([key, state]) => (isForgotten(state, now) ? [] : [{ key, ...state }]))

  return {
    isShared: false,
    deadlineSeconds: 0,
    take: (asks, now) =>
      Effect.sync(() => {
        const answers: Array<Taken> = []
        for (const { key, policy } of asks) {
          const { state, taken } = take(policy, stateOf(key), now)
          answers.push(taken)
          if (taken._tag === "Refused") break
          put(key, state, taken.until > now)
        }
        return answers
      }),
    settle: (changes) =>
      Effect.sync(() => {
        for (const change of changes) {
          const state = change._tag === "Reset" ? undefined : takeBack(stateOf(change.key), change.until)
          if (state === undefined) remove(change.key)
          else put(change.key, state, state.until > 0)
        }
      }),
    keys,
    list: (now, only) =>
      Effect.sync(() =>
        keys(now)
          .filter(({ key }) => only === undefined || only.includes(key))
          .toSorted((one, other) => other.until - one.until)
          .slice(0, mostThrottledListed)
      )
  }
}
