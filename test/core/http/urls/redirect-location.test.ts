import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { redirectLocation } from "../../../../src/core/http/urls/redirect-location.ts"
import { iriToUri } from "../../../../src/core/http/urls/uri.ts"
import { nastyUrl } from "./nasty-url.ts"

const disallowed = { _tag: "DisallowedRedirect" }

describe("a redirect's Location", () => {
  it.each([
    ["/a/", "/a/"],
    [" /a/", "%20/a/"],
    ["a/b", "a/b"],
    ["", ""],
    ["/é/?q=é#é", "/%C3%A9/?q=%C3%A9#%C3%A9"],
    ["/a%0d%0ab%zz", "/a%0d%0ab%zz"],
    ["/.//evil.example", "/.//evil.example"],
    ["/a/../b", "/a/../b"],
    ["//host/a", "//host/a"],
    ["HTTPS://Host/a b", "HTTPS://Host/a%20b"],
    ["http:/a", "http:/a"],
    ["ftp://host/", "ftp://host/"],
    ["/\\evil.example", "/%5Cevil.example"],
    ["/\x01\x7f\u0085", "/%01%7F%C2%85"],
    ["/a\tb", "/a%09b"],
    ["://x", "://x"]
  ])("is the target with escapes and no other change: %j becomes %j", (target, location) => {
    expect(redirectLocation(target)).toEqual({ _tag: "Location", location })
  })

  it.each([
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "mailto:a@b.c",
    "file:///etc/passwd",
    "xhttp://host/",
    "httpx:",
    "http://[::1",
    "http://[evil.example]/",
    "http://a\u2100b/",
    "/a\r\nSet-Cookie: x=1",
    "/a\rb",
    "/a\nb",
    "/a\0b",
    "/\ud800",
    "/\udc00\ud800"
  ])("is refused for %j", (target) => {
    expect(redirectLocation(target)).toEqual(disallowed)
  })

  it("is at most 16384 characters long, including escapes", () => {
    const fits = `/${"a".repeat(16_383)}`
    expect(redirectLocation(fits)).toEqual({ _tag: "Location", location: fits })
    expect(redirectLocation(`${fits}a`)).toEqual(disallowed)
    expect(redirectLocation(`/${"é".repeat(2730)}`)._tag).toBe("Location")
    expect(redirectLocation(`/${"é".repeat(2731)}`)).toEqual(disallowed)
  })

  it("contains only printable ASCII, and is the text that was checked", () => {
    fc.assert(
      fc.property(fc.oneof(nastyUrl, fc.string({ unit: "binary" })), (target) => {
        const sent = redirectLocation(target)
        if (sent._tag === "DisallowedRedirect") return
        expect(sent.location).toMatch(/^[!-~]*$/)
        expect(sent.location).toBe(iriToUri(target))
        expect(redirectLocation(sent.location)).toEqual(sent)
      }),
      { numRuns: 1000 }
    )
  })
})
