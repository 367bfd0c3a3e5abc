import { describe, expect, it } from "vitest"
import * as Characters from "../../../src/core/password/characters.ts"

const everyCodePoint = Array.from({ length: 0x110000 }, (_, code) => code).filter(
  (code) => code < 0xd800 || code > 0xdfff
)

describe("a digit", () => {
  it("has Numeric_Type Decimal or Digit", () => {
    expect(["0", "٣", "𝟘", "²", "₉", "①", "❿", "⓪", "🄀"].map(Characters.isDigits)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      true,
      true
    ])
    expect(["½", "Ⅷ", "一", "⑩", "x", "", "1 ", "-1"].filter(Characters.isDigits)).toEqual([])
  })

  it("is a decimal digit or one of 128 others", () => {
    const others = everyCodePoint
      .map((code) => String.fromCodePoint(code))
      .filter((character) => Characters.isDigits(character) && !/\p{Nd}/u.test(character))
    expect(others.length).toBe(128)
    expect(others.every((character) => /\p{No}/u.test(character))).toBe(true)
  })

  it("makes a text of digits only together with other digits", () => {
    expect(Characters.isDigits("1²٣")).toBe(true)
    expect(Characters.isDigits("1²a")).toBe(false)
  })
})

describe("a word character", () => {
  const isWord = (text: string) => new RegExp(`^[${Characters.word}]$`, "u").test(text)

  it("is a letter, a number or the underscore, of any script", () => {
    expect(["a", "é", "日", "_", "0", "½", "Ⅷ", "²", "ʰ"].every(isWord)).toBe(true)
    expect(["-", ".", "@", " ", "\u0301", "\u200d", "😀", "‿"].filter(isWord)).toEqual([])
  })
})

describe("stripping", () => {
  it("removes exactly the characters that are white space in Python", () => {
    const isRemoved = (code: number) => Characters.strip(`${String.fromCodePoint(code)}x`) === "x"
    // The characters for which Python's str.isspace is true.
    const python = [
      ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680],
      ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a],
      ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000]
    ]
    expect(everyCodePoint.filter(isRemoved)).toEqual(python)
  })

  it("removes white space at both ends, and not within the text", () => {
    expect(Characters.strip(" \x1f a b\u0085\n")).toBe("a b")
    expect(Characters.strip(" \t ")).toBe("")
    expect(Characters.strip("\ufeffa\ufeff")).toBe("\ufeffa\ufeff")
  })
})
