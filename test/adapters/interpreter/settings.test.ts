import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/interpreter/errors.ts"
import { checkSettings, type SettingsOptions } from "../../../src/adapters/interpreter/settings.ts"

const problemsOf = (
  options: Partial<SettingsOptions>,
  backends: ReadonlyArray<string> = ["b"]
): ReadonlyArray<string> => {
  try {
    checkSettings({ secretKey: "secret", ...options }, new Map(backends.map((name) => [name, name])))
    return []
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems
    throw error
  }
}

describe("settings", () => {
  it("have Django's defaults", () => {
    const { auth, http } = checkSettings({ secretKey: "secret" }, new Map([["b", "b"]]))
    const { codec: _codec, ...session } = auth.session
    expect(session).toEqual({
      cookie: { name: "sessionid", path: "/", domain: undefined, secure: false, httpOnly: true, sameSite: "Lax" },
      cookieAgeSeconds: 1_209_600,
      expireAtBrowserClose: false,
      saveEveryRequest: false
    })
    expect(auth.csrf).toEqual({
      cookie: { name: "csrftoken", path: "/", domain: undefined, secure: false, httpOnly: false, sameSite: "Lax" },
      cookieAgeSeconds: 31_449_600,
      useSessions: false
    })
    expect(http).toEqual({
      allowedHosts: [".localhost", "127.0.0.1", "[::1]"],
      useForwardedHost: false,
      useForwardedPort: false,
      secureProxyHeader: undefined
    })
  })

  it.each<[string, Partial<SettingsOptions>]>([
    ["secretKey is missing", { secretKey: undefined }],
    ["secretKey is missing", { secretKey: "" }],
    ["secretKeyFallbacks", { secretKeyFallbacks: ["old", ""] }],
    ["sessionCookie.name", { sessionCookie: { name: "session id" } }],
    ["sessionCookie.name", { sessionCookie: { name: "" } }],
    ["sessionCookie.name", { sessionCookie: { name: "__Host-sid" } }],
    ["sessionCookie.name", { sessionCookie: { name: "__Host-sid", secure: true, domain: "example.com" } }],
    ["sessionCookie.path", { sessionCookie: { path: "/;Secure" } }],
    ["sessionCookie.path", { sessionCookie: { path: "app" } }],
    ["sessionCookie.domain", { sessionCookie: { domain: "example.com\r\nSet-Cookie: a=b" } }],
    ["sessionCookie.sameSite", { sessionCookie: { sameSite: "None" } }],
    ["sessionCookie.ageSeconds", { sessionCookie: { ageSeconds: 0.5 } }],
    ["sessionCookie.ageSeconds", { sessionCookie: { ageSeconds: Number.NaN } }],
    ["csrfCookie.ageSeconds", { csrfCookie: { ageSeconds: -1 } }],
    ["are the same", { csrfCookie: { name: "sessionid" } }],
    ["allowedHosts", { allowedHosts: ["https://example.com"] }],
    ["secureProxyHeader", { secureProxyHeader: ["X-Forwarded Proto", "https"] }],
    ["maximumSessionBytes", { maximumSessionBytes: 0 }],
    ["deadlineSeconds", { deadlineSeconds: Number.NaN }]
  ])("say what is wrong: %s", (problem, options) => {
    expect(problemsOf(options)).toEqual([expect.stringContaining(problem)])
  })

  it("let nobody name this machine's hosts in production unasked", () => {
    process.env["NODE_ENV"] = "production"
    try {
      expect(checkSettings({ secretKey: "secret" }, new Map([["b", "b"]])).http.allowedHosts).toEqual([])
    } finally {
      process.env["NODE_ENV"] = "test"
    }
  })

  it("want a backend", () => {
    expect(problemsOf({}, [])).toEqual([expect.stringContaining("backends")])
  })

  it("name every problem at once, and no secret", () => {
    const problems = problemsOf({ secretKeyFallbacks: ["hush", ""], deadlineSeconds: -1, allowedHosts: [""] })
    expect(problems).toHaveLength(3)
    expect(problems.join()).not.toContain("hush")
  })

  it("take every prefix and attribute that browsers accept", () => {
    expect(problemsOf({ sessionCookie: { name: "__Host-sid", secure: true } })).toEqual([])
    expect(
      problemsOf({ sessionCookie: { sameSite: "None", secure: true, domain: ".example.com", path: "/app/" } })
    ).toEqual([])
    expect(problemsOf({ csrfCookie: { ageSeconds: null }, secureProxyHeader: ["X-Forwarded-Proto", "https"] })).toEqual(
      []
    )
  })
})
