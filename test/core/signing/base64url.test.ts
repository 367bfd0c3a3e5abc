import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Base64url from "../../../src/core/signing/base64url.ts"
import vectors from "../../vectors/encoding_helpers.json" with { type: "json" }

const latin1 = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1")

describe("base64url", () => {
  it.each(vectors.data.urlsafe_b64)("writes $text as $b64", ({ text, b64 }) => {
    expect(Base64url.encode(Buffer.from(text, "utf8"))).toBe(b64)
  })

  // Python skips characters outside the alphabet, and its result is empty; here the text is invalid.
  const skippedByPython = ["!!!!", "Ø"]

  it.each(vectors.data.urlsafe_b64_decode)("reads $in as Django does", (row) => {
    const expected = skippedByPython.includes(row.in) ? undefined : row.latin1
    expect(latin1(Base64url.decode(row.in))).toBe(expected)
  })

  it("reads what it wrote, with and without padding", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Base64url.encode(bytes)
        expect(Uint8Array.from(Base64url.decode(text) ?? [])).toEqual(bytes)
        expect(Uint8Array.from(Base64url.decode(text + "=".repeat((4 - (text.length % 4)) % 4)) ?? [])).toEqual(bytes)
      })
    )
  })

  it("refuses characters outside the alphabet", () => {
    for (const text of ["e3!0", "a+bc", "a/bc", "a b", "MQ===", "=MQ", "M=Q", "MQ\n"]) {
      expect(Base64url.decode(text)).toBeUndefined()
    }
  })
})
