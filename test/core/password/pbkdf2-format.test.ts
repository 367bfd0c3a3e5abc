import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Pbkdf2 from "../../../src/core/password/pbkdf2-format.ts"

const salt22 = "abcdefghijklmnopqrstuv"

describe("the text of a PBKDF2 hash", () => {
  it("is parsed to the parameters that were formatted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Pbkdf2.maximumIterations }),
        fc.string({ minLength: 1, unit: "binary" }).map((text) => text.replaceAll("$", "")),
        (iterations, text) => {
          const salt = text || "s"
          expect(Pbkdf2.parse("a", Pbkdf2.format("a", { iterations, salt }, "aGFzaA=="))).toEqual({ iterations, salt })
        }
      )
    )
  })

  it.each([
    "",
    "$",
    "a",
    "a$1",
    "a$1$s",
    "b$1$s$h",
    "A$1$s$h",
    "a$$s$h",
    "a$1$$h",
    "a$0$s$h",
    "a$-1$s$h",
    "a$+1$s$h",
    "a$1.5$s$h",
    "a$1e3$s$h",
    "a$0x10$s$h",
    "a$1_000$s$h",
    "a$ 1$s$h",
    "a$1\n$s$h",
    "a$١$s$h",
    "a$10000001$s$h",
    `a$${"9".repeat(400)}$s$h`
  ])("%j is invalid", (encoded) => {
    expect(Pbkdf2.parse("a", encoded)).toBeUndefined()
  })

  it("may have the maximum of iterations", () => {
    expect(Pbkdf2.parse("a", "a$10000000$s$h")).toEqual({ iterations: 10_000_000, salt: "s" })
  })

  it("must be updated if the iterations are not as configured or the salt is short", () => {
    const mustUpdate = (encoded: string) => Pbkdf2.mustUpdate("a", encoded, 1000)
    expect(mustUpdate(`a$1000$${salt22}$h`)).toBe(false)
    expect(mustUpdate(`a$999$${salt22}$h`)).toBe(true)
    expect(mustUpdate(`a$1001$${salt22}$h`)).toBe(true)
    expect(mustUpdate(`a$1000$${salt22.slice(1)}$h`)).toBe(true)
    expect(mustUpdate("a$nonsense")).toBe(true)
  })

  it("gives the iterations that its verification lacks compared with a fresh hash", () => {
    const missing = (encoded: string) => Pbkdf2.missingIterations("a", encoded, 1000)
    expect(missing("a$1$s$h")).toBe(999)
    expect(missing("a$1000$s$h")).toBe(0)
    expect(missing("a$2000$s$h")).toBe(0)
    expect(missing("a$nonsense")).toBe(1000)
    expect(missing("a$10000001$s$h")).toBe(1000)
  })
})
