import { describe, expect, it } from "vitest"
import * as Validators from "../../../src/core/password/validators.ts"
import vectors from "../../vectors/password_validators.json" with { type: "json" }

/**
 * Django's list of 20,000 passwords is not copied here. These are only the passwords of the list that the vectors use, so
 * the vectors test that a password of the list is refused, and not the list itself.
 */
const list = ["1234567", "12345678", "password", "john1234", "12345678901234567890", "qwertyuiop"]

const attributes = { username: "username", first_name: "first name", last_name: "last name", email: "email address" }
const byName: Readonly<Record<string, Validators.Validator>> = {
  MinimumLength: Validators.minimumLength(),
  UserAttributeSimilarity: Validators.userAttributeSimilarity({ attributes }),
  CommonPassword: Validators.commonPassword(list),
  Numeric: Validators.notEntirelyNumeric()
}
const all = vectors.data.order.map((name) => byName[name]!)
const codes = (problems: ReadonlyArray<Validators.Problem>) => problems.map(({ code }) => code)

describe("validate_password", () => {
  it.each(vectors.data.verdicts)("gives Django's errors for $password", ({ password, errors }) => {
    const problems = Validators.validate(all, password, vectors.data.user)
    expect(problems.map(({ code, message }) => ({ code, message }))).toEqual(errors)
  })

  it("refuses exactly the passwords of this list as common in the vectors", () => {
    const common = vectors.data.verdicts.filter(({ errors }) =>
      errors.some(({ code }) => code === "password_too_common")
    )
    const plain = new Set(common.map(({ password }) => password.trim().toLowerCase()))
    expect([...plain].toSorted()).toEqual(list.toSorted())
  })

  it("accepts any text if there are no validators", () => {
    expect(Validators.validate([], "")).toEqual([])
  })

  it.each([
    ["of more than 4096 bytes", "é".repeat(2049), "password_too_long"],
    ["of more than 4096 characters", "1".repeat(60_000), "password_too_long"],
    ["with a lone surrogate", "12345\ud800", "password_not_unicode"]
  ])("refuses a text %s, which cannot be a password, before any validator runs", (_, password, code) => {
    const never: Validators.Validator = () => expect.fail("a validator ran")
    expect(codes(Validators.validate([never], password, vectors.data.user))).toEqual([code])
    expect(codes(Validators.validate([], password))).toEqual([code])
    expect(Validators.validate([never], "x".repeat(60_000))[0]?.message).toBe(
      "This password is too long. It must contain at most 4096 bytes."
    )
  })

  it.each([undefined, null, 12_345_678, {}, ["password"]])("refuses %j, which a client's JSON may hold", (password) => {
    // @ts-expect-error no text
    expect(codes(Validators.validate(all, password))).toEqual(["password_not_text"])
  })

  it("runs all validators, in their order", () => {
    const reversed = all.toReversed()
    expect(codes(Validators.validate(reversed, "1234567"))).toEqual([
      "password_entirely_numeric",
      "password_too_common",
      "password_too_short"
    ])
  })
})

describe("the minimum length", () => {
  it("is counted in code points", () => {
    const validator = Validators.minimumLength(4)
    expect(validator("😀😀😀")?.code).toBe("password_too_short")
    expect(validator("😀😀😀😀")).toBeUndefined()
  })

  it("has a message in the singular", () => {
    expect(Validators.minimumLength(1)("")).toEqual({
      code: "password_too_short",
      message: "This password is too short. It must contain at least 1 character.",
      params: { min_length: 1 }
    })
  })
})

describe("the similarity to the user's attributes", () => {
  const validator = Validators.userAttributeSimilarity()
  const owner = { username: "johnsmith", firstName: "John", lastName: "Smith", email: "john.smith-doe@example.com" }

  it("is checked for the fields of a user's record", () => {
    expect(validator("johnsmith", owner)?.message).toBe("The password is too similar to the username.")
    expect(validator("smith-doe", owner)?.params).toEqual({ verbose_name: "last name" })
    expect(validator("example.com", owner)?.params).toEqual({ verbose_name: "email address" })
    expect(validator("johnsmith")).toBeUndefined()
  })

  it("ignores case, the order of characters, and separators between words", () => {
    expect(validator("HTIMSNHOJ", owner)?.code).toBe("password_too_similar")
    expect(validator("müller-lüdenscheidt", { username: "x", lastName: "Müller Lüdenscheidt" })?.code).toBe(
      "password_too_similar"
    )
    expect(validator("λεωνίδας1", { username: "ΛΕΩΝΊΔΑΣ" })?.code).toBe("password_too_similar")
  })

  it("is checked for the whole value, too, if no part of it is similar", () => {
    expect(validator("a-b-c-d-e", { username: "a-b-c-d-f" })?.code).toBe("password_too_similar")
  })

  it("is checked for as many characters as the field's column holds", () => {
    const name = (length: number): string => `${"x".repeat(length - 9)}-johndoe1`
    expect(validator("johndoe1", { username: name(150) })?.code).toBe("password_too_similar")
    expect(validator("johndoe1", { email: name(254) })?.code).toBe("password_too_similar")
    expect(validator("johndoe1", { username: name(309) })).toBeUndefined()
    const other = Validators.userAttributeSimilarity({ attributes: { bio: "biography" } })
    expect(other("johndoe1", { bio: name(4096) })?.code).toBe("password_too_similar")
    expect(other("johndoe1", { bio: name(9000) })).toBeUndefined()
  })

  it("is too high from the maximum on", () => {
    const half = Validators.userAttributeSimilarity({ maximumSimilarity: 0.5 })
    expect(half("ab", { username: "bc" })?.code).toBe("password_too_similar")
    expect(Validators.userAttributeSimilarity({ maximumSimilarity: 0.51 })("ab", { username: "bc" })).toBeUndefined()
  })

  it("is not checked for values that are empty, no text, or inherited from a prototype", () => {
    expect(validator("", { username: "", email: null, firstName: 7 })).toBeUndefined()
    expect(validator("johnsmith", Object.create(owner))).toBeUndefined()
  })

  it("of an empty password to a value that begins or ends with a separator is too high, as in Django", () => {
    expect(validator("", { username: "@home" })?.code).toBe("password_too_similar")
    expect(validator("", { username: "home" })).toBeUndefined()
  })

  it("cannot have a maximum below 0.1", () => {
    for (const maximumSimilarity of [0.09, Number.NaN])
      expect(() => Validators.userAttributeSimilarity({ maximumSimilarity })).toThrow(RangeError)
    expect(() => Validators.userAttributeSimilarity({ maximumSimilarity: 0.1 })).not.toThrow()
  })
})

describe("the common passwords", () => {
  it("are the application's list, which may be the lines of a file", () => {
    const validator = Validators.commonPassword("Dragon\r\nletmein \n\n".split("\n"))
    for (const common of ["dragon", "DRAGON", "\u00a0letmein\x1f"])
      expect(validator(common)?.code).toBe("password_too_common")
    for (const other of ["", " ", "dragon\ufeff", "dragons"]) expect(validator(other)).toBeUndefined()
  })
})

describe("a password of digits only", () => {
  it("is refused, in every script", () => {
    const validator = Validators.notEntirelyNumeric()
    for (const digits of ["12345678", "١٢٣", "²³¹", "①1٣"])
      expect(validator(digits)?.code).toBe("password_entirely_numeric")
    for (const other of ["", "½", "12 34", "-1", "1.5", "Ⅷ", "一二三"]) expect(validator(other)).toBeUndefined()
  })
})
