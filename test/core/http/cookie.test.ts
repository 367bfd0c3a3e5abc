import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cookieValue, parseCookies } from "../../../src/core/http/cookie.ts"
import vectors from "../../vectors/cookie_parsing.json" with { type: "json" }

/** Text in which the separators, quotes and white space are as likely as names. */
const header = fc
  .array(
    fc.oneof(
      fc.constantFrom(";", "=", '"', "\\", " ", "\t", ",", "a", "b", "sessionid", "\\054", "\xa0", "é", "; a=", "a=1"),
      fc.string({ maxLength: 3 })
    ),
    { maxLength: 20 }
  )
  .map((parts) => parts.join(""))

const a = "a".repeat(32)
const b = "b".repeat(32)

describe("cookies", () => {
  it.each(vectors.data)("are read as Django reads $header", ({ header, out }) => {
    expect(Object.fromEntries(parseCookies(header))).toEqual(out)
    for (const [name, value] of Object.entries(out)) expect(cookieValue(header, name)).toBe(value)
  })

  it.each([
    ["the last of duplicates counts", `sessionid=${a}; sessionid=${b}`, b],
    ["the last of three", `sessionid=${a}; sessionid=${a}; sessionid=${b}`, b],
    ["an empty value is a value", "sessionid=", ""],
    ["a cookie without a name is not this one", `=sessionid=${a}`, undefined],
    ["nor is one without an equals sign", "sessionid", undefined],
    ["names are case-sensitive", `SESSIONID=${a}`, undefined],
    ["a prefix makes another name", `__Host-sessionid=${a}; sessionid=${b}`, b],
    ["a NUL comes out of octal", 'sessionid="a\\000bcdefgh"', "a\0bcdefgh"],
    ["percents are not decoded", "sessionid=%00%00", "%00%00"],
    ["bytes stay Latin-1", "sessionid=caf\xe9\xc2\xa0", "caf\xe9\xc2\xa0"],
    ["a comma separates nothing", `sessionid=${a},bbbb`, `${a},bbbb`],
    ["a semicolon ends the value, also within quotes", "sessionid='; DROP TABLE django_session;--", "'"],
    ["empty pieces are skipped", `; ; ;;; sessionid=${a};;`, a],
    ["names of Object's methods are names", `toString=1; hasOwnProperty=2; sessionid=${a}`, a],
    ["only a semicolon splits", `_ga=GA1.2.3]sessionid=${a}; sessionid=${b}`, b]
  ])("%s", (_, header, value) => {
    expect(cookieValue(header, "sessionid")).toBe(value)
    expect(parseCookies(header).get("sessionid")).toBe(value)
  })

  it("are looked up one by one as they are read all together", () => {
    const name = fc.constantFrom("", "a", "b", "sessionid", " a", "=", ";", "A")
    fc.assert(
      fc.property(header, name, (text, wanted) => {
        const all = parseCookies(text)
        expect(cookieValue(text, wanted)).toBe(all.get(wanted))
        for (const [present, value] of all) expect(cookieValue(text, present)).toBe(value)
      }),
      { numRuns: 2000 }
    )
  })

  it("are read in linear time", () => {
    for (const piece of ['\\"', ";", "a=", "=", '"', " ", "sessionid", "sessionid;"]) {
      const text = `sessionid="${piece.repeat(200_000)}"`
      // In quadratic time this would outlast the test's patience by minutes.
      expect(cookieValue(text, "sessionid")).toBe(parseCookies(text).get("sessionid"))
      expect(cookieValue(text, "other")).toBe(parseCookies(text).get("other"))
    }
  })
})
