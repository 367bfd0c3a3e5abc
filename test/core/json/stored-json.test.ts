import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Json from "../../../src/core/json/json-text.ts"
import * as Data from "../../../src/core/json/session-data.ts"
import { parseMembers, writeMembers } from "../../../src/core/json/stored-json.ts"
import { changed } from "./changed.ts"
import { members, objectOf, repeatedMembers, textOf, utf8 } from "./json-spellings.ts"

const parsed = (bytes: string): Data.SessionData => parseMembers(bytes) ?? expect.fail("not a JSON object")
const texts = (data: Data.SessionData) => Array.from(Data.values(data))

const without = (data: Data.SessionData, key: string): Data.SessionData => {
  const copy = new Map(data)
  copy.delete(key)
  return copy
}

describe("the JSON of a stored session", () => {
  it.each([
    ["no members", "{}"],
    ["an empty name and __proto__", '{"":1,"__proto__":{"x":1}}'],
    ["a name in UTF-8", utf8('{"clé":{"é":"ü"},"東":1}')],
    ["a name in Latin-1", '{"cl\xe9":{"\xe9":"\xfc"}}'],
    ["a name with escapes that it does not need", '{"\\u0061bc":{"\\u0062":"\\u0063"}}'],
    ["escapes in upper case", '{"\\u00E9":"\\u00EA","\\u00ea":2}'],
    ["white space", '{\n  "a" : [ 1,\t2 ],\r\n  "b": {}\n}'],
    ["a name that is repeated", '{"a":1,"\\u0061":2,"b":{"c":1,"c":2}}'],
    ["numbers", '{"a":1.0,"b":1E+2,"c":-0,"d":NaN,"e":12345678901234567890}']
  ])("is written back byte for byte: %s", (_, text) => {
    const data = parsed(text)
    expect(writeMembers(data)).toBe(text)
    const more = `${text.slice(0, -1)}${data.size === 0 ? "" : ","}"new":"\\u00fc"}`
    expect(writeMembers(changed(data, "new", "ü"))).toBe(more)
    expect(writeMembers(without(changed(data, "new", "ü"), "new"))).toBe(text)
  })

  it.each([
    ["UTF-8", utf8('{"é" : "ü", "b":1}'), utf8('{"é" : "\\u00f6", "b":1}')],
    ["Latin-1", '{"\xe9":"\xfc","b":1}', '{"\xe9":"\\u00f6","b":1}'],
    ["an escape", '{"\\u00E9":"ue","b":1}', '{"\\u00E9":"\\u00f6","b":1}']
  ])("keeps the spelling of a name whose value is set: in %s", (_, text, after) => {
    expect(writeMembers(changed(parsed(text), "é", "ö"))).toBe(after)
    expect(Json.read(Data.get(changed(parsed(text), "é", "ö"), "é") ?? Json.write(null))).toBe("ö")
  })

  it("spells a new name in ASCII", () => {
    expect(writeMembers(changed(without(parsed(utf8('{"é":1}')), "é"), "é", 2))).toBe('{"\\u00e9":2}')
  })

  it("writes a value that was read from another key in ASCII", () => {
    const data = new Map(parsed(utf8('{"a":[ "é東" ]}')))
    Data.put(data, "b", Data.get(data, "a") ?? Json.write(null))
    expect(writeMembers(data)).toBe(utf8('{"a":[ "é東" ],"b":[ "\\u00e9\\u6771" ]}'))
  })

  it("has the values that the bytes mean in UTF-8, or else in Latin-1", () => {
    expect(texts(parsed(utf8('{"é":["é漢\x7f😀",{"ü":1}],"b":"\\u00e9"}')))).toEqual([
      ["é", '["é漢\x7f😀",{"ü":1}]'],
      ["b", '"\\u00e9"']
    ])
    expect(texts(parsed('{"\xe9":"\xc3\xa9"}'))).toEqual([["é", '"Ã©"']])
    expect(texts(parsed('{"\xc3\xa9":"\xc3\xa9"}'))).toEqual([["é", '"é"']])
  })

  it("keeps white space inside its values, and none outside the braces", () => {
    const data = parsed(' \n{ "a b" :\t[ 1 , "x  y" ,\n{ "k" : { } } ] , "c" : [ ] } ')
    expect(texts(data)).toEqual([
      ["a b", '[ 1 , "x  y" ,\n{ "k" : { } } ]'],
      ["c", "[ ]"]
    ])
    expect(writeMembers(data)).toBe('{ "a b" :\t[ 1 , "x  y" ,\n{ "k" : { } } ] , "c" : [ ] }')
  })

  it("is refused when a byte order mark precedes it, or when it is not an object", () => {
    for (const text of ["\xef\xbb\xbf{}", "\xff\xfe{\0}\0", "", "[]", '{"a":1}x', '{"a":1,}'])
      expect(parseMembers(text)).toBeUndefined()
  })

  it("keeps every other member byte for byte when one is added, changed or removed", () => {
    fc.assert(
      fc.property(members, fc.nat(), (list, nat) => {
        const text = objectOf(list)
        const data = parsed(text)
        if (list.length > 0) expect(writeMembers(data)).toBe(text)
        const added = { before: '"more than four":', value: "1", after: "" }
        expect(writeMembers(changed(data, "more than four", 1))).toBe(objectOf([...list, added]))

        const at = nat % Math.max(1, list.length)
        const key = Array.from(data.keys())[at]
        if (key === undefined) return
        const others = list.filter((_, index) => index !== at)
        expect(writeMembers(without(data, key))).toBe(objectOf(others))
        const other = list.map((each, index) => (index === at ? { ...each, value: '["\\u00e9"]' } : each))
        expect(writeMembers(changed(data, key, ["é"]))).toBe(objectOf(other))
      }),
      { numRuns: 2000 }
    )
  })

  it("has the last value of a repeated name, at the place of the first, and keeps the bytes of both", () => {
    fc.assert(
      fc.property(repeatedMembers, (list) => {
        const data = parsed(objectOf(list))
        const expected = new Map<string, unknown>()
        const isUtf8 = !objectOf(list).includes("\xff")
        const characters = (bytes: string) => (isUtf8 ? Buffer.from(bytes, "latin1").toString() : bytes)
        for (const { before, value } of list) {
          const key = String(JSON.parse(characters(before).replace(/[\s:]+$/, "")))
          expected.set(key, characters(value))
        }
        expect(texts(data)).toEqual(Array.from(expected))
        const after = writeMembers(data)
        expect(after).toHaveLength(objectOf(list).length)
        for (const each of list) expect(after).toContain(textOf(each))
        // Nothing of a name comes back when its last member is removed.
        for (const key of data.keys()) expect([...parsed(writeMembers(without(data, key))).keys()]).not.toContain(key)
      }),
      { numRuns: 1000 }
    )
  })

  it("is the same object to `parseObject`, which writes it as Python does", () => {
    fc.assert(
      fc.property(members, (list) => {
        const [stored, object] = [parsed(utf8(objectOf(list))), Json.parseObject(objectOf(list))]
        expect(texts(stored).map(([key, text]) => [key, Json.read(text)])).toEqual(
          Array.from(object ?? [], ([key, text]) => [key, Json.read(text)])
        )
      })
    )
  })

  it("has the strings that JSON reads, in every spelling, and no string where there is another value", () => {
    fc.assert(
      fc.property(members, (list) => {
        const data = parsed(objectOf(list))
        for (const [key, text] of Data.values(data)) {
          const value = Json.read(text)
          expect(Data.stringIn(data, key)).toBe(typeof value === "string" ? value : undefined)
        }
        expect(Data.stringIn(data, "more than four")).toBeUndefined()
      }),
      { numRuns: 1000 }
    )
  })

  it("with one name 300,000 times is read and written in linear time", () => {
    const text = `{${'"a":"é",'.repeat(300_000)}"a":2}`
    const data = parsed(utf8(text))
    expect(texts(data)).toEqual([["a", "2"]])
    expect(writeMembers(changed(data, "a", 2))).toBe(utf8(text))
  })
})
