import { describe, expect, it } from "vitest"
import { checkSettings } from "../../../../src/adapters/api/settings.ts"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/json-codec.ts"
import { redisSessions } from "../../../../src/adapters/store/redis.ts"
import { SessionTooLarge } from "../../../../src/core/session/codec.ts"

const codec = makeJsonCodec({ maximumBytes: 1024 })

describe("the JSON codec", () => {
  it("writes what Python's json writes, in ASCII, at any time", () => {
    const decoded = codec.decode('{"\\u00e9\\u6f22": 1.0, "n": 12345678901234567890}')
    expect(decoded).toEqual({
      _tag: "Decoded",
      data: new Map([
        ["é漢", "1.0"],
        ["n", "12345678901234567890"]
      ])
    })
    if (decoded._tag !== "Decoded") return
    expect(codec.encode(decoded.data, 0)).toBe('{"\\u00e9\\u6f22":1.0,"n":12345678901234567890}')
    expect(codec.encode(decoded.data, 1)).toBe(codec.encode(decoded.data, 0))
  })
  it("reads UTF-8 from a string with one character per byte, and keeps it when it writes", () => {
    const bytes = Buffer.from('{"k":"é漢😀"}', "utf8").toString("latin1")
    const decoded = codec.decode(bytes)
    expect(decoded).toEqual({ _tag: "Decoded", data: new Map([["k", '"é漢😀"']]) })
    if (decoded._tag === "Decoded") expect(codec.encode(decoded.data, 0)).toBe(bytes)
  })
  it.each([
    "",
    "null",
    "[]",
    "{",
    "{} {}",
    "\x80\x04\x95\x09\0\0\0\0\0\0\0}\x94.",
    "eyJhIjoxfQ:1abc:mac"
  ])("does not read %j", (text) => {
    expect(codec.decode(text)).toEqual({ _tag: "Malformed" })
  })
  it("neither reads nor writes more than maximumSessionBytes", () => {
    const data = new Map([["k", codec.decode(`{"k":"${"x".repeat(1000)}"}`)]])
    expect(data.get("k")?._tag).toBe("Decoded")
    expect(codec.decode(`{"k":"${"x".repeat(1024)}"}`)).toEqual({ _tag: "TooLarge", maximumBytes: 1024 })
    const large = makeJsonCodec({}).decode(`{"k":"${"x".repeat(1024)}"}`)
    if (large._tag !== "Decoded") throw new Error(large._tag)
    expect(() => codec.encode(large.data, 0)).toThrow(SessionTooLarge)
  })
  it("is the codec of an application on Redis", () => {
    const settings = checkSettings(
      { secretKey: "secret", maximumSessionBytes: 2048 },
      new Map([["b", "b"]]),
      redisSessions()
    )
    const data = settings.auth.session.codec.decode('{"a":1}')
    expect(data).toEqual({ _tag: "Decoded", data: new Map([["a", "1"]]) })
    expect(settings.auth.session.codec.decode(`{"k":"${"x".repeat(2048)}"}`)).toEqual({
      _tag: "TooLarge",
      maximumBytes: 2048
    })
  })
})
