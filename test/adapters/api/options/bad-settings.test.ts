/** Settings of the corpus that createAuth refuses, and those that it takes although the corpus expects a warning. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import rows from "../../../corpus/config.json" with { type: "json" }
import { expectReason, recordCases } from "../../../corpus/recording.ts"

const secretKey = "bad-settings-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

/** The options of each row that is refused at the start, and the option that the error names. */
const refused: Readonly<Record<string, readonly [option: RegExp, ...given: ReadonlyArray<object>]>> = {
  B493: [/secretKey/, { secretKey: "" }],
  B495: [/secretKeyFallbacks/, { secretKeyFallbacks: [secretKey] }],
  B497: [/__Host-/, { sessionCookie: { name: "__Host-sid", domain: ".example.com" } }],
  B501: [/path/, { sessionCookie: { path: "/; Domain=evil" } }],
  B503: [/secure/, { sessionCookie: { sameSite: "None", secure: false } }],
  B505: [/ageSeconds/, ...[Number.NaN, -1, "2 weeks"].map((ageSeconds) => ({ sessionCookie: { ageSeconds } }))],
  B507: [/backends/, { backends: {} }],
  B509: [/csrfTrustedOrigins/, { csrfTrustedOrigins: ["https://*"] }]
}

/** The options of the other rows. */
const accepted: Readonly<Record<string, object>> = {
  B499: { sessionCookie: { name: "Host__sid" } },
  B511: { sessions: signedCookieSessions() }
}

const make = (given: object) => {
  const { sessions, users } = memory()
  return createAuth({ secretKey, sessions, backends: { model: modelBackend(users) }, ...given })
}

describe("a wrong setting", () => {
  const cases = recordCases()

  cases.each(
    "options",
    rows.filter(({ id }) => id in refused)
  )("is refused at the start: $input ($id)", (row) => {
    const [option, ...options] = refused[row.id] ?? expect.fail(row.id)
    for (const given of options) expect(() => make(given)).toThrow(option)
    expectReason("options", row, !row.expect.startsWith("startup error"))
  })

  cases.each(
    "options",
    rows.filter(({ id }) => !(id in refused))
  )("is accepted: $input ($id)", (row) => {
    expect(() => make(accepted[row.id] ?? expect.fail(row.id))).not.toThrow()
    expectReason("options", row, true)
  })

  it("is said in the documentation: signed cookies cannot be revoked", () => {
    expect(signedCookieSessions().capabilities.revokes).toBe(false)
    const page = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8")
    expect(page).toContain("**Signed cookies** store nothing on the server.")
  })

  cases.isComplete("options")
})
