import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cookieValue, parseCookies } from "../../../../src/core/http/cookies/cookie.ts"
import vectors from "../../../vectors/cookie_parsing.json" with { type: "json" }

/** Random text with many separators, quotes and white space. */
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
    ["the last of three counts", `sessionid=${a}; sessionid=${a}; sessionid=${b}`, b],
    ["a value may be empty", "sessionid=", ""],
    ["a cookie without a name is another cookie", `=sessionid=${a}`, undefined],
    ["a cookie without an equals sign is another cookie", "sessionid", undefined],
    ["names are case-sensitive", `SESSIONID=${a}`, undefined],
    ["a name with a prefix is another name", `__Host-sessionid=${a}; sessionid=${b}`, b],
    ["an octal escape may be a NUL", 'sessionid="a\\000bcdefgh"', "a\0bcdefgh"],
    ["percent-encoding is not decoded", "sessionid=%00%00", "%00%00"],
    ["bytes stay Latin-1", "sessionid=caf\xe9\xc2\xa0", "caf\xe9\xc2\xa0"],
    ["a comma does not separate cookies", `sessionid=${a},bbbb`, `${a},bbbb`],
    ["a semicolon ends the value, also within quotes", "sessionid='; DROP TABLE django_session;--", "'"],
    ["empty pieces are skipped", `; ; ;;; sessionid=${a};;`, a],
    ["names of Object's methods are ordinary names", `toString=1; hasOwnProperty=2; sessionid=${a}`, a],
    ["only a semicolon separates cookies", `_ga=GA1.2.3]sessionid=${a}; sessionid=${b}`, b]
  ])("%s", (_, header, value) => {
    expect(cookieValue(header, "sessionid")).toBe(value)
    expect(parseCookies(header).get("sessionid")).toBe(value)
  })

  it("have the same value when one is looked up and when all are parsed", () => {
    const name = fc.constantFrom("", "a", "b", "sessionid", " a", "a ", "=", "a=", "a=1", ";", "a;", "a; a", "A")
    fc.assert(
      fc.property(header, name, (text, wanted) => {
        const all = parseCookies(text)
        expect(cookieValue(text, wanted)).toBe(all.get(wanted))
        for (const [present, value] of all) expect(cookieValue(text, present)).toBe(value)
      }),
      { numRuns: 2000 }
    )
  })

  it.each([
    ["with a semicolon", "a; a=1", "a; a"],
    ["with an equals sign", "a=b=1", "a=b"],
    ["with white space at its end", "a =1", "a "],
    ["with white space at its start", " a=1", " a"]
  ])("never have a name %s", (_, header, name) => {
    expect(cookieValue(header, name)).toBeUndefined()
    expect(parseCookies(header).get(name)).toBeUndefined()
  })

  it("are parsed in linear time", () => {
    for (const piece of ['\\"', ";", "a=", "=", '"', " ", "sessionid", "sessionid;"]) {
      const text = `sessionid="${piece.repeat(200_000)}"`
      // In quadratic time this would take minutes, and the test would time out.
      expect(cookieValue(text, "sessionid")).toBe(parseCookies(text).get("sessionid"))
      expect(cookieValue(text, "other")).toBe(parseCookies(text).get("other"))
    }
  })
})
