import { deflateSync, inflateSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { inAscii } from "../../../../src/core/json/json-string.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { parseMembers, writeMembers } from "../../../../src/core/json/stored-json.ts"
import {
  defaultMaximumBytes,
  makeCodec,
  SessionTooLarge,
  signedCookieSalt
} from "../../../../src/core/session/text/codec.ts"
import { deflate } from "../../../../src/core/session/text/deflate.ts"
import * as Base64url from "../../../../src/core/signing/base64url.ts"
import { makeSigner } from "../../../../src/core/signing/timestamp-signer.ts"
import { expectReason, recordCases } from "../../../corpus/recording.ts"
import payloads from "../../../corpus/session-payload.json" with { type: "json" }
import signedTexts from "../../../corpus/signed.json" with { type: "json" }
import vectors from "../../../vectors/session_codec.json" with { type: "json" }
import { changed } from "../../json/changed.ts"

const secret = "test-secret-key-0123456789-0123456789-0123456789"
const older = "older-secret-key-abcdefghij-abcdefghij-abcdefghij"
const now = 1_700_000_000_000

const codec = makeCodec({ secret, fallbacks: [] })
const cookieCodec = makeCodec({ secret, fallbacks: [], salt: signedCookieSalt, deflatesFromBytes: 0 })

/** A text signed with the secret. */
const sign = makeSigner({ secret, fallbacks: [], salt: "django.contrib.sessions.SessionStore" }).sign
const signed = (body: string) => sign(body, now)
const signedJson = (json: string) => signed(Base64url.encode(Buffer.from(json, "latin1")))
const signedDeflated = (json: Uint8Array) => signed(`.${Base64url.encode(deflateSync(json))}`)

/** @param json one character for each byte */
const parsed = (json: string) => parseMembers(json) ?? Data.empty

const sessionData = fc
  .array(fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue()))
  .map((members) => Data.of(members.map(([key, value]) => [key, Json.write(value)])))

describe("the codec and Django", () => {
  it.each(vectors.data.encode)("reads what Django wrote: $label", (row) => {
    const decoded = { _tag: "Decoded", data: parsed(row.json) }
    expect(codec.decode(row.encoded)).toEqual(decoded)
    expect(cookieCodec.decode(row.signed_cookie_value)).toEqual(decoded)
  })

  it.each(vectors.data.encode.filter((row) => !row.compressed))("writes what Django writes: $label", (row) => {
    const text = codec.encode(parsed(row.json), row.timestamp * 1000 + 999)
    // Another version of zlib may compress a text that CPython's did not.
    if (text.startsWith(".")) expect(codec.decode(text)).toEqual({ _tag: "Decoded", data: parsed(row.json) })
    else expect(text).toBe(row.encoded)
  })

  it.each(vectors.data.encode)("keeps Django's JSON to the byte: $label", (row) => {
    expect(writeMembers(parsed(row.json))).toBe(row.json)
  })

  it.each(vectors.data.decode)("decides as Django does: $label", (row) => {
    const decoded = makeCodec({ secret, fallbacks: row.fallbacks ?? [] }).decode(row.text)
    if (decoded._tag === "Decoded") expect(Data.values(decoded.data)).toEqual(Json.parseObject(JSON.stringify(row.out)))
    // Django decodes a list without an error, and fails later.
    else expect(Array.isArray(row.out) ? {} : row.out).toEqual({})
  })

  const [django32] = vectors.older
  it.each(Object.values(django32!.decode.rows))("decides as Django 3.2 does beside that: $label", (row) => {
    // Django 3.2 has no fallbacks, and raises if a text has no time. Newer versions and the codec read it as empty.
    const decoded = makeCodec({ secret, fallbacks: [], readsSha1: true }).decode(row.text)
    expect(decoded).toEqual({ _tag: "raises" in row ? "Malformed" : "BadSignature" })
    if ("out" in row) expect(row.out).toEqual({})
  })

  it.each(
    Object.entries({
      "tampered signature": "BadSignature",
      "payload swapped": "BadSignature",
      "signed with another secret": "BadSignature",
      "empty text": "BadSignature",
      garbage: "BadSignature",
      "good signature, payload is not JSON": "Malformed",
      "good signature, no timestamp": "Malformed",
      "payload is a JSON list": "Malformed",
      "signed with a fallback secret": "Decoded"
    })
  )("has the reason as its tag: %s is %s", (label, tag) => {
    const row = vectors.data.decode.find((each) => each.label === label)
    expect(makeCodec({ secret, fallbacks: row?.fallbacks ?? [] }).decode(row?.text ?? "")._tag).toBe(tag)
  })

  it("uses the salt of a store class with another name", () => {
    // The form of Python's __qualname__ for a class inside a function.
    const name = "sec_session_codec.<locals>.MyStore"
    const mine = makeCodec({ secret, fallbacks: [], salt: `django.contrib.sessions.${name}` })
    expect(mine.encode(parsed('{"a":1}'), now)).toBe(vectors.data.my_store_encoded)
  })

  it("compresses when that saves two bytes and not when it saves one, where texts must be short", () => {
    const codec = makeCodec({ secret, fallbacks: [], deflatesFromBytes: 0 })
    let both = 0
    for (let length = 1; length < 200; length++) {
      const json = `{"k":"${"abcdefgh".repeat(30).slice(0, length)}"}`
      const isShorter = deflateSync(json).length < json.length - 1
      expect(codec.encode(parsed(json), now).startsWith(".")).toBe(isShorter)
      both |= isShorter ? 1 : 2
    }
    expect(both).toBe(3)
  })

  it("compresses as well as zlib's default window does", () => {
    for (const length of [100, 200, 300, 500, 1000, 5000, 20_000, 100_000]) {
      const text = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(length / 36 + 1).slice(0, length)
      expect(deflate(Buffer.from(text)).length).toBeLessThanOrEqual(deflateSync(text).length + 1)
      expect(inflateSync(deflate(Buffer.from(text))).toString()).toBe(text)
    }
  })
})

describe("the codec", () => {
  it("does not compress JSON below 1024 bytes", () => {
    for (const [length, isDeflated] of [
      [1023, false],
      [1024, true]
    ] as const) {
      const json = `{"k":"${"a".repeat(length - 8)}"}`
      const text = codec.encode(parsed(json), now)
      expect(text.startsWith(".")).toBe(isDeflated)
      expect(codec.decode(text)).toEqual({ _tag: "Decoded", data: parsed(json) })
    }
  })

  it("decodes what it encoded, in ASCII", () => {
    fc.assert(
      fc.property(sessionData, fc.nat(), (data, seconds) => {
        const text = codec.encode(data, seconds * 1000)
        expect(text).toMatch(/^[!-~]*$/)
        const decoded = codec.decode(text)
        expect(decoded).toEqual({ _tag: "Decoded", data })
        expect(decoded._tag === "Decoded" && Array.from(decoded.data)).toEqual(Array.from(data))
      })
    )
  })

  it("writes the numbers of another program's session unchanged", () => {
    const decoded = codec.decode(signedJson('{"big":12345678901234567890,"f":1.0,"e":1E+2,"n":NaN,"x":1}'))
    const data = changed(decoded._tag === "Decoded" ? decoded.data : Data.empty, "x", "é")
    expect(writeMembers(data)).toBe('{"big":12345678901234567890,"f":1.0,"e":1E+2,"n":NaN,"x":"\\u00e9"}')
  })

  it("never throws, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(codec.decode(text)._tag).toBe("BadSignature")
        expect(["Decoded", "Malformed"]).toContain(codec.decode(signed(text))._tag)
        expect(["Decoded", "Malformed"]).toContain(codec.decode(signedJson(text))._tag)
      })
    )
  })

  it.each([
    ["", "Malformed"],
    ["e3!0", "Malformed"],
    [".bm90IHpsaWI", "Malformed"],
    [".", "Malformed"],
    ["bnVsbA", "Malformed"],
    // Python's zlib, too, ignores bytes after the end of the stream.
    [".eJyrVspTsjKsBQAIawIWdHJhaWxpbmc", "Decoded"]
  ])("finds the signed body %j to be %s", (body, tag) => {
    expect(codec.decode(signed(body))._tag).toBe(tag)
  })

  it("refuses signatures that are shortened, padded, of another salt or of SHA-1", () => {
    const text = codec.encode(parsed('{"n":1}'), now)
    for (const other of [
      text.slice(0, -1),
      `${text}=`,
      text.replaceAll(":", "."),
      text.slice(0, text.lastIndexOf(":"))
    ]) {
      expect(codec.decode(other)).toEqual({ _tag: "BadSignature" })
    }
    expect(cookieCodec.decode(text)).toEqual({ _tag: "BadSignature" })
  })

  it("refuses a text that decompresses beyond the limit, without using that memory", () => {
    const bomb = signedDeflated(Buffer.alloc(100_000_000, "0"))
    const bounded = makeCodec({ secret, fallbacks: [], maximumBytes: 1024 * 1024 })
    const before = process.memoryUsage().arrayBuffers
    expect(bounded.decode(bomb)).toEqual({ _tag: "TooLarge", maximumBytes: 1024 * 1024 })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    expect(codec.decode(bomb)).toEqual({ _tag: "TooLarge", maximumBytes: defaultMaximumBytes })
  })

  it("neither inflates nor parses a text before its signature is verified", () => {
    const json = `{"k":"${"a".repeat(8 * 1024 * 1024)}"}`
    const text = signedDeflated(Buffer.from(json))
    const forged = `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`
    const secondsFor = (read: () => void) => {
      const before = process.cpuUsage()
      for (let n = 0; n < 10; n++) read()
      const { system, user } = process.cpuUsage(before)
      return (user + system) / 1e6
    }
    const uncached = makeCodec({ secret, fallbacks: [], memoBytes: 0 })
    const good = secondsFor(() => expect(uncached.decode(text)._tag).toBe("Decoded"))
    const bad = secondsFor(() => expect(uncached.decode(forged)).toEqual({ _tag: "BadSignature" }))
    expect(bad).toBeLessThan(good / 10)
  })

  it("limits a session's size when reading and writing, compressed or not", () => {
    const small = makeCodec({ secret, fallbacks: [], maximumBytes: 100 })
    const json = (length: number) => `{"k":"${"a".repeat(length - 8)}"}`
    expect(small.decode(signedJson(json(100)))).toEqual({ _tag: "Decoded", data: parsed(json(100)) })
    expect(small.decode(signedDeflated(Buffer.from(json(100))))).toEqual({ _tag: "Decoded", data: parsed(json(100)) })
    const tooLarge = { _tag: "TooLarge", maximumBytes: 100 }
    expect(small.decode(signedJson(json(101)))).toEqual(tooLarge)
    expect(small.decode(signedDeflated(Buffer.from(json(101))))).toEqual(tooLarge)
    // Corrupt, with any size.
    expect(small.decode(`${signedJson(json(101))}A`)).toEqual({ _tag: "BadSignature" })
    expect(small.decode(signed(`.${"A".repeat(1000)}`))).toEqual({ _tag: "Malformed" })
    expect(small.decode(small.encode(parsed(json(100)), now))).toEqual({ _tag: "Decoded", data: parsed(json(100)) })
    expect(() => small.encode(parsed(json(101)), now)).toThrow(new SessionTooLarge(100))
  })

  it("reads under a fallback secret and writes under the current one", () => {
    const rotated = makeCodec({ secret, fallbacks: [older] })
    const data = parsed('{"a":1}')
    expect(rotated.decode(makeCodec({ secret: older, fallbacks: [] }).encode(data, now))).toEqual({
      _tag: "Decoded",
      data
    })
    expect(rotated.encode(data, now)).toBe(codec.encode(data, now))
  })
})

describe("the codec beside a Django that does not write ASCII", () => {
  const bodyOf = (text: string): Buffer => {
    const [body = ""] = text.split(":")
    return Buffer.from(body, "base64url")
  }
  const decoded = (bytes: Uint8Array) => {
    const answer = codec.decode(signed(Base64url.encode(bytes)))
    return answer._tag === "Decoded" ? answer.data : expect.fail(answer._tag)
  }
  const values = (bytes: Uint8Array) =>
    Object.fromEntries(Array.from(Data.values(decoded(bytes)), ([k, v]) => [k, Json.read(v)]))
  const json = '{"name":"Zoë 東","esc":"Zo\\u00eb","f":1.0,"list":[1, "ü"]}'
  const value = { name: "Zoë 東", esc: "Zoë", f: 1, list: [1, "ü"] }

  it("reads UTF-8, and ASCII with escapes", () => {
    expect(values(Buffer.from(json))).toEqual(value)
    expect(values(Buffer.from(inAscii(json)))).toEqual(value)
  })

  it("writes new values in ASCII, and unchanged ones byte for byte", () => {
    const data = changed(decoded(Buffer.from(json)), "city", "Köln")
    expect(bodyOf(codec.encode(data, now)).toString()).toBe(`${json.slice(0, -1)},"city":"K\\u00f6ln"}`)
    const long = changed(data, "long", "a".repeat(2000))
    const deflated = codec.encode(long, now)
    expect(deflated.startsWith(".")).toBe(true)
    expect(values(Buffer.from(writeMembers(long), "latin1"))).toEqual({
      ...value,
      city: "Köln",
      long: "a".repeat(2000)
    })
    expect(codec.decode(deflated)).toMatchObject({ _tag: "Decoded" })
  })

  it("reads Latin-1, and writes it back as it was", () => {
    // In Latin-1 the name "Ã©" has the bytes of "é" in UTF-8.
    const latin1 = Buffer.from('{"name":"Zo\u00eb","\u00e9":"\u00e9\u00ff","\u00c3\u00a9":1}', "latin1")
    expect(values(latin1)).toEqual({ name: "Zoë", é: "éÿ", "Ã©": 1 })
    expect(bodyOf(codec.encode(decoded(latin1), now))).toEqual(latin1)
  })

  it("reads Latin-1 that is valid UTF-8 as UTF-8, and writes it back as it was", () => {
    const both = Buffer.from('{"\u00c3\u00a9":"\u00c3\u00a9","\\u00e9":1}', "latin1")
    expect(values(both)).toEqual({ é: 1 })
    expect(bodyOf(codec.encode(decoded(both), now))).toEqual(both)
    expect(bodyOf(codec.encode(changed(decoded(both), "x", 1), now)).toString("latin1")).toBe(
      `${both.toString("latin1").slice(0, -1)},"x":1}`
    )
  })

  it("counts bytes, not characters", () => {
    const small = makeCodec({ secret, fallbacks: [], maximumBytes: 20 })
    const bytes = Buffer.from('{"k":"éééééé"}')
    expect(bytes).toHaveLength(20)
    const answer = small.decode(signed(Base64url.encode(bytes)))
    if (answer._tag !== "Decoded") return expect.fail(answer._tag)
    expect(small.decode(small.encode(answer.data, now))).toEqual(answer)
    expect(() => small.encode(changed(answer.data, "k", "a".repeat(13)), now)).toThrow(SessionTooLarge)
  })
})

describe("the codec and hostile input", () => {
  const cases = recordCases()
  const tagOfText: Readonly<Record<string, string>> = {
    B059: "BadSignature",
    B061: "BadSignature",
    B063: "BadSignature",
    B065: "BadSignature",
    B067: "BadSignature",
    B069: "BadSignature",
    B071: "BadSignature",
    B073: "Decoded",
    B075: "Decoded",
    B077: "Malformed",
    B079: "Decoded",
    B081: "BadSignature",
    B083: "BadSignature",
    B085: "Malformed",
    B087: "Decoded",
    B089: "Malformed",
    B091: "Malformed"
  }

  const cookies = makeCodec({ secret: "k".repeat(50), fallbacks: ["old".repeat(20)], salt: signedCookieSalt })

  it("reads the text that the others were made from", () => {
    expect(cookies.decode("eyJuIjoxfQ:1vb66i:oHrrS-tNq8cpV4FgwUlRdSrUKe1a3vcPkMBV3qb-sOE")).toEqual({
      _tag: "Decoded",
      data: parsed('{"n":1}')
    })
  })

  cases.each(
    "core",
    signedTexts.filter((row) => row.gen === undefined)
  )("answers $id: $expect", (row) => {
    const { _tag } = cookies.decode(row.input)
    expect(_tag).toBe(tagOfText[row.id])
    // The corpus expects of each that it is refused.
    expectReason("core", row, _tag === "Decoded")
  })

  cases.each(
    "core",
    signedTexts.filter(({ id }) => id === "B093")
  )("refuses $id: $expect", () => {
    const bomb = signedDeflated(Buffer.alloc(100_000_000, "0"))
    expect(codec.decode(bomb)).toEqual({ _tag: "TooLarge", maximumBytes: defaultMaximumBytes })
  })

  // No object, or a byte order mark.
  const malformedPayloads = ["B097", "B099", "B101", "B103", "B107"]

  cases.each(
    "core",
    payloads.filter((row) => row.gen === undefined)
  )("answers $id: $expect", ({ id, input }) => {
    const inherited = Reflect.ownKeys(Object.prototype)
    const decoded = codec.decode(signed(Base64url.encode(Buffer.from(input, "utf8"))))
    expect(decoded._tag).toBe(malformedPayloads.includes(id) ? "Malformed" : "Decoded")
    const data = decoded._tag === "Decoded" ? decoded.data : Data.empty
    for (const text of Data.values(data).values()) Json.read(text)
    expect(codec.decode(codec.encode(data, now))).toEqual({ _tag: "Decoded", data })
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited)
  })

  const millions = payloads.filter(({ id }) => id === "B157")
  cases.each("core", millions)("reads a session of a million keys where it may be as large ($id)", () => {
    const keys = (count: number) => `{${Array.from({ length: count }, (_, n) => `"k${n}":1`).join(",")}}`
    const small = makeCodec({ secret, fallbacks: [], maximumBytes: 1024 * 1024 })
    for (const text of [signedJson(keys(200_000)), signedDeflated(Buffer.from(keys(1_000_000)))]) {
      expect(codec.decode(text)._tag).toBe("Decoded")
      expect(small.decode(text)._tag).toBe("TooLarge")
    }
  })

  cases.isComplete("core", ["signed", "session-payload"])
})

describe("the codec's memo", () => {
  it("never changes an answer", () => {
    // Room for a few entries only, so that the texts below push each other out.
    const remembering = makeCodec({ secret, fallbacks: [], memoBytes: 4000 })
    const forgetting = makeCodec({ secret, fallbacks: [], memoBytes: 0 })
    const texts = Array.from({ length: 20 }, (_, n) => codec.encode(parsed(`{"n":${n}}`), now))
    const asked = fc.oneof(
      fc.constantFrom(...texts),
      fc.constantFrom(...texts).map((text) => text.slice(0, -1)),
      fc.constantFrom(...texts).map((text) => text.replace("e", "f")),
      fc.constant(signed("e3!0"))
    )
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 60 }), (sequence) => {
        for (const text of sequence) expect(remembering.decode(text)).toEqual(forgetting.decode(text))
      })
    )
  })

  it("keeps a text from its second reading on", () => {
    const text = codec.encode(parsed('{"a":1}'), now)
    const first = codec.decode(text)
    const second = codec.decode(text)
    expect(second).not.toBe(first)
    expect(codec.decode(`${text}`)).toBe(second)
    const forgetting = makeCodec({ secret, fallbacks: [], memoBytes: 0 })
    expect(forgetting.decode(text)).not.toBe(forgetting.decode(text))
  })

  it("keeps the texts that are used often, and drops others", () => {
    const small = makeCodec({ secret, fallbacks: [], memoBytes: 10_000 })
    const favourite = codec.encode(parsed('{"a":1}'), now)
    small.decode(favourite)
    const first = small.decode(favourite)
    for (let n = 0; n < 1000; n++) {
      small.decode(codec.encode(parsed(`{"n":${n}}`), now))
      expect(small.decode(favourite)).toBe(first)
    }
  })

  it("keeps neither long texts nor failures", () => {
    const random = Array.from({ length: 12_000 }, (_, n) => Math.imul(n + 1, 2654435761) >>> 0).join("")
    const long = codec.encode(parsed(`{"a":"${random}"}`), now)
    expect(long.length).toBeGreaterThan(64 * 1024)
    expect(codec.decode(long)).toEqual({ _tag: "Decoded", data: parsed(`{"a":"${random}"}`) })
    expect(codec.decode(long)).not.toBe(codec.decode(long))
  })
})
