import { expect, it } from "vitest"
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
