import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isSameId, uuidOf } from "../../src/core/uuid.ts"

const canonical = "550e8400-e29b-41d4-a716-446655440000"

/** What Python's `uuid.UUID` takes. */
const spellings = [
  canonical,
  canonical.toUpperCase(),
  canonical.replaceAll("-", ""),
  `{${canonical}}`,
  `urn:uuid:${canonical}`,
  `{urn:uuid:${canonical}}`,
  `uuid:${canonical.toUpperCase()}`,
  "5-50e8400e29b41d4a716446655440000"
]

describe("a UUID", () => {
  it.each(spellings)("is read as Python reads it: %s", (text) => {
    expect(uuidOf(text)).toBe(canonical)
    expect(isSameId(text, canonical)).toBe(true)
  })

  it.each([
    "",
    "1",
    canonical.slice(0, -1),
    `${canonical}0`,
    ` ${canonical}`,
    `${canonical}\n`,
    `URN:UUID:${canonical}`,
    canonical.replaceAll("e", "g"),
    `(${canonical})`,
    "５50e8400e29b41d4a716446655440000",
    "-".repeat(32),
    `{${"{".repeat(100)}${canonical}`
  ])("is none in %j", (text) => {
    expect(uuidOf(text)).toBeUndefined()
    expect(isSameId(text, canonical)).toBe(false)
  })

  it("is the same id in any two spellings, and no other id", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (one, other) => {
        expect(isSameId(one.toUpperCase(), one.replaceAll("-", ""))).toBe(true)
        expect(isSameId(one, other)).toBe(one === other)
      })
    )
    expect([isSameId("1", "1"), isSameId("1", "2"), isSameId("a", "A"), isSameId(undefined, undefined)]).toEqual([
      true,
      false,
      false,
      true
    ])
  })
})
