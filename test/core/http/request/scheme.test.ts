import { describe, expect, it } from "vitest"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { isSecure, port, type SchemeSettings } from "../../../../src/core/http/request/scheme.ts"

const direct: SchemeSettings = { secureProxyHeader: undefined, useForwardedPort: false }
const proxied: SchemeSettings = { secureProxyHeader: ["X-Forwarded-Proto", "https"], useForwardedPort: true }

const head = (secure: boolean, ...headers: ReadonlyArray<readonly [string, string]>): RequestHead => ({
  method: "GET",
  target: "/",
  headers,
  transport: { secure, serverName: "localhost", serverPort: "8000" }
})

describe("the scheme", () => {
  it("is the socket's when no proxy is trusted, for any header", () => {
    expect(isSecure(direct, head(false, ["X-Forwarded-Proto", "https"], ["Forwarded", "proto=https"]))).toBe(false)
    expect(isSecure(direct, head(true, ["X-Forwarded-Proto", "http"]))).toBe(true)
  })

  it.each([
    ["https", true],
    ["https, http", true],
    [" https ,http", true],
    ["http, https", false],
    ["HTTPS", false],
    ["", false],
    [",https", false]
  ])("is taken from the trusted proxy's header: %j", (value, secure) => {
    expect(isSecure(proxied, head(!secure, ["x-forwarded-proto", value]))).toBe(secure)
  })

  it("is the socket's when the trusted proxy sent no header", () => {
    expect(isSecure(proxied, head(true))).toBe(true)
    expect(isSecure(proxied, head(false))).toBe(false)
  })
})

describe("the port", () => {
  it("is the socket's unless useForwardedPort is set", () => {
    expect(port(direct, head(false, ["X-Forwarded-Port", "443"]))).toBe("8000")
    expect(port(proxied, head(false, ["X-Forwarded-Port", "443"]))).toBe("443")
    expect(port(proxied, head(false))).toBe("8000")
  })
})
