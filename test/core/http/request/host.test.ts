import { describe, expect, it } from "vitest"
import { type HostSettings, host, isSameDomain } from "../../../../src/core/http/request/host.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"

const settings: HostSettings = {
  allowedHosts: ["example.com", ".wild.example", "[::1]", "127.0.0.1"],
  useForwardedHost: false,
  secureProxyHeader: undefined,
  useForwardedPort: false
}

const head = (
  headers: ReadonlyArray<readonly [string, string]>,
  transport: Partial<RequestHead["transport"]> = {}
): RequestHead => ({
  method: "GET",
  target: "/",
  headers,
  transport: { secure: false, serverName: "example.com", serverPort: "80", ...transport }
})

const disallowed = { _tag: "DisallowedHost" }

describe("the host", () => {
  it.each([
    "example.com",
    "EXAMPLE.com",
    "example.com:8000",
    "example.com.",
    "example.com.:80",
    "wild.example",
    "a.b.wild.example:1",
    "[::1]",
    "[::1]:8000",
    "127.0.0.1:3000"
  ])("is %s, unchanged", (sent) => {
    expect(host(settings, head([["Host", sent]]))).toEqual({ _tag: "Host", host: sent })
  })

  it.each([
    "",
    " ",
    ".",
    ":80",
    "evil.com",
    "evil.com:80#@example.com",
    "example.com:abc",
    "example.com:",
    "example.com..",
    "user@example.com",
    "example.com/",
    "example.com\n",
    "a.example.com",
    "notwild.example",
    "[::2]",
    "[example.com]",
    "::1",
    "exampl\xe9.com",
    "example.com,example.com"
  ])("is refused if it is %j", (sent) => {
    expect(host(settings, head([["Host", sent]]))).toEqual(disallowed)
  })

  it("is refused if it was sent twice", () => {
    const twice = head([
      ["Host", "example.com"],
      ["Host", "example.com"]
    ])
    expect(host(settings, twice)).toEqual(disallowed)
  })

  it("may be any well-formed one with *, and is refused without allowed hosts", () => {
    expect(host({ ...settings, allowedHosts: ["*"] }, head([["Host", "any.thing"]]))).toEqual({
      _tag: "Host",
      host: "any.thing"
    })
    expect(host({ ...settings, allowedHosts: ["*"] }, head([["Host", "a b"]]))).toEqual(disallowed)
    expect(host({ ...settings, allowedHosts: [] }, head([["Host", "example.com"]]))).toEqual(disallowed)
    expect(host({ ...settings, allowedHosts: [""] }, head([["Host", ""]]))).toEqual(disallowed)
  })

  it("is the forwarded one only with useForwardedHost", () => {
    const forwarded = head([
      ["Host", "example.com"],
      ["X-Forwarded-Host", "a.wild.example"]
    ])
    expect(host(settings, forwarded)).toEqual({ _tag: "Host", host: "example.com" })
    const trusting = { ...settings, useForwardedHost: true }
    expect(host(trusting, forwarded)).toEqual({ _tag: "Host", host: "a.wild.example" })
    expect(host(trusting, head([["Host", "example.com"]]))).toEqual({ _tag: "Host", host: "example.com" })
  })

  it("is the server's name if none was sent, with its port if that is not the scheme's default", () => {
    const named = (transport: Partial<RequestHead["transport"]>, over: Partial<HostSettings> = {}) =>
      host({ ...settings, ...over }, head([["X-Forwarded-Proto", "https"]], transport))
    expect(named({})).toEqual({ _tag: "Host", host: "example.com" })
    expect(named({ serverPort: "443" })).toEqual({ _tag: "Host", host: "example.com:443" })
    expect(named({ secure: true, serverPort: "443" })).toEqual({ _tag: "Host", host: "example.com" })
    expect(named({ serverPort: "443" }, { secureProxyHeader: ["X-Forwarded-Proto", "https"] })).toEqual({
      _tag: "Host",
      host: "example.com"
    })
  })
})

describe("isSameDomain", () => {
  it.each([
    ["example.com", "example.com", true],
    ["example.com", "EXAMPLE.COM", true],
    ["EXAMPLE.com", "example.com", false],
    ["a.example.com", ".example.com", true],
    ["example.com", ".example.com", true],
    ["notexample.com", ".example.com", false],
    ["example.com:8000", "example.com", false],
    ["example.com:8000", ".example.com:8000", true],
    ["", "", false],
    ["example.com", "", false]
  ])("for %j and the pattern %j is %s", (domain, pattern, same) => {
    expect(isSameDomain(domain, pattern)).toBe(same)
  })
})
