import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"

const stores = memory()

const problemsOf = (options: Partial<AuthOptions<MemoryUser, AnyFields>>): string => {
  try {
    createAuth({
      secretKey: "device-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      sessions: stores.sessions,
      backends: { model: modelBackend(stores.users) },
      sessionCookie: { secure: true },
      ...options
    })
    return ""
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const shared = { ...stores.sessions, capabilities: { ...stores.sessions.capabilities, sharedWithDjango: true } }

describe("the option deviceBound", () => {
  it.each([
    { mode: "observe" as const },
    { mode: "enforce" as const, cookieSeconds: 300, graceSeconds: 5 }
  ])("accepts %o", (deviceBound) => {
    expect(problemsOf({ deviceBound })).toBe("")
  })

  it.each<[string, Partial<AuthOptions<MemoryUser, AnyFields>>, string]>([
    [
      "a short life of the cookie",
      { deviceBound: { mode: "observe", cookieSeconds: 299 } },
      "deviceBound.cookieSeconds"
    ],
    ["a short grace", { deviceBound: { mode: "observe", graceSeconds: 4 } }, "deviceBound.graceSeconds"],
    ["a life that is no number of seconds", { deviceBound: { mode: "observe", cookieSeconds: NaN } }, "cookieSeconds"],
    [
      "an exempt path with an escape",
      { deviceBound: { mode: "observe", exempt: ["/%73tatic"] } },
      "deviceBound.exempt"
    ],
    ["the whole site as exempt", { deviceBound: { mode: "observe", exempt: ["/"] } }, "deviceBound.exempt"],
    [
      "cookies without Secure",
      { sessionCookie: {}, deviceBound: { mode: "observe" } },
      "sessionCookie: { secure: true }"
    ],
    [
      "a domain",
      { sessionCookie: { secure: true, domain: "example.com" }, deviceBound: { mode: "observe" } },
      "sessionCookie.domain"
    ],
    [
      "a path",
      { sessionCookie: { secure: true, path: "/shop" }, deviceBound: { mode: "observe" } },
      "sessionCookie.path"
    ],
    [
      "a partitioned cookie",
      { sessionCookie: { secure: true, sameSite: "None", partitioned: true }, deviceBound: { mode: "observe" } },
      "leave sessionCookie.partitioned out"
    ],
    [
      "a store that cannot end a session",
      { sessions: signedCookieSessions(), deviceBound: { mode: "observe" } },
      "cannot end a session"
    ],
    ["the CSRF secret in the session", { csrfUseSessions: true, deviceBound: { mode: "enforce" } }, "csrfUseSessions"],
    ["a Django that may not check", { sessions: shared, deviceBound: { mode: "enforce" } }, "djangoChecks: true"],
    ["no mode", { deviceBound: {} as { mode: "observe" } }, "deviceBound.mode"],
    ["another mode", { deviceBound: { mode: "on" as "observe" } }, 'deviceBound.mode: write "observe" or "enforce"'],
    ["an unknown option", { deviceBound: { mode: "observe", cookieSecs: 1 } as { mode: "observe" } }, "cookieSeconds"]
  ])("refuses %s, and says what to write", (_, options, words) => {
    const problems = problemsOf(options)
    expect(problems).toContain(words)
    expect(problems).toMatch(/\b(write|leave|use|must be|begin with|did you mean)\b/)
  })

  it("observes beside a Django, and enforces there if every Django checks or there is none", () => {
    expect(problemsOf({ sessions: shared, deviceBound: { mode: "observe" } })).toBe("")
    for (const djangoChecks of [true, false])
      expect(problemsOf({ sessions: shared, deviceBound: { mode: "enforce", djangoChecks } })).toBe("")
  })

  it("observes with the CSRF secret in the session", () => {
    expect(problemsOf({ csrfUseSessions: true, deviceBound: { mode: "observe" } })).toBe("")
  })
})
