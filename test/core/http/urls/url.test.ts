import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Url from "../../../../src/core/http/urls/url.ts"
import vectors from "../../../vectors/urlsplit.json" with { type: "json" }
import { nastyUrl } from "./nasty-url.ts"

const partsOf = (url: string) => {
  const parts = Url.split(url)
  return parts === undefined ? "ValueError" : [parts.scheme, parts.netloc, parts.path, parts.query, parts.fragment]
}

describe("a URL", () => {
  it.each(vectors.data)("is split as Python splits it: $url", (row) => {
    expect(partsOf(row.url)).toEqual(row.parts)
  })

  it.each([
    ["http://[::]/", true],
    ["http://[fe80::1%eth0]/", true],
    ["http://[fe80::1%]/", false],
    ["http://[fe80::1%a%b]/", false],
    ["http://[::ffff:1.2.3.4]/", true],
    ["http://[::1.2.3]/", false],
    ["http://[1:2:3:4:5:6:7:8]/", true],
    ["http://[1:2:3:4:5:6:7]/", false],
    ["http://[1:2:3:4:5:6:7:8:9]/", false],
    ["http://[12345::]/", false],
    ["http://[1::2::3]/", false],
    ["http://[ ::1]/", false],
    ["http://[a@::1]/", false],
    ["http://[a@[::1]/", false],
    ["http://[[::1]]/", false],
    ["http://]::1[/", false],
    ["http://[]/", false],
    ["http://[v1.]/", false],
    ["http://[vg.x]/", false],
    ["http://[vF.\u2028]/", true],
    ["http://[V1.x]/", false],
    ["http://a[::1]b[/", true]
  ])("with brackets is valid or not, as in Python: %s: %s", (url, good) => {
    expect(Url.split(url) !== undefined).toBe(good)
  })

  it.each([
    ["http://a\u2100b/", false],
    ["http://a\uff1fb/", false],
    ["http://a\uff03b/", false],
    ["http://a\uff20b/", false],
    ["http://a\uff1ab/", false],
    ["http://u@a:80\uff0e/", true],
    ["http://u:p@\u00e9/", true],
    ["http://\u0041\u030a/", true]
  ])("with a host of other characters is valid or not, as in Python: %j: %s", (url, good) => {
    expect(Url.split(url) !== undefined).toBe(good)
  })

  it.each([
    ["http:///login/", "http:///login/"],
    ["http:", "http://"],
    ["http:login", "http:login"],
    ["mailto:a@b", "mailto:a@b"],
    ["x-app:/a", "x-app:/a"],
    ["////evil.example/a", "////evil.example/a"],
    ["//host", "//host"],
    ["//host?q", "//host?q"],
    ["//host/a?b#c", "//host/a?b#c"],
    ["HTTPS://Host", "https://Host"],
    ["/a?#", "/a"],
    ["a?b?c#d#e", "a?b?c#d#e"],
    [" /a\tb", "/ab"]
  ])("is joined as Python joins it: %j becomes %j", (url, together) => {
    expect(Url.unsplit(Url.split(url)!)).toBe(together)
  })

  it("gets a slash between a host and a path without a leading slash", () => {
    expect(Url.unsplit({ scheme: "", netloc: "host", path: "a", query: "", fragment: "" })).toBe("//host/a")
  })

  it("has the same parts after it was split and joined", () => {
    fc.assert(
      fc.property(nastyUrl, (text) => {
        const parts = Url.split(text)
        // Splitting removes some characters; after that, others may be at the beginning and be removed the next time.
        if (parts === undefined || /^[^!-\uffff]|^[A-Za-z][A-Za-z0-9+.-]*:/.test(parts.scheme + parts.path)) return
        expect(Url.split(Url.unsplit(parts))).toEqual(parts)
      })
    )
  })

  it("is split in linear time", () => {
    for (const text of [" ".repeat(1e6), ":".repeat(1e6), "a".repeat(1e6), `//${"[".repeat(1e6)}`, "\t".repeat(1e6)]) {
      const start = process.threadCpuUsage()
      Url.split(text)
      const { system, user } = process.threadCpuUsage(start)
      expect((system + user) / 1000).toBeLessThan(200)
    }
  })
})

describe("a host", () => {
  /** Python's check: it normalises the whole host. */
  const becomesAnother = (netloc: string): boolean => {
    const asWritten = netloc.replace(/[@:#?]/g, "")
    const normalised = asWritten.normalize("NFKC")
    return normalised !== asWritten && /[/?#@:]/.test(normalised)
  }
  const isRefused = (netloc: string): boolean => Url.split(`//${netloc}/`) === undefined

  it("is refused for exactly the characters that become part of a URL's syntax", () => {
    const wrong: Array<string> = []
    for (let point = 0x80; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point)
      if (isRefused(`a${character}b`) !== becomesAnother(`a${character}b`)) wrong.push(point.toString(16))
    }
    expect(wrong).toEqual([])
    expect(isRefused("a.com\u2100evil.com")).toBe(true)
  })

  it("is refused with any text around such a character", () => {
    const unit = fc.constantFrom(..."\u2100\uff0f\uff1a\u0338\u0301\u0316\u0345\u1100\u1161a=é.", "\ud800")
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (netloc) => {
        expect(isRefused(netloc)).toBe(becomesAnother(netloc))
      }),
      { numRuns: 3000 }
    )
  })
})
