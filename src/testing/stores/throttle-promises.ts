/** What a throttle store promises, as tests for a store of your own. */
import * as Effect from "effect/Effect"
import { boolean, callable, checkOptions, type Kind, type Kinds } from "../../adapters/options/option-kinds.ts"
import type { ThrottleStore } from "../../adapters/ports/throttle-store.ts"
import { nameOf } from "../browser/response-like.ts"
import type { StorePromise } from "./store-promises.ts"
import { Attempts, promises } from "./throttle-promise-list.ts"
import type { ThrottleClock } from "./throttle-steps.ts"

/** Settings of {@link throttlePromises}. */
export interface ThrottlePromisesOptions {
  /**
   * The clock that the store decides by: `"given"`, the `now` of each call, or `"own"`, the clock of its server. With
   * `"own"` the promises wait for a few seconds in all. Default `"own"`.
   */
  readonly clock?: ThrottleClock
  /** Whether two stores that are made count together, as those of two processes do. Default true. */
  readonly shared?: boolean
  /** Makes a store whose server does not answer. Without it, what happens then is not checked. */
  readonly unreachable?: () => ThrottleStore | Promise<ThrottleStore>
  /** How many series of calls are compared with the store in memory. Default 100. */
  readonly series?: number
  /** The first series; an error names it. Default 1. */
  readonly seed?: number
  /** Frees what a store holds, after each promise. */
  readonly close?: (store: ThrottleStore) => void | Promise<void>
}

/**
 * What a throttle store promises: that it answers as the store in memory, step by step, and counts attempts at the same
 * time exactly. Like laws, the promises register nothing with a test runner and throw when they are broken.
 *
 * ```ts
 * for (const promise of throttlePromises(() => myThrottle({ url })))
 *   test(promise.title, () => promise.check())
 * ```
 *
 * @param make makes a store; some promises need two of them. It may hold other keys: every key that is used is new
 * @throws {ConfigurationInvalid} for an option that does not exist
 */
export const throttlePromises = (
  make: () => ThrottleStore | Promise<ThrottleStore>,
  options: ThrottlePromisesOptions = {}
): ReadonlyArray<StorePromise> => {
  if (typeof make !== "function")
    throw new TypeError("throttlePromises: the first argument is a function that makes a store: () => myThrottle(…)")
  checkOptions(options, promiseKinds, "throttlePromises.")
  const { clock = "own", close, seed = 1, series = 100, shared = true, unreachable } = options
  const isAlone = "two stores do not count together"
  return promises.map(({ holds, needs, title }) => {
    const missing =
      needs === "shared" && !shared
        ? isAlone
        : needs === "unreachable" && unreachable === undefined
          ? "the option unreachable is missing"
          : undefined
    return {
      title: missing === undefined ? title : `${title} (skipped: ${missing})`,
      skipped: missing,
      check: async () => {
        if (missing !== undefined) return
        const made: Array<ThrottleStore> = []
        const open = async (how: () => ThrottleStore | Promise<ThrottleStore>) => {
          const store = await how()
          mustBeStore(store)
          made.push(store)
          return new Attempts(store, clock)
        }
        try {
          await holds({
            ...{ clock, seed, series },
            make: () => open(make),
            unreachable: () => open(unreachable ?? make)
          })
        } finally {
          for (const store of made) await close?.(store)
        }
      }
    }
  })
}

const count: Kind = { written: "a whole number", accepts: Number.isInteger }

const promiseKinds: Kinds<ThrottlePromisesOptions> = {
  clock: { written: '"given" or "own"', accepts: (value) => value === "given" || value === "own" },
  shared: boolean,
  unreachable: callable,
  series: count,
  seed: count,
  close: callable
}

/** @throws {TypeError} for what is no store, and for a store whose functions return promises */
const mustBeStore = (store: ThrottleStore): void => {
  if (typeof Object(store).take !== "function" || typeof Object(store).settle !== "function")
    throw new TypeError(
      `throttlePromises: ${nameOf(store)} is no throttle store: it needs the functions take and settle`
    )
  if (!Effect.isEffect(store.settle([]))) throw new TypeError("throttlePromises: settle of the store returns no Effect")
}
