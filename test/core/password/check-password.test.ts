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
  const planOf = (algorithm: string) =>
    ({ _tag: "Verify", algorithm, isPreferred: algorithm === known.preferred }) as const
  const verdicts = (algorithm: string) =>
    [true, false].flatMap((correct) =>
      [false, true].map((outdated) => Check.verdict(planOf(algorithm), { correct, outdated }))
    )

  it("for the preferred algorithm updates an outdated hash after the right password", () => {
    expect(verdicts("new")).toEqual([
      { correct: true, mustUpdate: false },
      { correct: true, mustUpdate: true },
      { correct: false, mustUpdate: false },
      { correct: false, mustUpdate: false }
    ])
  })

  it("for another algorithm updates every hash after the right password", () => {
    expect(verdicts("old")).toEqual([
      { correct: true, mustUpdate: true },
      { correct: true, mustUpdate: true },
      { correct: false, mustUpdate: false },
      { correct: false, mustUpdate: false }
    ])
  })

  it("leaves the missing work of an outdated hash, and a whole hash of every other algorithm, after a wrong one", () => {
    const left = (plan: Check.Plan, algorithm: string) =>
      [false, true].map((isOutdated) => Check.workLeft(plan, algorithm, () => isOutdated))
    expect(left(planOf("new"), "new")).toEqual(["Nothing", "Harden"])
    expect(left(planOf("old"), "old")).toEqual(["Nothing", "Harden"])
    expect(left(planOf("old"), "new")).toEqual(["HashAndDiscard", "HashAndDiscard"])
    expect(left({ _tag: "Dummy" }, "new")).toEqual(["HashAndDiscard", "HashAndDiscard"])
  })
})
