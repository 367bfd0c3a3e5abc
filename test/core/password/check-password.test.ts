import { describe, expect, it } from "vitest"
import * as Check from "../../../src/core/password/check-password.ts"

const known = { preferred: "new", algorithms: ["new", "old"] }

describe("the plan of a check", () => {
  it("is a verification with the hasher that wrote the text", () => {
    expect(Check.planCheck(known, "new$1$s$h")).toEqual({ _tag: "Verify", algorithm: "new", isPreferred: true })
    expect(Check.planCheck(known, "old$s$h")).toEqual({ _tag: "Verify", algorithm: "old", isPreferred: false })
  })

  it.each([
    "",
    "!",
    "!new$1$s$h",
    "other$1$s$h",
    "New$1$s$h",
    "__proto__$1$2$3",
    "constructor",
    "$"
  ])("is a dummy hash for %j", (encoded) => {
    expect(Check.planCheck(known, encoded)).toEqual({ _tag: "Dummy" })
  })
})

describe("the verdict of a check", () => {
  const verdicts = (algorithm: string) => {
    const plan = { _tag: "Verify", algorithm, isPreferred: algorithm === known.preferred } as const
    return [true, false].flatMap((correct) =>
      [false, true].map((outdated) => Check.verdict(plan, { correct, outdated }))
    )
  }

  it("for the preferred algorithm updates an outdated hash, or adds the missing work after a wrong password", () => {
    expect(verdicts("new")).toEqual([
      { correct: true, mustUpdate: false, afterwards: "Nothing" },
      { correct: true, mustUpdate: true, afterwards: "Nothing" },
      { correct: false, mustUpdate: false, afterwards: "Nothing" },
      { correct: false, mustUpdate: false, afterwards: "Harden" }
    ])
  })

  it("for another algorithm always updates the hash, and adds a fresh hash after a wrong password", () => {
    expect(verdicts("old")).toEqual([
      { correct: true, mustUpdate: true, afterwards: "Nothing" },
      { correct: true, mustUpdate: true, afterwards: "Nothing" },
      { correct: false, mustUpdate: false, afterwards: "HashAndDiscard" },
      { correct: false, mustUpdate: false, afterwards: "HashAndDiscard" }
    ])
  })
})
