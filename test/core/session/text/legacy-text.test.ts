import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeAuthHashes } from "../../../../src/core/auth/state/auth-hash.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { parseMembers } from "../../../../src/core/json/stored-json.ts"
import { makeCodec, signedCookieSalt } from "../../../../src/core/session/text/codec.ts"
import { makeSigner } from "../../../../src/core/signing/timestamp-signer.ts"
import hashes from "../../../vectors/auth_hash.json" with { type: "json" }
import vectors from "../../../vectors/session_legacy_codec.json" with { type: "json" }

const secret = "test-secret-key-0123456789-0123456789-0123456789"
const now = 1_700_000_000_000
/** `{"a":1}`, which Django 3.2 signed with SHA-1. */
const signedWithSha1 = "eyJhIjoxfQ:1r31er:oOP1qVSimH7QB4KVFPVebssxiYo"
const legacyText = vectors.data[1]?.legacy_encoded ?? ""

const codec = makeCodec({ secret, fallbacks: [], readsSha1: true })
const today = makeCodec({ secret, fallbacks: [] })
const refused = { _tag: "BadSignature" }
const decoded = (json: string) => ({ _tag: "Decoded", data: parseMembers(json) })

describe("a session that Django before 3.1 wrote", () => {
  it("is not read where a maximum age is required, since it contains no time", () => {
    const aging = makeCodec({ secret, fallbacks: [], readsSha1: true, readsUntimed: false })
    expect(aging.decode(legacyText)).toEqual(refused)
    expect(aging.decode(signedWithSha1)).toEqual(decoded('{"a":1}'))
  })
  it.each(vectors.data)("is read with Django 3.2: $label", ({ json, legacy_encoded }) => {
    expect(codec.decode(legacy_encoded)).toEqual(decoded(json))
    expect(codec.decode(legacy_encoded)).toEqual(decoded(json))
  })

  it("reads as empty with any later Django, like texts signed with SHA-1", () => {
    for (const text of [legacyText, signedWithSha1]) expect(today.decode(text)).toEqual(refused)
    expect(codec.decode(signedWithSha1)).toEqual(decoded('{"a":1}'))
  })

  it("is read under a fallback secret too", () => {
    const rotated = makeCodec({ secret: "new", fallbacks: ["other", secret], readsSha1: true })
    for (const text of [legacyText, signedWithSha1]) expect(rotated.decode(text)).toEqual(decoded('{"a":1}'))
    const another = makeCodec({ secret: "new", fallbacks: [], readsSha1: true })
    for (const text of [legacyText, signedWithSha1]) expect(another.decode(text)).toEqual(refused)
  })

  it("is never written: the codec writes today's form", () => {
    expect(codec.encode(Data.of([["a", Json.write(1)]]), now)).toBe(today.encode(Data.of([["a", Json.write(1)]]), now))
    const signer = makeSigner({ secret, fallbacks: [], salt: "s", readsSha1: true })
    expect(signer.sign("v", now)).toBe(makeSigner({ secret, fallbacks: [], salt: "s" }).sign("v", now))
  })

  it("is valid only with its own salt, and within the size limit", () => {
    const cookies = makeCodec({ secret, fallbacks: [], salt: signedCookieSalt, readsSha1: true })
    for (const text of [legacyText, signedWithSha1]) expect(cookies.decode(text)).toEqual(refused)
    const small = makeCodec({ secret, fallbacks: [], maximumBytes: 10, readsSha1: true })
    expect(small.decode(legacyText)).toEqual(decoded('{"a":1}'))
    expect(small.decode(vectors.data[2]?.legacy_encoded ?? "")).toEqual({ _tag: "TooLarge", maximumBytes: 10 })
  })

  it("is refused when any character was changed, and no other text is accepted as one", () => {
    fc.assert(
      fc.property(fc.nat(legacyText.length - 3), fc.constantFrom(..."ABab01+/:. é"), (at, character) => {
        fc.pre(legacyText.charAt(at) !== character)
        const other = legacyText.slice(0, at) + character + legacyText.slice(at + 1)
        expect(codec.decode(other)).toEqual(refused)
      })
    )
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(codec.decode(text)).toEqual(refused)
      })
    )
    for (const text of ["", "=", "==", ":", btoa(":"), btoa("{}"), btoa(":{}")])
      expect(codec.decode(text)).toEqual(refused)
  })
})

describe("the session auth hashes of Django before 3.1", () => {
  it.each(hashes.data)("are accepted last, for every secret, and only with Django 3.2: $password_field", (row) => {
    const [current, ...older] = makeAuthHashes(row.secret, [], true)(row.password_field)
    expect([current, ...older]).toEqual([row.sha256, row.legacy_sha1])
    expect(makeAuthHashes(row.secret, [])(row.password_field)).toEqual([row.sha256])
    expect(makeAuthHashes("new", [row.secret], true)(row.password_field).slice(1)).toEqual([
      row.sha256,
      expect.stringMatching(/^[0-9a-f]{40}$/),
      row.legacy_sha1
    ])
  })
})
