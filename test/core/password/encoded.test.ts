import { describe, expect, it } from "vitest"
import * as Encoded from "../../../src/core/password/encoded.ts"
import vectors from "../../vectors/password_identify.json" with { type: "json" }

/** The hashers of the Django that wrote the vectors. For any other name, that Django raises `ValueError`. */
const known = ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt", "md5"]

describe("an encoded password", () => {
  it.each(vectors.data)("$encoded is identified as Django identifies it: $identified", ({ encoded, identified }) => {
    const algorithm = Encoded.identify(encoded)
    expect(algorithm !== undefined && known.includes(algorithm) ? algorithm : "ValueError").toBe(identified)
  })

  it.each(vectors.older.rows)("$encoded is $identified, as in older Djangos, which have more algorithms", (row) => {
    expect(Encoded.identify(row.encoded)).toBe(row.identified)
  })

  it.each(vectors.data)("$encoded is usable: $usable", ({ encoded, usable }) => {
    expect(Encoded.isUsable(encoded)).toBe(usable)
  })

  it("without an algorithm name or a salt is identified by its form", () => {
    expect(Encoded.identify("a".repeat(32))).toBe("unsalted_md5")
    expect(Encoded.identify(`md5$$${"a".repeat(32)}`)).toBe("unsalted_md5")
    expect(Encoded.identify(`sha1$$${"a".repeat(40)}`)).toBe("unsalted_sha1")
    expect(Encoded.identify(`md5$s$${"a".repeat(31)}`)).toBe("md5")
    expect(Encoded.identify("a".repeat(33))).toBe("a".repeat(33))
  })

  it("has no algorithm if it is unusable or empty", () => {
    expect(Encoded.identify(`!${"a".repeat(31)}`)).toBeUndefined()
    expect(Encoded.identify("!pbkdf2_sha256$1$s$h")).toBeUndefined()
    expect(Encoded.identify("")).toBeUndefined()
  })

  it("of `unusable` is not usable", () => {
    const encoded = Encoded.unusable("x".repeat(Encoded.unusableLength))
    expect(encoded).toBe(`!${"x".repeat(40)}`)
    expect(Encoded.isUsable(encoded)).toBe(false)
  })
})

describe("a number in an encoded password", () => {
  it("is a whole number in ASCII digits, from 1 to its maximum", () => {
    expect(["1", "007", "100"].map((text) => Encoded.count(text, 100))).toEqual([1, 7, 100])
    for (const text of [
      "0",
      "101",
      "",
      "-1",
      "+1",
      "1.0",
      "1e1",
      "0x1",
      " 1",
      "1\n",
      "1_0",
      "١",
      "9".repeat(400),
      undefined
    ])
      expect(Encoded.count(text, 100)).toBeUndefined()
  })
})

describe("a salt", () => {
  it("is long enough if it has at least 128 bits", () => {
    const bits = (length: number) => length * Math.log2(new Set(Encoded.alphabet).size)
    expect(bits(Encoded.saltLength)).toBeGreaterThanOrEqual(128)
    expect(bits(Encoded.saltLength - 1)).toBeLessThan(128)
    expect(Encoded.saltIsLongEnough("s".repeat(22))).toBe(true)
    expect(Encoded.saltIsLongEnough("s".repeat(21))).toBe(false)
  })

  it("is measured in characters, not in UTF-16 units", () => {
    expect(Encoded.saltIsLongEnough("😀".repeat(21))).toBe(false)
  })

  it("is not empty and contains no $", () => {
    expect(["", "$", "a$b", "ab"].map(Encoded.isSalt)).toEqual([false, false, false, true])
  })
})
