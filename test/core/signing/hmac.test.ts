import { createHash, createHmac } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Algorithm, constantTimeEqual, makeSaltedHmac, saltedHmac } from "../../../src/core/signing/hmac.ts"
import vectors from "../../vectors/salted_hmac.json" with { type: "json" }

const isAlgorithm = (name: string): name is Algorithm => ["sha1", "sha256", "sha512"].includes(name)

it.each(vectors.data)("is Django's salted_hmac: $algorithm of $value", (row) => {
  if (!isAlgorithm(row.algorithm)) throw new Error(row.algorithm)
  expect(saltedHmac(row.key_salt, row.value, row.secret, row.algorithm)).toBe(row.hex)
  expect(makeSaltedHmac(row.key_salt, row.secret, row.algorithm).base64url(row.value)).toBe(
    Buffer.from(row.hex, "hex").toString("base64url")
  )
})

it("uses sha256 by default", () => {
  const row = vectors.data[0]!
  expect(saltedHmac(row.key_salt, row.value, row.secret)).toBe(row.hex)
})

it("compares complete texts", () => {
  expect(constantTimeEqual("", "")).toBe(true)
  expect(constantTimeEqual("säßh", "säßh")).toBe(true)
  expect(constantTimeEqual("a", "b")).toBe(false)
  expect(constantTimeEqual("a", "ab")).toBe(false)
  expect(constantTimeEqual("a", "")).toBe(false)
  expect(constantTimeEqual("é", "e\u0301")).toBe(false)
})

it("distinguishes lone surrogates", () => {
  expect(constantTimeEqual("\ud800", "\ud801")).toBe(false)
  expect(constantTimeEqual("\ud800", "\ufffd")).toBe(false)
})

it("compares texts of any length and any characters, whichever it has compared before", () => {
  const length = fc.constantFrom(1, 2, 64, 127, 128, 129, 300)
  const units = fc.tuple(fc.constantFrom("a", "é", "€", "\ud800"), fc.constantFrom("a", "b", "é", "\ud801"))
  fc.assert(
    fc.property(length, units, fc.nat(), (size, [unit, other], at) => {
      const text = unit.repeat(size)
      const changed = text.slice(0, at % size) + other + text.slice((at % size) + 1)
      expect(constantTimeEqual(text, changed)).toBe(text === changed)
      expect(constantTimeEqual(text, unit.repeat(size))).toBe(true)
    })
  )
})

describe("an HMAC", () => {
  const lengths = fc.constantFrom(0, 1, 55, 56, 63, 64, 127, 128, 1364, 1365, 1366, 4096, 4097, 20_000)
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(lengths, fc.constantFrom("a", "é", "€", "𝒂", "\ud800")).map(([length, unit]) => unit.repeat(length))
  )
  it("is that of node:crypto, for texts and bytes of all lengths, in any order", () => {
    for (const algorithm of ["sha1", "sha256", "sha512"] as const) {
      const hmac = makeSaltedHmac("salt", "sécret", algorithm)
      const key = createHash(algorithm).update("saltsécret").digest()
      fc.assert(
        fc.property(text, fc.boolean(), (value, asBytes) => {
          const given = asBytes ? Buffer.from(value) : value
          expect(hmac.hex(given)).toBe(createHmac(algorithm, key).update(given).digest("hex"))
          expect(hmac.base64url(value)).toBe(createHmac(algorithm, key).update(value).digest("base64url"))
        })
      )
    }
  })
})
