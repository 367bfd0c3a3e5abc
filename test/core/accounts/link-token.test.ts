/** The tokens of links that confirm an e-mail address. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeLinkTokens, type Verifiable } from "../../../src/core/accounts/link-token.ts"
import { makeResetTokens } from "../../../src/core/accounts/reset-token.ts"

const secrets = { secret: "a secret", fallbacks: [] }
const { emailChange, verification } = makeLinkTokens(secrets)
const time = { now: Date.UTC(2026, 0, 2), offsetSeconds: 0 }
const later = (seconds: number) => ({ ...time, now: time.now + seconds * 1000 })
const days3 = 259_200

/** Texts of every kind, and some that look like tokens. */
const madeUp = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[0-9a-z]{1,14}-[0-9a-f]{0,40}(\.[A-Za-z0-9_=-]{0,20}){0,2}$/)
)

const carol: Verifiable = {
  id: "7",
  password: "pbkdf2$x",
  lastLoginAt: null,
  email: "carol@example.com",
  isActive: false
}
const alice: Verifiable = { ...carol, id: "1", lastLoginAt: 1000, email: "alice@example.com", isActive: true }

describe("the token of a new account", () => {
  const token = verification.make(carol, time)

  it("is valid for three days", () => {
    expect(verification.check(carol, token, time)).toBe(true)
    expect(verification.check(carol, token, later(days3))).toBe(true)
    expect(verification.check(carol, token, later(days3 + 1))).toBe(false)
  })

  it.each<[string, Partial<Verifiable>]>([
    ["the account is active", { isActive: true }],
    ["the user has logged in", { lastLoginAt: 5 }],
    ["the password changed", { password: "another" }],
    ["the address changed", { email: "c@example.com" }],
    ["it is another user", { id: "8" }]
  ])("is not valid if %s", (_, changed) => {
    expect(verification.check({ ...carol, ...changed }, token, time)).toBe(false)
  })

  it("is never valid for an active account, not even one that was made then", () => {
    expect(verification.check(alice, verification.make(alice, time), time)).toBe(false)
  })
})

describe("the token of a change of the address", () => {
  const token = emailChange.make(alice, "a@new.example", time)

  it("holds the new address", () => {
    expect(emailChange.check(alice, token, time)).toBe("a@new.example")
    expect(emailChange.check(alice, token, later(days3 + 1))).toBeUndefined()
  })

  it.each<[string, Partial<Verifiable>]>([
    ["the user has logged in again, in the same second", { lastLoginAt: 1001 }],
    ["the password changed", { password: "another" }],
    ["the address changed", { email: "a@new.example" }],
    ["it is another user", { id: "8" }]
  ])("is not valid if %s", (_, changed) => {
    expect(emailChange.check({ ...alice, ...changed }, token, time)).toBeUndefined()
  })

  it("is valid for no other address", () => {
    const [signed] = token.split(".")
    for (const address of ["evil@new.example", "", "a@new.example\0"])
      expect(emailChange.check(alice, `${signed}.${Buffer.from(address).toString("base64url")}`, time)).toBeUndefined()
  })

  it("keeps every address", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (address) => {
        fc.pre(address.isWellFormed())
        expect(emailChange.check(alice, emailChange.make(alice, address, time), time)).toBe(address)
      })
    )
  })
})

describe("tokens", () => {
  it("of one kind are valid for no other", () => {
    const reset = makeResetTokens(secrets)
    const made = [
      reset.make(carol, time),
      verification.make(carol, time),
      emailChange.make(carol, "", time),
      emailChange.make(carol, "carol@example.com", time).replace(/\..*/, "")
    ]
    expect(made.map((token) => reset.check(carol, token, time))).toEqual([true, false, false, false])
    expect(made.map((token) => verification.check(carol, token, time))).toEqual([false, true, false, false])
    expect(made.map((token) => emailChange.check(carol, token, time))).toEqual([undefined, undefined, "", undefined])
  })

  it("of an older secret key are valid while it is accepted", () => {
    const newer = makeLinkTokens({ secret: "another", fallbacks: ["a secret"] })
    const newest = makeLinkTokens({ secret: "another", fallbacks: [] })
    const [first, second] = [verification.make(carol, time), emailChange.make(carol, "c@d.ef", time)]
    expect([newer.verification.check(carol, first, time), newer.emailChange.check(carol, second, time)]).toEqual([
      true,
      "c@d.ef"
    ])
    expect([newest.verification.check(carol, first, time), newest.emailChange.check(carol, second, time)]).toEqual([
      false,
      undefined
    ])
  })

  it("that a client made up are refused", () => {
    fc.assert(
      fc.property(madeUp, (text) => {
        expect(verification.check(carol, text, time)).toBe(false)
        expect(emailChange.check(carol, text, time)).toBeUndefined()
      })
    )
  })
})
