import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { deepestRead } from "../../../src/core/json/json-scanner.ts"
import * as Json from "../../../src/core/json/json-text.ts"
import vectors from "../../vectors/session_codec.json" with { type: "json" }

/** Every JSON value as JavaScript holds it, and Python's additions. */
const jsonValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), fc.constant("__proto__")), tie("value"), {
      noNullPrototype: true
    })
  )
})).value

/** A text that JSON.parse accepts, with white space at every allowed place and unescaped characters. */
const standardText = fc
  .tuple(fc.json(), fc.constantFrom(undefined, 1, "\t", " \t\r\n"), fc.constantFrom("", " ", "\n\t"))
  .map(([text, indent, around]) => around + JSON.stringify(JSON.parse(text), null, indent) + around)

const spaced = ' \r\n{ "a b" :\t[ 1 , "x  y" ,\n{ "k" : { } } ] , "c" : [ ] } '

const entries = (text: string) => {
  const data = Json.parseObject(text)
  return data === undefined ? undefined : Array.from(data)
}

const readBack = (text: string) => {
  const value = Json.parseObject(`{"k":${text}}`)?.get("k")
  return value === undefined ? undefined : Json.read(value)
}

const reasonOf = (value: unknown) => {
  try {
    return Json.write(value)
  } catch (error) {
    return error instanceof Json.NotJson ? error.reason : error
  }
}

describe("writing", () => {
  it.each([
    ["", '""'],
    ['a"b\\c/d', '"a\\"b\\\\c/d"'],
    ["\b\f\n\r\t\0\x1f\x7f\x80", '"\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\\u0080"'],
    ["Zoë 東 😀\u2028", '"Zo\\u00eb \\u6771 \\ud83d\\ude00\\u2028"'],
    ["\ud800x", '"\\ud800x"']
  ])("writes the text %j as Python does", (value, text) => {
    expect(Json.write(value)).toBe(text)
  })

  it.each([
    [0, "0"],
    [-5, "-5"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1.5, "1.5"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [1e-300, "1e-300"],
    [1.5e300, "1.5e+300"],
    [1e16, "1e+16"],
    [1e21, "1e+21"],
    [2 ** 53 - 1, "9007199254740991"],
    [2 ** 53, "9007199254740992.0"],
    [-(2 ** 60), "-1.152921504606847e+18"],
    [5e-324, "5e-324"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [12345678901234567890n, "12345678901234567890"],
    [-1n, "-1"]
  ])("writes the number %s as Python does", (value, text) => {
    expect(Json.write(value)).toBe(text)
  })

  it("writes containers without spaces, in order, and leaves undefined properties out", () => {
    expect(Json.write({ b: [1, [], {}, null, true], a: undefined, c: false })).toBe(
      '{"b":[1,[],{},null,true],"c":false}'
    )
    expect(Json.write(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  })

  it("refuses what Python's json refuses, with an error that names only the type", () => {
    class Secret {
      readonly password = "hunter2"
    }
    expect(reasonOf(undefined)).toBe("undefined")
    expect(reasonOf([undefined])).toBe("undefined")
    expect(reasonOf(new Array(1))).toBe("undefined")
    expect(reasonOf(() => "hunter2")).toBe("a function")
    expect(reasonOf({ a: Symbol("hunter2") })).toBe("a symbol")
    for (const value of [
      new Date(0),
      new Map(),
      new Set(),
      new Secret(),
      Buffer.from("hunter2"),
      new String("hunter2")
    ]) {
      expect(reasonOf([value])).toBe("an instance of a class")
    }
    expect(reasonOf(10n ** 4300n)).toBe("an integer of more than 4300 digits")
    expect(reasonOf(10n ** 4300n - 1n)).toBe("9".repeat(4300))
  })

  it("refuses cycles and values nested deeper than the limit", () => {
    const cycle: Record<string, unknown> = {}
    Object.assign(cycle, { self: cycle })
    expect(reasonOf(cycle)).toBe("nested deeper than 500")
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(reasonOf(nested(500))).toBe(`${"[".repeat(500)}1${"]".repeat(500)}`)
    expect(reasonOf(nested(501))).toBe("nested deeper than 500")
  })

  it("writes only ASCII, which JSON.parse reads as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = Json.write(value)
        expect(text).toMatch(/^[ -~]*$/)
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value))
      })
    )
  })
})

describe("reading", () => {
  it("gives back every value that was written", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(Json.read(Json.write(value))).toEqual(value)
      })
    )
  })

  it.each(vectors.data.encode)("gives back Django's text: $label", (row) => {
    const data = Json.parseObject(row.json)
    expect(data === undefined ? undefined : Json.writeObject(data)).toBe(row.json)
    for (const text of data?.values() ?? []) {
      // 1.0 is 1 to JavaScript.
      if (text !== "1.0") expect(Json.write(Json.read(text))).toBe(text)
    }
  })

  it.each([
    ["1.0", 1],
    ["1E+2", 100],
    ["-0", 0],
    ["-0.0", -0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9223372036854775808", -9223372036854775808n],
    ["1e400", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    // `JSON.parse` reads each of these in another way, or refuses it.
    ["[-0,-0.0]", [0, -0]],
    ['{"a":[12345678901234567890,1]}', { a: [12345678901234567890n, 1] }],
    ["[1,NaN]", [1, Number.NaN]],
    ['{"a":-Infinity,"b":Infinity}', { a: Number.NEGATIVE_INFINITY, b: Number.POSITIVE_INFINITY }],
    ['["-0","NaN","12345678901234567890"]', ["-0", "NaN", "12345678901234567890"]],
    ['"\\u00e9\\/"', "é/"]
  ])("reads %s", (text, value) => {
    expect(readBack(text)).toEqual(value)
  })

  it("treats __proto__ as an ordinary key, and changes no prototype", () => {
    const value = readBack('{"__proto__":{"admin":true},"constructor":1,"a":1,"a":2}')
    expect(Object.entries(Object(value))).toEqual([
      ["__proto__", { admin: true }],
      ["constructor", 1],
      ["a", 2]
    ])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false)
    expect(readBack('{"__proto__":null}')).toEqual(JSON.parse('{"__proto__":null}'))
  })
})

describe("one value's text", () => {
  const readValue = (text: string) => {
    const value = Json.parseValue(text)
    return value === undefined ? undefined : Json.read(value)
  }

  it("is accepted with the same values as in an object, without the white space around it", () => {
    fc.assert(
      fc.property(standardText, (text) => {
        expect(Json.parseValue(text)).toBe(text.trim())
        expect(readValue(text)).toEqual(readBack(text))
      })
    )
  })

  it("is refused unless Python reads it as exactly one value", () => {
    const part = fc.constantFrom(...'{}[]:,"\\ 1-.e'.split(""), '""', '"a":1', '"_auth_user_id":"1"', "{}", "null")
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join("")
        let expected = true
        try {
          JSON.parse(text)
        } catch {
          expected = false
        }
        expect(Json.parseValue(text) !== undefined).toBe(expected)
      })
    )
  })

  it("is refused if it is nested deeper than what is written", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
    expect(Json.parseValue(nested(Json.deepestWritten))).toBe(nested(Json.deepestWritten))
    expect(Json.parseValue(nested(Json.deepestWritten + 1))).toBeUndefined()
    expect(Json.parseValue("[".repeat(60_000))).toBeUndefined()
  })
})

describe("a session's text", () => {
  it("is split into the unchanged texts of its values", () => {
    expect(entries('{"a":1.0,"b":1E+2,"c":12345678901234567890,"d":[1, 2.50],"e":"\\u0041\\/"}')).toEqual([
      ["a", "1.0"],
      ["b", "1E+2"],
      ["c", "12345678901234567890"],
      ["d", "[1,2.50]"],
      ["e", '"\\u0041\\/"']
    ])
  })

  it("survives a change of another key", () => {
    const data = Json.parseObject('{"a":1.0,"b":1E+2,"c":12345678901234567890}') ?? new Map()
    expect(Json.writeObject(new Map(data).set("b", Json.write(3)))).toBe('{"a":1.0,"b":3,"c":12345678901234567890}')
  })

  it("loses white space between tokens, and only there", () => {
    expect(entries(spaced)).toEqual([
      ["a b", '[1,"x  y",{"k":{}}]'],
      ["c", "[]"]
    ])
  })

  it("comes out in ASCII", () => {
    expect(entries('{"é":["é\u6f22\x7f",{"ü":1}]}')).toEqual([["é", '["\\u00e9\\u6f22\\u007f",{"\\u00fc":1}]']])
    expect(Json.writeObject(Json.parseObject('{"é":"😀"}') ?? new Map())).toBe('{"\\u00e9":"\\ud83d\\ude00"}')
  })

  it("is read as JSON.parse reads it, with any white space and characters", () => {
    fc.assert(
      fc.property(standardText, (text) => {
        expect(readBack(text)).toEqual(readBack(Json.write(readBack(text))))
        const plain = JSON.stringify(readBack(text), (_, value) => (typeof value === "bigint" ? Number(value) : value))
        expect(JSON.parse(plain)).toEqual(JSON.parse(text))
      })
    )
  })

  it("has the last value of a repeated key, at the place of the first", () => {
    expect(entries('{"a":1,"b":2,"\\u0061":3}')).toEqual([
      ["a", "3"],
      ["b", "2"]
    ])
  })

  it.each([
    "",
    " ",
    "null",
    "[1,2]",
    "1",
    '"a"',
    "{",
    "}",
    "{}x",
    "{}{}",
    "\ufeff{}",
    "\u00ef\u00bb\u00bf{}",
    "\u00a0{}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{,}",
    "{a:1}",
    "{'a':1}",
    '{"a":1 "b":2}',
    '{"a" 1}',
    "{1:2}",
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":[1}',
    '{"a":{]}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":0x1}',
    '{"a":1_0}',
    '{"a":--1}',
    '{"a":nan}',
    '{"a":+Infinity}',
    '{"a":-NaN}',
    '{"a":True}',
    '{"a":undefined}',
    '{"a":nullx}',
    '{"a":"\n"}',
    '{"a":"\0"}',
    '{"a":"\x1f"}',
    '{"a":"\\x41"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u123"}',
    '{"a":"\\',
    '{"a":"b',
    '{"a":1}\0',
    '{"a":1/**/}',
    `{"a":${"9".repeat(4301)}}`
  ])("is refused when it is %j", (text) => {
    expect(Json.parseObject(text)).toBeUndefined()
  })

  it.each([
    "{}",
    '{"a":NaN}',
    '{"a":Infinity,"b":-Infinity}',
    '{"a":"\x7f"}',
    '{"":"","a":""}',
    '{"a":1e400}'
  ])("is accepted when it is %j", (text) => {
    expect(Json.parseObject(text)).toBeDefined()
  })

  it("agrees with JSON.parse on everything that JSON.parse accepts", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), standardText), (members) => {
        const text = `{${Object.entries(members).map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`
        const data = Json.parseObject(text)
        const values = Array.from(data ?? [], ([key, value]) => [key, JSON.stringify(JSON.parse(value))])
        const expected = Object.entries(JSON.parse(text)).map(([key, value]) => [key, JSON.stringify(value)])
        expect(new Map(values as Array<[string, string]>)).toEqual(new Map(expected as Array<[string, string]>))
      })
    )
  })

  it("is refused by JSON.parse too, once Python's own words are set aside", () => {
    const alphabet = fc.constantFrom(...'{}[]:,"\\ 01.-eEu\n\tatruefls'.split(""), '"a"', "{}", "true", "null", '"a":1')
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), (parts) => {
        const text = `{"k":${parts.join("")}}`
        let expected = true
        try {
          JSON.parse(text)
        } catch {
          expected = false
        }
        expect(Json.parseObject(text) !== undefined).toBe(expected)
      }),
      { numRuns: 2000 }
    )
  })

  it("never throws: any text becomes an object or undefined", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        Json.parseObject(text)
        Json.parseObject(`{"a":${text}}`)
      })
    )
  })

  it("is unchanged when it is read and written again", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "binary" }), jsonValue)), (members) => {
        const data = new Map(members.map(([key, value]) => [key, Json.write(value)]))
        const text = Json.writeObject(data)
        expect(text).toMatch(/^[ -~]*$/)
        expect(entries(text)).toEqual(Array.from(data))
      })
    )
  })

  it("may be nested a thousand levels deep and no deeper, without a stack overflow", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`
    expect(Json.parseObject(nested(deepestRead))?.size).toBe(1)
    expect(Json.parseObject(nested(deepestRead + 1))).toBeUndefined()
    expect(Json.parseObject(nested(1_000_000))).toBeUndefined()
    expect(Json.parseObject('{"a":'.repeat(100_000))).toBeUndefined()
    const value = Json.parseObject(nested(deepestRead))?.get("a")
    expect(value === undefined ? undefined : Json.read(value)).toBeInstanceOf(Array)
  })

  it("is read in linear time", () => {
    const hostile = [
      (n: number) => `{"a":"${"\\\\".repeat(n)}"}`,
      (n: number) => `{"a":[${" ".repeat(n)}]}`,
      (n: number) => `{"a":[${"1 ,".repeat(n)}1]}`,
      (n: number) => `{"a":${"9".repeat(n)}.0}`,
      (n: number) => `{${'"a":1,'.repeat(n)}"a":1}`,
      (n: number) => `{"a":"${"\u00e9".repeat(n)}`
    ]
    for (const make of hostile) {
      // In quadratic time this would take minutes longer than the test's timeout.
      expect(() => Json.parseObject(make(500_000))).not.toThrow()
    }
  })
})
