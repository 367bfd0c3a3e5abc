import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { memoryThrottle } from "../../../src/adapters/store/memory.ts"
import { policyOf } from "../../../src/core/throttle/throttle.ts"

const policy = policyOf({ freeFailures: 3, maximumSeconds: 10, forgetSeconds: 100 })
const now = 1_700_000_000_000
const run = Effect.runSync

const store = (maximumKeys?: number) => {
  const made = memoryThrottle(maximumKeys === undefined ? {} : { maximumKeys })
  return {
    ...made,
    fail: (...names: ReadonlyArray<string>) =>
      run(
        made.take(
          names.map((key) => ({ key, policy })),
          now
        )
      ).map(({ _tag }) => _tag),
    names: () => made.keys(now).map(({ key }) => key)
  }
}

describe("the memory throttle store", () => {
  it("counts no key after the first one that refuses", () => {
    const { fail, keys } = store()
    for (let at = 0; at < 3; at++) fail("network")
    expect(fail("network", "alice")).toEqual(["Refused"])
    expect(keys(now).map(({ failures, key }) => [key, failures])).toEqual([["network", 3]])
  })

  it("forgets a key that is reset, and one failure of a key that is taken back", () => {
    const { fail, keys, settle } = store()
    fail("alice", "network")
    fail("alice", "network")
    run(
      settle([
        { _tag: "Reset", key: "alice" },
        { _tag: "TakeBack", key: "network", until: now }
      ])
    )
    expect(keys(now).map(({ failures, key }) => [key, failures])).toEqual([["network", 1]])
  })

  it("does not grow with ever new keys, and keeps those that make others wait", () => {
    const { fail, names } = store(10)
    for (let at = 0; at < 3; at++) fail("alice")
    for (let at = 0; at < 1000; at++) fail(`name ${at}`)
    expect(names()).toHaveLength(10)
    expect(fail("alice")).toEqual(["Refused"])
    expect(names()).toContain("name 999")
  })

  it("removes the key that failed longest ago if all make others wait", () => {
    const { fail, names } = store(2)
    for (const name of ["a", "b", "c"]) for (let at = 0; at < 3; at++) fail(name)
    expect(names()).toEqual(["b", "c"])
  })

  it.each([0, -1, 1.5, Number.NaN])("refuses room for %d keys", (maximumKeys) => {
    expect(() => memoryThrottle({ maximumKeys })).toThrow("memoryThrottle.maximumKeys must be a whole number above 0")
  })
})
