import { describe, expect, it } from "vitest"
import { type Reading, watch } from "../../../../src/core/auth/sessions/session-watch.ts"

const now = 1_000_000
const outage: Reading = { _tag: "Outage" }
const read = (user: string | undefined): Reading => ({ _tag: "Read", user })
/** A reading that was begun 5 ms before. */
const at = (moment: number) => ({ begunAt: moment - 5, now: moment })
const known = { user: "alice", verifiedAt: now }

describe("the session of an open connection", () => {
  it("keeps it as long as it has the same user, verified when the reading was begun", () => {
    expect(watch({ user: undefined, verifiedAt: 0 }, read("alice"), at(now), 300)).toEqual({
      user: "alice",
      verifiedAt: now - 5
    })
    expect(watch(known, read("alice"), at(now + 1), 300)).toEqual({ user: "alice", verifiedAt: now - 4 })
  })
  it("ends it when it has another user, or none", () => {
    expect([watch(known, read("bob"), at(now), 300), watch(known, read(undefined), at(now), 300)]).toEqual([
      "ended",
      "ended"
    ])
    expect(watch({ user: undefined, verifiedAt: now }, read(undefined), at(now), 300)).toBe("ended")
  })
  it("keeps it during an outage, and ends it when the outage has lasted for the grace, to the millisecond", () => {
    expect(watch(known, outage, at(now + 299_999), 300)).toEqual(known)
    expect(watch(known, outage, at(now + 300_000), 300)).toBe("unverified")
    expect(watch(known, outage, at(now), 0)).toBe("unverified")
  })
})
