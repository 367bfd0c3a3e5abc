import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Bcrypt from "../../../src/core/password/bcrypt-format.ts"

const salt = "abcdefghijklmnopqrstuu"
const hash = "ghE8Ev8uGFaUgY2cNEySvxngrb/Jzdm"
const text = `bcrypt$$2b$12$${salt}${hash}`

describe("the text of a bcrypt hash", () => {
  it("is parsed to the parameters that were formatted", () => {
    const parameters = { version: "2b", rounds: 12, salt }
    expect(Bcrypt.parse("bcrypt", text)).toEqual(parameters)
    expect(Bcrypt.librarySalt(parameters)).toBe(`$2b$12$${salt}`)
    expect(Bcrypt.librarySalt({ ...parameters, rounds: 4 })).toBe(`$2b$04$${salt}`)
    expect(Bcrypt.format("bcrypt", parameters, `$2b$12$${salt}${hash}`)).toBe(text)
    expect(Bcrypt.format("bcrypt", { ...parameters, version: "2y" }, `$2b$12$${salt}${hash}`)).toBe(
      text.replace("2b", "2y")
    )
  })

  it.each([
    "",
    "bcrypt",
    text.replace("bcrypt$$", "bcrypt$"),
    text.replace("bcrypt", "bcrypt_sha256"),
    text.replace("2b", "2x"),
    text.replace("2b", "2"),
    text.replace("$12$", "$03$"),
    text.replace("$12$", "$17$"),
    text.replace("$12$", "$4$"),
    text.replace("$12$", "$012$"),
    text.slice(0, -1),
    `${text}x`,
    `${text}\n`,
    text.replace("abc", "a+c")
  ])("%j is invalid", (encoded) => {
    expect(Bcrypt.parse("bcrypt", encoded)).toBeUndefined()
  })

  it("may have 4 to 16 rounds", () => {
    expect(["04", "16"].map((rounds) => Bcrypt.parse("bcrypt", text.replace("$12$", `$${rounds}$`))?.rounds)).toEqual([
      4, 16
    ])
  })

  it("must be updated if it has more or fewer rounds than configured", () => {
    expect([11, 12, 13].map((rounds) => Bcrypt.mustUpdate("bcrypt", text, rounds))).toEqual([true, false, true])
    expect(Bcrypt.mustUpdate("bcrypt", "bcrypt$$nonsense", 12)).toBe(true)
  })

  it("gives the hashes that add up, with its verification, to the work of a fresh hash", () => {
    expect(Bcrypt.missingRounds("bcrypt", "bcrypt$$nonsense", 12)).toEqual([12])
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 16 }), fc.integer({ min: 4, max: 16 }), (stored, configured) => {
        const encoded = text.replace("$12$", `$${String(stored).padStart(2, "0")}$`)
        const missing = Bcrypt.missingRounds("bcrypt", encoded, configured)
        const work = missing.reduce((sum, rounds) => sum + 2 ** rounds, 2 ** stored)
        expect(work).toBe(Math.max(2 ** stored, 2 ** configured))
      })
    )
  })
})

describe("a bcrypt salt", () => {
  it("keeps the two significant bits of its last digit", () => {
    expect(
      ["u", "v", "Z", ".", "A", "e", "9"].map((last) => Bcrypt.saltOf(`${"a".repeat(21)}${last}`)?.at(-1))
    ).toEqual(["u", "u", "O", ".", ".", "e", "u"])
  })

  it("has 22 digits", () => {
    for (const other of ["", "a".repeat(21), "a".repeat(23), `${"a".repeat(21)}+`, `${"a".repeat(21)}\n`])
      expect(Bcrypt.saltOf(other)).toBeUndefined()
  })
})
