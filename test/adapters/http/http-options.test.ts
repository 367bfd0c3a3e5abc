import { describe, expect, it } from "vitest"
import { HandlerRules, type HttpAuthOptions } from "../../../src/adapters/http/http-options.ts"

/** The options without type checking, as JavaScript may pass them. */
const entered = (options: object) => {
  const entry = new HandlerRules(options as HttpAuthOptions<string>, "request", undefined)
  return { isExempt: entry.exempt(), needsLogin: entry.loginRequired?.() ?? false }
}

describe("an option of an adapter", () => {
  it("exempts a request from CSRF only if it is true, or returns true", () => {
    expect(entered({ csrfExempt: true }).isExempt).toBe(true)
    expect(entered({ csrfExempt: (request: string) => request === "request" }).isExempt).toBe(true)
    for (const csrfExempt of [undefined, false, "false", 1, async () => false, () => "yes", () => undefined])
      expect(entered({ csrfExempt }).isExempt).toBe(false)
  })
  it("requires a login unless it is absent, or returns false", () => {
    expect(entered({}).needsLogin).toBe(false)
    expect(entered({ loginRequired: () => false }).needsLogin).toBe(false)
    for (const loginRequired of [true, "false", async () => false, () => undefined, () => true])
      expect(entered({ loginRequired }).needsLogin).toBe(true)
  })
})
