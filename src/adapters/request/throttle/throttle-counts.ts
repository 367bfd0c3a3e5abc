/** Counts attempts in the throttle's store, within a time, or in the fallback store while it is unavailable. */
import * as Effect from "effect/Effect"
import type { Taken } from "../../../core/throttle/throttle.ts"
import { StoreUnavailable } from "../../errors/errors.ts"
import type { ThrottleAsk, ThrottleChange, ThrottleStore } from "../../ports/throttle-store.ts"
import { storeCall } from "../../store-time/store-time.ts"
import type { ThrottleSettings } from "./throttle-settings.ts"

/** How long a store may take. */
const storeSeconds = 2

/** A change, and the store that counted the attempt: another one would take back what it has not counted. */
export interface Settlement {
  readonly store: ThrottleStore
  readonly change: ThrottleChange
}

/** Counts in the store, or in the fallback store while it is unavailable. */
export const counted = (
  { fallbackStore, store }: ThrottleSettings,
  operation: string,
  asks: ReadonlyArray<ThrottleAsk>,
  now: () => number
): Effect.Effect<{ readonly answers: ReadonlyArray<Taken>; readonly store: ThrottleStore }, StoreUnavailable> => {
  const by = (one: ThrottleStore) =>
    Effect.suspend(() =>
      Effect.map(inTime(one, operation, one.take(asks, now())), (answers) => ({ answers, store: one }))
    )
  return fallbackStore === undefined ? by(store) : Effect.catch(by(store), () => by(fallbackStore))
}

/** Changes what was counted, each in the store that counted it. @param ignoresOutage whether an outage is no error */
export const settled = (
  settlements: ReadonlyArray<Settlement>,
  ignoresOutage: boolean
): Effect.Effect<void, StoreUnavailable> => {
  const settle = ([store, of]: [ThrottleStore, ReadonlyArray<Settlement>]) => {
    const settling = inTime(store, "settle an attempt", store.settle(of.map(({ change }) => change)))
    return ignoresOutage ? Effect.catch(settling, () => Effect.void) : settling
  }
  return Effect.forEach(
    Map.groupBy(settlements, ({ store }) => store),
    settle,
    { discard: true }
  )
}

const inTime = <A>(
  store: ThrottleStore,
  operation: string,
  call: Effect.Effect<A, StoreUnavailable>
): Effect.Effect<A, StoreUnavailable> =>
  Effect.raceFirst(
    storeCall(store, operation, call),
    Effect.callback<never, StoreUnavailable>((resume) => {
      const cause = `the throttle store took over ${storeSeconds} seconds`
      const timer = setTimeout(
        () => resume(Effect.fail(new StoreUnavailable({ operation, cause }))),
        storeSeconds * 1000
      )
      // The deadline does not keep a process alive that has nothing else to do.
      timer.unref()
      return Effect.sync(() => clearTimeout(timer))
    })
  )
