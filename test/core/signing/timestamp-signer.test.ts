import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeSaltedHmac } from "../../../src/core/signing/hmac.ts"
import { makeSigner } from "../../../src/core/signing/timestamp-signer.ts"
import vectors from "../../vectors/signing.json" with { type: "json" }

const secret = "test-secret-key-0123456789-0123456789-0123456789"
const older = "older-secret-key-abcdefghij-abcdefghij-abcdefghij"
const salt = "django.core.signing.TimestampSigner"
const signer = makeSigner({ secret, fallbacks: [], salt })
const now = 1_700_000_000_999

const body = (token: string) => token.slice(0, token.indexOf(":"))

describe("the signer", () => {
  it.each(vectors.data.sign.filter((row) => row.timestamp !== undefined))("signs as Django's $what: $out", (row) => {
    const same = makeSigner({ secret, fallbacks: [], salt: row.salt })
    expect(same.sign(body(row.out), (row.timestamp ?? 0) * 1000)).toBe(row.out)
  })

  it.each(vectors.data.sign.filter((row) => row.timestamp === undefined))("hashes as Django's $what: $out", (row) => {
    expect(`${row.value}:${makeSaltedHmac(`${row.salt}signer`, secret).base64url(String(row.value))}`).toBe(row.out)
  })

  // Older Djangos have only this salt.
  const cookies = [
    ...vectors.data.signed_cookie_api,
    ...vectors.older.flatMap(({ signed_cookie_api: { rows } }) => Object.values(rows))
  ]

  it.each(cookies)("signs a cookie as Django does with salt $salt", (row) => {
    // The signed-cookie API puts a prefix before its secret; up to 6.0 it joins name and salt without a separator.
    const same = makeSigner({ secret: `django.http.cookies${secret}`, fallbacks: [], salt: row.cookie + row.salt })
    expect(same.sign(row.value, row.timestamp * 1000)).toBe(row.legacy_salt)
  })

  it.each(vectors.data.loads)("verifies as Django's loads: $label", (row) => {
    const { max_age, salt = "django.core.signing" } = row.args as { max_age?: number; salt?: string }
    const unsigned = makeSigner({ secret, fallbacks: [], salt }).unsign(row.token)
    switch (row.error) {
      case "BadSignature":
        return expect(unsigned).toEqual({ _tag: "BadSignature" })
      case "ValueError":
        return expect(unsigned).toEqual({ _tag: "NoTimestamp" })
      case "SignatureExpired":
        expect(unsigned).toMatchObject({ _tag: "Verified" })
        return expect(unsigned._tag === "Verified" && row.now - unsigned.signedAt / 1000).toBeGreaterThan(max_age ?? 0)
      default:
        return expect(unsigned).toEqual({ _tag: "Verified", value: body(row.token), signedAt: 1_700_000_000_000 })
    }
  })

  it("verifies what it signed, for every value, with the time in whole seconds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (value, seconds) => {
        expect(signer.unsign(signer.sign(value, seconds * 1000 + 999))).toEqual({
          _tag: "Verified",
          value,
          signedAt: seconds * 1000
        })
      })
    )
  })

  it("refuses every text that differs in one character", () => {
    const signed = signer.sign("value", now)
    fc.assert(
      fc.property(fc.nat(signed.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        fc.pre(signed.charAt(at) !== character)
        const other = signed.slice(0, at) + character + signed.slice(at + 1)
        expect(signer.unsign(other)).toEqual({ _tag: "BadSignature" })
      })
    )
  })

  it("refuses any text that it did not sign, without an exception", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(signer.unsign(text)).toEqual({ _tag: "BadSignature" })
      })
    )
  })

  it("verifies with any fallback key, and never signs with one", () => {
    const signedThen = makeSigner({ secret: older, fallbacks: [], salt }).sign("value", now)
    const rotated = makeSigner({ secret, fallbacks: ["another", older], salt })
    expect(signer.unsign(signedThen)).toEqual({ _tag: "BadSignature" })
    expect(rotated.unsign(signedThen)).toEqual({ _tag: "Verified", value: "value", signedAt: 1_700_000_000_000 })
    expect(rotated.sign("value", now)).toBe(signer.sign("value", now))
  })

  it("does not accept a lone surrogate in place of U+FFFD, which replaces it in UTF-8", () => {
    const signed = signer.sign("\ufffd", now)
    expect(signer.unsign(signed)).toMatchObject({ _tag: "Verified" })
    expect(signer.unsign(signed.replace("\ufffd", "\ud800"))).toEqual({ _tag: "BadSignature" })
  })

  it("answers NoTimestamp if the time of a signed text is missing or invalid", () => {
    const sign = makeSaltedHmac(`${salt}signer`, secret).base64url
    for (const signed of ["value", "value:", "value:!", "value: 1"]) {
      expect(signer.unsign(`${signed}:${sign(signed)}`)).toEqual({ _tag: "NoTimestamp" })
    }
  })
})
