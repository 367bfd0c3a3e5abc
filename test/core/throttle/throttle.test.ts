import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { delayAfter, policyOf, type ThrottleState, take, takeBack } from "../../../src/core/throttle/throttle.ts"

const policy = policyOf({ freeFailures: 3, maximumSeconds: 10, forgetSeconds: 100 })
const start = 1_700_000_000_000

/** The state after so many attempts, each at the first instant at which it is accepted. */
const failed = (failures: number): ThrottleState | undefined => {
  let state: ThrottleState | undefined
  for (let at = 0; at < failures; at++) state = take(policy, state, state?.until ?? start).state
  return state
}

describe("the delays", () => {
  it("double up to the longest one", () => {
    expect(policy.delays).toEqual([0, 0, 1, 2, 4, 8, 10])
    expect([1, 2, 3, 7, 1000].map((failures) => delayAfter(policy, failures))).toEqual([0, 0, 1, 10, 10])
  })

  it("have one entry if all are the longest one", () => {
    expect(policyOf({ freeFailures: 1, maximumSeconds: 1, forgetSeconds: 2 }).delays).toEqual([1])
  })
})

describe("an attempt", () => {
  it("is refused up to the end of the delay, and accepted at that instant", () => {
    const state = take(policy, failed(2), start).state
    expect(state).toEqual({ failures: 3, until: start + 1000, forgottenAt: start + 100_000 })
    expect(take(policy, state, start + 999)).toEqual({ state, taken: { _tag: "Refused", until: start + 1000 } })
    expect(take(policy, state, start + 1000).state.failures).toBe(4)
  })

  it("is the first one again once the failures are forgotten", () => {
    const before = failed(6)
    const { state } = take(policy, before, before?.until ?? start)
    expect(take(policy, state, state.forgottenAt - 1).state.failures).toBe(8)
    expect(take(policy, state, state.forgottenAt).state.failures).toBe(1)
  })

  it("is not refused by an instant that was written before the clock was set back", () => {
    const state = { failures: 9, until: start + 10_001, forgottenAt: start + 1e9 }
    expect(take(policy, state, start).taken._tag).toBe("Taken")
    expect(take(policy, { ...state, until: start + 10_000 }, start).taken._tag).toBe("Refused")
  })

  it("waits for at most the longest delay, after any earlier attempts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 60 }), (pauses) => {
        let now = start
        let state: ThrottleState | undefined
        for (const pause of pauses) {
          now += pause
          state = take(policy, state, now).state
        }
        expect(take(policy, state, now + 10_000).taken._tag).toBe("Taken")
      })
    )
  })

  it("that is refused prolongs nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(999), { maxLength: 60 }), (instants) => {
        const state = take(policy, failed(2), start).state
        for (const instant of instants) expect(take(policy, state, start + instant).state).toEqual(state)
      })
    )
  })
})

describe("an attempt that is taken back", () => {
  it("leaves the state as if it had not been made", () => {
    const before = take(policy, failed(4), start).state
    const { state, taken } = take(policy, before, before.until)
    const back = takeBack(state, taken.until)
    expect(back?.failures).toBe(before.failures)
    expect(take(policy, back, before.until).state).toEqual(state)
  })

  it("keeps the delay of a later failure", () => {
    const first = take(policy, failed(3), start + 10_000)
    const later = take(policy, first.state, first.taken.until)
    expect(takeBack(later.state, first.taken.until)).toEqual({ ...later.state, failures: 4 })
  })

  it("leaves no state if it was the only one", () => {
    expect(takeBack(failed(1), start)).toBeUndefined()
    expect(takeBack(undefined, start)).toBeUndefined()
  })
})
