import { describe, expect, it } from "vitest"
import { checkSettings } from "../../../../src/adapters/api/options/settings.ts"
import type { SettingsOptions } from "../../../../src/adapters/api/options/settings-options.ts"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { djangoVersions } from "../../../../src/core/django-version.ts"
import { saltedHmac } from "../../../../src/core/signing/hmac.ts"

/** `{}`, as Django 3.0 stored it under this secret. */
const legacyText = btoa(`${saltedHmac("django.contrib.sessionsSessionStore", "{}", "secret", "sha1")}:{}`)

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
      clock: { timeZone: "UTC", useTimeZones: true },
      saveEveryRequest: false,
      savesServerErrors: false,
      refusesInstants: false
    })
    expect(auth.csrf).toEqual({
      cookie: { name: "csrftoken", path: "/", domain: undefined, secure: false, httpOnly: false, sameSite: "Lax" },
      cookieAgeSeconds: 31_449_600,
      useSessions: false,
      masksSecret: false,
      keepsMalformed: false
    })
    expect(http).toEqual({
      allowedHosts: [".localhost", "127.0.0.1", "[::1]"],
      useForwardedHost: false,
      useForwardedPort: false,
      secureProxyHeader: undefined
    })
  })

  it("behave like the Django version that shares the database, or like a changed row", () => {
    const habits = (version: SettingsOptions["djangoVersion"]) => {
      const { auth, csrf } = checkSettings(
        { secretKey: "secret", ...(version && { djangoVersion: version }) },
        new Map([["b", "b"]])
      )
      const { masksSecret, keepsMalformed } = auth.csrf
      const { savesServerErrors, refusesInstants } = auth.session
      const { ignoresOrigin, generalizesReasons } = csrf
      const readsSha1 = auth.authHashes("password").length === 2
      const readsLegacy = auth.session.codec.decode(legacyText)._tag === "Decoded"
      return [
        ...[masksSecret, keepsMalformed, savesServerErrors, refusesInstants, ignoresOrigin, generalizesReasons],
        ...[readsSha1, readsLegacy]
      ]
    }
    expect(habits("3.2")).toEqual([true, true, true, true, true, true, true, true])
    expect(habits("4.0")).toEqual([true, false, true, true, false, false, false, false])
    expect(habits("4.1")).toEqual([false, false, true, false, false, false, false, false])
    for (const version of ["4.2", "5.2", "6.2", undefined] as const) expect(habits(version)).not.toContain(true)
    expect(habits({ ...djangoVersions["3.2"], ignoresOrigin: false })).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
      true,
      true
    ])
  })

  it.each<[string, Partial<SettingsOptions>]>([
    ["djangoVersion is none of 3.2, 4.0", JSON.parse('{"djangoVersion":"5.3"}')],
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
    ["sessionCookie.partitioned", { sessionCookie: { partitioned: true } }],
    ["csrfCookie.partitioned", { csrfCookie: { partitioned: true, secure: true } }],
    ["csrfCookie.sameSite is None without secure", { csrfCookie: { partitioned: true, sameSite: "None" } }],
    ["clearSiteData", { clearSiteData: JSON.parse('["everything"]') }],
    ["clearSiteData", { clearSiteData: [] }],
    ["csrfMode", { csrfMode: JSON.parse('"none"') }],
    ["sessionCookie.ageSeconds", { sessionCookie: { ageSeconds: 0.5 } }],
    ["sessionCookie.ageSeconds", { sessionCookie: { ageSeconds: Number.NaN } }],
    ["csrfCookie.ageSeconds", { csrfCookie: { ageSeconds: -1 } }],
    ["are the same", { csrfCookie: { name: "sessionid" } }],
    ["allowedHosts", { allowedHosts: ["https://example.com"] }],
    ["secureProxyHeader", { secureProxyHeader: ["X-Forwarded Proto", "https"] }],
    ["maximumSessionBytes", { maximumSessionBytes: 0 }],
    ["passwordResetTimeoutSeconds", { passwordResetTimeoutSeconds: 0 }],
    ["passwordResetTimeoutSeconds", { passwordResetTimeoutSeconds: 1.5 }],
    ["timeZone", { timeZone: "Mars/Olympus" }],
    ["timeZone", { timeZone: "" }],
    ["deadlineSeconds", { deadlineSeconds: Number.NaN }]
  ])("are refused with a message: %s", (problem, options) => {
    expect(problemsOf(options)).toEqual([expect.stringContaining(problem)])
  })

  it("are the paths of pages, not the names of Django's URLs", () => {
    for (const url of ["login", "accounts:login", "./login", "?login", "javascript:alert(1)", ""]) {
      expect(problemsOf({ loginUrl: url })).toEqual([expect.stringMatching(/^loginUrl is not a path that begins/)])
      expect(problemsOf({ reauthentication: { url } })).toEqual([expect.stringMatching(/^reauthentication.url is not/)])
    }
    for (const url of ["/login/", "//login.example/", "https://login.example"])
      expect(problemsOf({ loginUrl: url })).toEqual([])
  })

  it("require a backend", () => {
    expect(problemsOf({}, [])).toEqual([expect.stringContaining("backends")])
  })

  it("report all problems together, and no secret", () => {
    const problems = problemsOf({ secretKeyFallbacks: ["hush", ""], deadlineSeconds: -1, allowedHosts: [""] })
    expect(problems).toHaveLength(3)
    expect(problems.join()).not.toContain("hush")
  })

  it("accept every prefix and attribute that browsers accept", () => {
    expect(problemsOf({ sessionCookie: { name: "__Host-sid", secure: true } })).toEqual([])
    expect(
      problemsOf({ sessionCookie: { sameSite: "None", secure: true, domain: ".example.com", path: "/app/" } })
    ).toEqual([])
    expect(problemsOf({ csrfCookie: { ageSeconds: null }, secureProxyHeader: ["X-Forwarded-Proto", "https"] })).toEqual(
      []
    )
  })
})
