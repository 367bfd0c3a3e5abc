import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { respond } from "../../../../src/core/auth/request/respond.ts"
import { needsNothingUnused } from "../../../../src/core/auth/request/unused-request.ts"
import { settings as makeSettings } from "../../../../src/core/auth/state/auth-settings.ts"
import { opened } from "../../../../src/core/auth/state/request-state.ts"
import { cookieValue } from "../../../../src/core/http/cookies/cookie.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { fromCookie } from "../../../../src/core/session/value/session.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import { model, moment } from "../scene.ts"

const head = (method: string, rewrittenMethod = method): RequestHead => ({
  method,
  rewrittenMethod,
  target: "/",
  headers: [],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

const letters = (length: number) =>
  fc.string({ unit: fc.constantFrom("a", "Z", "0", "-", "é", "𝒂"), minLength: length, maxLength: length })
const key = fc.oneof(fc.constantFrom("", "a".repeat(32)), fc.nat(18).chain(letters))
const secret = fc.oneof(
  fc.constantFrom("a".repeat(32), "Z".repeat(64), `${"a".repeat(31)}-`, "", "a".repeat(33), "a".repeat(63)),
  fc.constantFrom(31, 32, 64).chain(letters)
)

/** A piece of a `Cookie` header, mostly as browsers write it. */
const piece = (name: string, value: fc.Arbitrary<string>) =>
  fc.tuple(
    fc.constantFrom("", " ", " ", " ", "  ", "\t", "x"),
    fc.constant(name),
    fc.constantFrom("=", "=", "=", "=", "=", " = ", "", "2=", "=="),
    fc.oneof(
      { weight: 5, arbitrary: value },
      value.map((text) => `"${text}"`),
      value.map((text) => ` ${text} `)
    )
  )
const header = fc
  .array(fc.oneof(piece("sessionid", key), piece("csrftoken", secret), piece("theme", key), piece("", key)), {
    maxLength: 4
  })
  .map((pieces) => pieces.map((parts) => parts.join("")).join(";"))

describe("a request that is unused", () => {
  it("gets no header and stores nothing where the core says so, for any status", () => {
    let passed = 0
    fc.assert(
      fc.property(header, fc.boolean(), fc.constantFrom(200, 302, 404, 500, 503), (sent, saveEveryRequest, status) => {
        const made = makeSettings({ secretKey: "secret-key", backends: [model] })
        const settings = { ...made, session: { ...made.session, saveEveryRequest } }
        if (!needsNothingUnused(settings, head("GET"), sent)) return
        passed += 1
        const cookies = { session: cookieValue(sent, "sessionid"), csrf: cookieValue(sent, "csrftoken") }
        const state = opened(settings, cookies, moment.fresh)
        const step = respond(settings, state, fromCookie(SessionKey.parse(cookies.session)), status, moment)
        expect([step._tag, step.effects]).toEqual(["Done", []])
      }),
      { numRuns: 3000 }
    )
    expect(passed).toBeGreaterThan(150)
  })

  it.each([
    ["no cookies", undefined, true],
    ["an empty header", "", true],
    ["a key and a secret", `sessionid=${"a".repeat(32)}; csrftoken=${"Z".repeat(32)}`, true],
    ["no space between cookies", `sessionid=${"a".repeat(32)};csrftoken=${"Z".repeat(32)};`, true],
    ["other cookies", `a=1; session=2; sessionid=${"a".repeat(32)}; csrf=3; xsessionid=4`, true],
    ["a masked secret", `csrftoken=${"Z".repeat(64)}`, true],
    ["a key that is too short", `sessionid=${"a".repeat(7)}`, false],
    ["a useless key after a good one", `sessionid=${"a".repeat(32)}; sessionid=b`, false],
    ["an empty key", "sessionid=", false],
    ["an empty key in quotes", 'sessionid=""', false],
    ["a short key, escaped in quotes", 'sessionid="\\141\\141\\141\\141"', false],
    ["a short key after white space", `sessionid=${" ".repeat(16)}a`, false],
    ["a short key before white space", `sessionid=a${" ".repeat(16)}; a=1`, false],
    ["a malformed secret", `csrftoken=${"a".repeat(33)}`, false],
    ["a malformed secret after another cookie", `a=1;  csrftoken=${"a".repeat(31)}`, false]
  ])("with %s: %o needs nothing: %s", (_, cookies, expected) => {
    const settings = makeSettings({ secretKey: "secret-key", backends: [model] })
    expect(needsNothingUnused(settings, head("GET"), cookies)).toBe(expected)
  })

  it("always needs a check if its method needs a check, or a method override changed it", () => {
    const settings = makeSettings({ secretKey: "secret-key", backends: [model] })
    for (const method of ["POST", "PUT", "get", ""]) {
      expect(needsNothingUnused(settings, head(method), undefined)).toBe(false)
      expect(needsNothingUnused(settings, head("GET", method), undefined)).toBe(false)
      expect(needsNothingUnused(settings, head(method, "GET"), undefined)).toBe(false)
    }
  })
})
