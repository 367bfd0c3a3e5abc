import fc from "fast-check"
import { expect, it } from "vitest"
import * as Base62 from "../../../src/core/signing/base62.ts"
import vectors from "../../vectors/base62.json" with { type: "json" }

it.each(vectors.data)("writes and reads $int as $b62", ({ int, b62 }) => {
  expect(Base62.encode(int)).toBe(b62)
  expect(Base62.decode(b62)).toBe(int)
})

it("reads what it wrote, for every safe integer", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (integer) => {
      expect(Base62.decode(Base62.encode(integer))).toBe(integer)
    })
  )
})

it("refuses other characters and the empty text", () => {
  for (const text of ["", "a b", "é", "1.0", "--1", "1-"]) expect(Base62.decode(text)).toBeUndefined()
})

it("reads a number beyond the safe integers without an exception", () => {
  expect(Base62.decode("z".repeat(40))).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  expect(Base62.decode("z".repeat(4000))).toBe(Number.POSITIVE_INFINITY)
})
