import { describe, expect, it } from "vitest"
import { isAsciiUsername, isUsername } from "../../../src/core/accounts/usernames.ts"
import vectors from "../../vectors/names.json" with { type: "json" }

describe("a new user's name", () => {
  it.each(vectors.data.username_validators)("$username: $unicode, in ASCII $ascii", ({ username, unicode, ascii }) => {
    expect(isUsername(username)).toBe(unicode)
    expect(isAsciiUsername(username)).toBe(ascii)
  })

  it("is also checked in its stored form", () => {
    for (const name of ["½", "joe①", "ℋans", "ﬁona"]) expect([name, isUsername(name)]).toEqual([name, name !== "½"])
  })

  it("has no combining mark and no line feed at its end", () => {
    for (const name of ["e\u0301", "joe\n", "joe\u2028", "\ud800"]) expect(isUsername(name)).toBe(false)
  })
})
