/** `latchkey/testing/fast-check`: arbitrary values for property tests, with `fast-check` 4. */
import "./refuse-production.ts"
import * as fc from "fast-check"
import type { Fault } from "./store-network.ts"

/** A fault of the network between latchkey and its stores, for `network(…).fail`. */
export const faults = (): fc.Arbitrary<Fault> => fc.constantFrom("refused", "acknowledgementLost", "slow")
