import { describe, expect, it } from "vitest"
import { checkSettings } from "../../../../src/adapters/api/options/settings.ts"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/sessions/json-codec.ts"
import { redisSessions } from "../../../../src/adapters/store/redis.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { SessionTooLarge } from "../../../../src/core/session/text/codec.ts"

const codec = makeJsonCodec({ maximumBytes: 1024 })
const decoded = (text: string, by = codec): Data.SessionData => {
  const answer = by.decode(text)
  return answer._tag === "Decoded" ? answer.data : expect.fail(answer._tag)
}
const valuesOf = (text: string, by = codec) => Data.values(decoded(text, by))

describe("the JSON codec", () => {
  it("writes what Python's json wrote, at any time", () => {
    const text = '{"\\u00e9\\u6f22": 1.0, "n": 12345678901234567890}'
    expect(valuesOf(text)).toEqual(
      new Map([
        ["é漢", "1.0"],
        ["n", "12345678901234567890"]
      ])
    )
    for (const now of [0, 1]) expect(codec.encode(decoded(text), now)).toBe(text)
  })
  it("reads UTF-8 from a string with one character per byte, and keeps it when it writes", () => {
    const bytes = Buffer.from('{"é":"é漢😀"}', "utf8").toString("latin1")
    expect(valuesOf(bytes)).toEqual(new Map([["é", '"é漢😀"']]))
    expect(codec.encode(decoded(bytes), 0)).toBe(bytes)
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
    expect(valuesOf('{"a":1}', settings.auth.session.codec)).toEqual(new Map([["a", "1"]]))
    expect(settings.auth.session.codec.decode(`{"k":"${"x".repeat(2048)}"}`)).toEqual({
      _tag: "TooLarge",
      maximumBytes: 2048
    })
  })
})
