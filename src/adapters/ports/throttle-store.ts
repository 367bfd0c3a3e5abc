/** The interface of stores that count failed attempts. */
import type * as Effect from "effect/Effect"
import type { Taken, ThrottlePolicy, ThrottleState } from "../../core/throttle/throttle.ts"
import type { StoreUnavailable } from "../errors/errors.ts"
import type { LimitsItself } from "../store-time/store-time.ts"
import type { ThrottleExamine } from "./diagnosis.ts"
import type { StoreTables } from "./store-tables.ts"

/** One key of an attempt. Keys are keyed hashes of user names, networks and devices, at most 64 characters. */
export interface ThrottleAsk {
  /** The key. */
  readonly key: string
  /** How long attempts with this key wait. */
  readonly policy: ThrottlePolicy
}

/**
 * What happens to a key after an attempt that succeeded, or that an outage ended before a password was found to be
 * wrong.
 */
export type ThrottleChange =
  /** Forgets the failures of the key. */
  | { readonly _tag: "Reset"; readonly key: string }
  /** Takes one counted attempt back. `until` is from the answer to it. */
  | { readonly _tag: "TakeBack"; readonly key: string; readonly until: number }

/** A key with its failures. Instants are epoch milliseconds. */
export interface ThrottledKey extends ThrottleState {
  /** The key. */
  readonly key: string
}

/** The greatest number of keys in one list. */
export const mostThrottledListed = 1000

/**
 * Counts failed attempts, as `core/throttle/throttle.ts` says. `now` is the clock of the application's server, in epoch
 * milliseconds. A store on a server of its own decides by the clock of that server instead, so that processes whose
 * clocks differ agree.
 */
export interface ThrottleStore extends LimitsItself {
  /**
   * Counts an attempt for each key, in order, up to the first key that refuses it. Each key is changed atomically: two
   * attempts at the same time never count as one.
   *
   * @returns one answer for each key up to the first `Refused`
   */
  readonly take: (
    asks: ReadonlyArray<ThrottleAsk>,
    now: number
  ) => Effect.Effect<ReadonlyArray<Taken>, StoreUnavailable>
  /** Changes keys after an attempt. Each key is changed atomically. */
  readonly settle: (changes: ReadonlyArray<ThrottleChange>) => Effect.Effect<void, StoreUnavailable>
  /** Whether several processes count together. If absent, that is not known. */
  readonly isShared?: boolean
  /**
   * The keys that have failures, those whose attempts wait longest first, at most 1000. If absent, the store cannot
   * list them.
   *
   * @param keys only these keys
   */
  readonly list?: (
    now: number,
    keys?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<ThrottledKey>, StoreUnavailable>
  /**
   * Removes keys whose failures are forgotten, in batches of limited size. If absent, the store removes them itself.
   *
   * @returns the number of removed keys
   */
  readonly clearForgotten?: (now: number) => Effect.Effect<number, StoreUnavailable>
  /** Present if the store needs a table in a database, which it can create. */
  readonly tables?: StoreTables
  /** Present if the store can say how its server is set up, for `latchkey doctor`. */
  readonly examine?: ThrottleExamine
}
