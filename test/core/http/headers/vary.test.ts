import fc from "fast-check"
import { expect, it } from "vitest"
import { addVary } from "../../../../src/core/http/headers/vary.ts"
import vectors from "../../../vectors/vary.json" with { type: "json" }

it.each(vectors.data)("Vary: $initial and $add is $out", ({ initial, add, out }) => {
  expect(add.reduce<string | undefined>(addVary, initial ?? undefined)).toBe(out)
})

it("adds no name that is already there", () => {
  fc.assert(
    fc.property(fc.string(), (current) => {
      const once = addVary(current, "Cookie")
      expect(addVary(once, "cookie")).toBe(once)
    })
  )
  expect(addVary("Accept, *", "Cookie")).toBe("*")
})
