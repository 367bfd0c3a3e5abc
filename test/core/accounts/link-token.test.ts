/** The tokens of links that confirm an e-mail address. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeLinkTokens } from "../../../src/core/accounts/link-token.ts"
import { makeResetTokens, type ResetUser } from "../../../src/core/accounts/reset-token.ts"

const secrets = { secret: "a secret", fallbacks: [] }
const { emailChange, signUp } = makeLinkTokens(secrets)
const now = Date.UTC(2026, 0, 2)
const time = { now, offsetSeconds: 0 }
const later = (seconds: number) => ({ ...time, now: time.now + seconds * 1000 })
const days3 = 259_200

/** Texts of every kind, and some that look like tokens. */
const madeUp = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[0-9a-z]{1,14}-[0-9a-f]{0,40}(\.[A-Za-z0-9_=-]{0,20}){0,2}$/)
)

const carol = { username: "carol", email: "carol@example.com", password: "pbkdf2$x" }
const alice: ResetUser = { id: "1", password: "pbkdf2$x", lastLoginAt: 1000, email: "alice@example.com" }

describe("the token of a new account", () => {
  const token = signUp.make(carol, now)

  it("holds the account for three days", () => {
    expect(signUp.check("carol", token, now)).toEqual(carol)
    expect(signUp.check("carol", token, now + days3 * 1000)).toEqual(carol)
    expect(signUp.check("carol", token, now + (days3 + 1) * 1000)).toBeUndefined()
  })

  it("is valid for no other user name, and in no other spelling", () => {
    for (const name of ["Carol", "carol ", "", "alice"]) expect(signUp.check(name, token, now)).toBeUndefined()
    for (const text of [`${token}=`, `${token}==`, token.slice(0, -1), `${token}A`, ` ${token}`, ""])
      expect(signUp.check("carol", text, now)).toBeUndefined()
  })

  it("is refused if any of its characters is another", () => {
    for (const [at, was] of [...token].entries()) {
      const altered = `${token.slice(0, at)}${was === "A" ? "B" : "A"}${token.slice(at + 1)}`
      expect(signUp.check("carol", altered, now)).toBeUndefined()
    }
  })

  it("shows neither the password nor the address", () => {
    const bytes = Buffer.from(token, "base64url").toString("latin1")
    for (const secret of ["pbkdf2", "carol@"]) expect(bytes).not.toContain(secret)
  })

  it("differs with the password, the address and the second", () => {
    const others = [
      signUp.make({ ...carol, password: "another" }, now),
      signUp.make({ ...carol, email: "c@example.com" }, now),
      signUp.make(carol, now + 1000)
    ]
    expect(new Set([token, ...others].map((text) => text.slice(0, 16)))).toHaveLength(4)
  })

  it("keeps every account", () => {
    const text = fc.string({ unit: "grapheme" }).filter((some) => some.isWellFormed())
    fc.assert(
      fc.property(text, text, text, (username, email, password) => {
        const account = { username, email, password }
        expect(signUp.check(username, signUp.make(account, now), now)).toEqual(account)
      })
    )
  })
})

describe("the token of a change of the address", () => {
  const token = emailChange.make(alice, "a@new.example", time)

  it("holds the new address", () => {
    expect(emailChange.check(alice, token, time)).toBe("a@new.example")
    expect(emailChange.check(alice, token, later(days3 + 1))).toBeUndefined()
  })

  it.each<[string, Partial<ResetUser>]>([
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
      reset.make(alice, time),
      signUp.make({ ...carol, username: alice.id }, now),
      emailChange.make(alice, "", time),
      emailChange.make(alice, "alice@example.com", time).replace(/\..*/, "")
    ]
    expect(made.map((token) => reset.check(alice, token, time))).toEqual([true, false, false, false])
    expect(made.map((token) => signUp.check(alice.id, token, now) !== undefined)).toEqual([false, true, false, false])
    expect(made.map((token) => emailChange.check(alice, token, time))).toEqual([undefined, undefined, "", undefined])
  })

  it("of an older secret key are valid while it is accepted", () => {
    const newer = makeLinkTokens({ secret: "another", fallbacks: ["a secret"] })
    const newest = makeLinkTokens({ secret: "another", fallbacks: [] })
    const [first, second] = [signUp.make(carol, now), emailChange.make(alice, "c@d.ef", time)]
    expect([newer.signUp.check("carol", first, now), newer.emailChange.check(alice, second, time)]).toEqual([
      carol,
      "c@d.ef"
    ])
    expect([newest.signUp.check("carol", first, now), newest.emailChange.check(alice, second, time)]).toEqual([
      undefined,
      undefined
    ])
  })

  it("that a client made up are refused", () => {
    fc.assert(
      fc.property(madeUp, (text) => {
        expect(signUp.check("carol", text, now)).toBeUndefined()
        expect(emailChange.check(alice, text, time)).toBeUndefined()
      })
    )
  })
})
