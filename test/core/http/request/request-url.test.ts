import { describe, expect, it } from "vitest"
import type { HostSettings } from "../../../../src/core/http/request/host.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { fullPath, origin, queryString } from "../../../../src/core/http/request/request-url.ts"

const settings: HostSettings = {
  allowedHosts: ["example.com"],
  useForwardedHost: false,
  useForwardedPort: false,
  secureProxyHeader: undefined
}

const head = (target: string, host = "example.com", secure = false): RequestHead => ({
  method: "GET",
  target,
  headers: [["Host", host]],
  transport: { secure, serverName: "example.com", serverPort: secure ? "443" : "80" }
})

describe("the URL of a request", () => {
  it("begins with the scheme and the host of the request", () => {
    expect(origin(settings, head("/"))).toEqual({ _tag: "Origin", scheme: "http", host: "example.com" })
    expect(origin(settings, head("/", "EXAMPLE.com:8443", true))).toEqual({
      _tag: "Origin",
      scheme: "https",
      host: "EXAMPLE.com:8443"
    })
    expect(origin(settings, head("/", "evil.example"))).toEqual({ _tag: "DisallowedHost" })
  })

  it.each([
    ["/", "/"],
    ["", "/"],
    ["*", "/*"],
    ["?a", "/?a"],
    ["/?", "/"],
    ["/a/?b=c&d", "/a/?b=c&d"],
    ["/a%20b/?q=%C3%BC", "/a%20b/?q=%C3%BC"],
    ["/%c3%bc/%7Ex%2fy", "/%C3%BC/~x/y"],
    ["/\xc3\xbc?\xc3\xbc", "/%C3%BC?%C3%83%C2%BC"],
    ["/a%3Fb%23c%25d;e?f", "/a%3Fb%23c%25d%3Be?f"],
    ["/%zz%2", "/%25zz%252"],
    [
      "/%e9/%C3x%A9/%ED%A0%80/%F0%9F%98%80/%f4%90%80%80",
      "/%25E9/%25C3x%25A9/%25ED%25A0%2580/%F0%9F%98%80/%25F4%2590%2580%2580"
    ],
    [
      "/%E2%82/%E0%80%80/%C0%80/%EF%BF%BD/%f0%8f%bf%bf",
      "/%25E2%2582/%25E0%2580%2580/%25C0%2580/%EF%BF%BD/%25F0%258F%25BF%25BF"
    ],
    ["/./a/../b//c", "/./a/../b//c"],
    ["//evil.example/a", "//evil.example/a"],
    ["http://example.com/a?b", "/a?b"],
    ["http://example.com", "/"],
    ["http://example.com?b", "/?b"],
    ["/http://example.com/", "/http://example.com/"],
    ["/%00%0d%0a", "/%00%0D%0A"]
  ])("continues with the path, escaped as Django escapes it: %j becomes %j", (target, path) => {
    expect(fullPath(head(target))).toBe(path)
  })

  it.each([
    ["/a", ""],
    ["/a?b?c=%C3%A9", "b?c=%C3%A9"],
    ["/?\xc3\xa9", "é"],
    ["/?\xe9", "é"],
    ["/?\xef\xbf\xbd", "\ufffd"]
  ])("has the query of %j: %j", (target, query) => {
    expect(queryString(head(target))).toBe(query)
  })
})
