import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Query from "../../../../src/core/http/urls/query.ts"

const parsed = (text: string) => Object.fromEntries(Query.parse(text))

describe("a query", () => {
  it("is parsed as Django parses it", () => {
    expect(parsed("")).toEqual({})
    expect(parsed("&&a=1&&")).toEqual({ a: ["1"] })
    expect(parsed("a&b=&=c&=")).toEqual({ a: [""], b: [""], "": ["c", ""] })
    expect(parsed("a=1=2&a=3")).toEqual({ a: ["1=2", "3"] })
    expect(parsed("a;b=1")).toEqual({ "a;b": ["1"] })
    expect(parsed("a+b=%2B+%26%3d")).toEqual({ "a b": ["+ &="] })
    expect(parsed("%C3%A9=é%c3%A9")).toEqual({ é: ["éé"] })
    expect(parsed("a=%E9&b=%&c=%zz&d=%C3x%A9")).toEqual({
      a: ["\ufffd"],
      b: ["%"],
      c: ["%zz"],
      d: ["\ufffdx\ufffd"]
    })
    expect(Array.from(Query.parse("__proto__=1&constructor=2"))).toEqual([
      ["__proto__", ["1"]],
      ["constructor", ["2"]]
    ])
  })

  it("is written as Django writes it, with the values of one name together", () => {
    expect(Query.write(Query.parse("x=1&y=2&x=3&z"))).toBe("x=1&x=3&y=2&z=")
    expect(Query.write(new Map([["a b", ["/~x/*!'()", "é&=+%\ud800"]]]))).toBe(
      "a%20b=/~x/%2A%21%27%28%29&a%20b=%C3%A9%26%3D%2B%25%EF%BF%BD"
    )
  })

  it("replaces all values of a name by one value", () => {
    const query = Query.parse("a=1&next=/old/&b=2&next=/older/")
    expect(Query.write(Query.set(query, "next", "/new/"))).toBe("a=1&next=/new/&b=2")
    expect(Query.write(Query.set(query, "other", ""))).toBe("a=1&next=/old/&next=/older/&b=2&other=")
    expect(query.get("next")).toEqual(["/old/", "/older/"])
  })

  it("is parsed to the values that were written", () => {
    const text = fc.string({ unit: "grapheme" })
    fc.assert(
      fc.property(fc.dictionary(text, fc.array(text, { minLength: 1 }), { noNullPrototype: true }), (values) => {
        const query = new Map(Object.entries(values))
        expect(Query.parse(Query.write(query))).toEqual(query)
      })
    )
  })

  it("is parsed in linear time", () => {
    const start = process.threadCpuUsage()
    expect(Query.parse("a&".repeat(200_000)).get("a")).toHaveLength(200_000)
    const { system, user } = process.threadCpuUsage(start)
    expect((system + user) / 1000).toBeLessThan(1000)
  })
})
