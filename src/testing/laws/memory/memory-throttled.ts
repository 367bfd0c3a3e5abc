/** The throttle of a `testSite`, as the laws see it. */
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../adapters/errors/errors.ts"
import type { ThrottleStore } from "../../../adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../../adapters/store/memory.ts"
import type { Gate } from "../../orders/gate.ts"
import type { TestAuthOptions } from "../../site/test-site.ts"
import type { LawThrottle } from "../law-throttle.ts"

/** What is different about the throttle of a site, for example a fault. */
export interface ThrottleChanges {
  /** Puts something before the store. Its own calls wait at the gate too. */
  readonly store?: (store: ThrottleStore) => ThrottleStore
  /** Changes the options with which the throttle starts. */
  readonly auth?: (options: TestAuthOptions) => TestAuthOptions
}

/** The throttle of a site, and what its pages need of it. */
export interface MemoryThrottled {
  readonly throttle: LawThrottle
  /** Called for each mail that the pages send. */
  readonly mailed: () => void
}

/** @param change gives the site these options from now on */
export const memoryThrottled = (
  gate: Gate,
  change: (options: TestAuthOptions) => void,
  { auth = (options) => options, store: around = (store) => store }: ThrottleChanges = {}
): MemoryThrottled => {
  let mails = 0
  let isLost = false
  let address: string | undefined
  const atGate = <A>(label: string, call: () => Effect.Effect<A, StoreUnavailable>) =>
    Effect.andThen(
      Effect.promise(() => gate.turn(label)),
      Effect.suspend(() => (isLost ? Effect.fail(new StoreUnavailable({ operation: label, cause: "a test" })) : call()))
    )
  const limits = { maximumSeconds: 8, forgetSeconds: 86_400 }
  return {
    mailed: () => {
      mails += 1
    },
    throttle: {
      accountFailures: 3,
      networkFailures: 6,
      wideNetworkFailures: 12,
      deviceFailures: 4,
      mailRequests: 3,
      firstSeconds: 1,
      ...limits,
      deviceSeconds: 86_400,
      cookie: "knowndevice",
      start: () => {
        const counts = memoryThrottle()
        const store = around({
          take: (asks, now) => atGate("count an attempt", () => counts.take(asks, now)),
          settle: (changes) => atGate("settle an attempt", () => counts.settle(changes))
        })
        mails = 0
        isLost = false
        change(
          auth({
            throttle: {
              store,
              account: { ...limits, freeFailures: 3 },
              network: { ...limits, freeFailures: 6 },
              wideNetwork: { ...limits, freeFailures: 12 },
              device: { ...limits, freeFailures: 4 },
              recipient: { ...limits, freeFailures: 3 },
              requester: { ...limits, freeFailures: 6 },
              cookie: { ageSeconds: 86_400 }
            },
            reauthentication: {},
            // Node tells nothing about an attempt that waits for a slot.
            concurrency: 8,
            clientAddress: () => address
          })
        )
      },
      from: (other) => {
        address = other
      },
      lose: () => {
        isLost = true
      },
      find: () => {
        isLost = false
      },
      mails: () => mails
    }
  }
}
