import { describe, expect, it } from "vitest"
import * as TrustedOrigins from "../../../src/core/csrf/trusted-origins.ts"

const trusted = ["https://trusted.example", "https://*.wild.example", "http://*.Plain.example", "https://a.b:8443"].map(
  (text) => TrustedOrigins.parse(text)!
)

describe("a trusted origin", () => {
  it("is scheme and host, or a domain with everything below it", () => {
    expect(trusted).toEqual([
      { _tag: "Exact", origin: "https://trusted.example", host: "trusted.example" },
      { _tag: "Subdomains", scheme: "https", host: ".wild.example" },
      { _tag: "Subdomains", scheme: "http", host: ".Plain.example" },
      { _tag: "Exact", origin: "https://a.b:8443", host: "a.b:8443" }
    ])
    expect(TrustedOrigins.parse("http://[::1]:3000")).toMatchObject({ _tag: "Exact", host: "[::1]:3000" })
    expect(TrustedOrigins.parse("capacitor://localhost")).toMatchObject({ _tag: "Exact", host: "localhost" })
  })

  it.each([
    "",
    "trusted.example",
    ".trusted.example",
    "*.trusted.example",
    "//trusted.example",
    "https:trusted.example",
    "https://",
    "https://trusted.example/",
    "https://trusted.example/path",
    "https://trusted.example?",
    "https://trusted.example#",
    "https://user@trusted.example",
    "HTTPS://trusted.example",
    " https://trusted.example",
    "https://trusted.example ",
    "https://trusted.example\n",
    "https://trus ted.example",
    "https://tr\u00fcsted.example",
    "https://trusted.example\\",
    "https://*",
    "https://*.",
    "https://*.:443",
    "https://.trusted.example",
    "https://*..trusted.example",
    "https://.",
    "https://*:443",
    "https://:443",
    "https://*trusted.example",
    "https://**.trusted.example",
    "https://a.*.example",
    "https://*.*.example",
    "https://[::1",
    "null"
  ])("is not %j", (text) => {
    expect(TrustedOrigins.parse(text)).toBeUndefined()
  })

  it.each([
    ["https://trusted.example", true],
    ["http://trusted.example", false],
    ["https://trusted.example:443", false],
    ["https://TRUSTED.example", false],
    ["https://a.trusted.example", false],
    ["https://wild.example", true],
    ["https://a.b.wild.example", true],
    ["https://a.wild.example:444", false],
    ["http://a.wild.example", false],
    ["https://evilwild.example", false],
    ["http://a.plain.example", true],
    ["https://a.b:8443", true],
    ["https://a.b", false],
    ["https://[", false],
    ["null", false],
    ["", false]
  ])("as a page sends it, %j: %s", (origin, included) => {
    expect(TrustedOrigins.includesOrigin(trusted, origin)).toBe(included)
  })

  it("has a host that may send a Referer, with any scheme", () => {
    expect(TrustedOrigins.includesHost(trusted, "a.plain.example")).toBe(true)
    expect(TrustedOrigins.includesHost(trusted, "trusted.example")).toBe(true)
    expect(TrustedOrigins.includesHost(trusted, "a.trusted.example")).toBe(false)
    expect(TrustedOrigins.includesHost(trusted, "a.b")).toBe(false)
    expect(TrustedOrigins.includesHost([], "trusted.example")).toBe(false)
  })
})
