import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { respond } from "../../../../src/core/auth/request/respond.ts"
import { needsNothingUnused } from "../../../../src/core/auth/request/unused-request.ts"
import { settings as makeSettings } from "../../../../src/core/auth/state/auth-settings.ts"
import { opened } from "../../../../src/core/auth/state/request-state.ts"
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
const key = fc.option(fc.oneof(fc.constantFrom("", "a".repeat(32)), fc.nat(12).chain(letters)), { nil: undefined })
const secret = fc.option(
  fc.oneof(
    fc.constantFrom("a".repeat(32), "Z".repeat(64), `${"a".repeat(31)}-`, "", "a".repeat(33), "a".repeat(63)),
    fc.constantFrom(31, 32, 64).chain(letters)
  ),
  { nil: undefined }
)

describe("a request that is unused", () => {
  it("gets no header and stores nothing where the core says so, for any status", () => {
    let passed = 0
    fc.assert(
      fc.property(
        key,
        secret,
        fc.boolean(),
        fc.constantFrom(200, 302, 404, 500, 503),
        (session, csrf, saveEveryRequest, status) => {
          const made = makeSettings({ secretKey: "secret-key", backends: [model] })
          const settings = { ...made, session: { ...made.session, saveEveryRequest } }
          const cookies = { session, csrf }
          if (!needsNothingUnused(settings, head("GET"), cookies)) return
          passed += 1
          const state = opened(settings, cookies, moment.fresh)
          const step = respond(settings, state, fromCookie(SessionKey.parse(session)), status, moment)
          expect([step._tag, step.effects]).toEqual(["Done", []])
        }
      ),
      { numRuns: 1000 }
    )
    expect(passed).toBeGreaterThan(50)
  })

  it.each([
    ["no cookies", {}, true],
    ["a key and a secret", { session: "a".repeat(32), csrf: "Z".repeat(32) }, true],
    ["a masked secret", { csrf: "Z".repeat(64) }, true],
    ["a key that is too short", { session: "a".repeat(7) }, false],
    ["an empty key", { session: "" }, false],
    ["a malformed secret", { csrf: "a".repeat(33) }, false]
  ])("with %s: %o needs nothing: %s", (_, cookies, expected) => {
    const settings = makeSettings({ secretKey: "secret-key", backends: [model] })
    expect(needsNothingUnused(settings, head("GET"), { session: undefined, csrf: undefined, ...cookies })).toBe(
      expected
    )
  })

  it("always needs a check if its method needs a check, or a method override changed it", () => {
    const settings = makeSettings({ secretKey: "secret-key", backends: [model] })
    const none = { session: undefined, csrf: undefined }
    for (const method of ["POST", "PUT", "get", ""]) {
      expect(needsNothingUnused(settings, head(method), none)).toBe(false)
      expect(needsNothingUnused(settings, head("GET", method), none)).toBe(false)
      expect(needsNothingUnused(settings, head(method, "GET"), none)).toBe(false)
    }
  })
})
