import type { LimitsItself } from "../../store-time/store-time.ts"

/**
 * How long one request may wait for its stores together, in seconds. By default at least as long as one call of each
 * store may take, so that a longer deadline of a store has its effect.
 *
 * @param given the setting `deadlineSeconds`
 */
export const storeDeadline = (given: number | undefined, stores: ReadonlyArray<LimitsItself | undefined>): number =>
  given ?? Math.max(3, ...stores.flatMap((store) => store?.deadlineSeconds ?? []))
