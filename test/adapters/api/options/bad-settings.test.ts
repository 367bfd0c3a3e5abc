/** Settings of the corpus that createAuth refuses, or that are warned about. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { SettingsOptions } from "../../../../src/adapters/api/options/settings-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import rows from "../../../corpus/config.json" with { type: "json" }

const secretKey = "bad-settings-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

/** The options of each row, and what is said about them: an error at the start, or a text of a diagnosis. */
const options: Readonly<Record<string, readonly [Partial<SettingsOptions>, RegExp]>> = {
  B493: [{ secretKey: "" }, /secretKey/],
  B497: [{ sessionCookie: { name: "__Host-sid", domain: ".example.com" } }, /__Host-/],
  B501: [{ sessionCookie: { path: "/; Domain=evil" } }, /path/],
  B503: [{ sessionCookie: { sameSite: "None", secure: false } }, /secure/],
  B505: [{ sessionCookie: { ageSeconds: Number.NaN } }, /ageSeconds/],
  B509: [{ csrfTrustedOrigins: ["https://*"] }, /csrfTrustedOrigins/]
}

/** Rows without a test here, and why. */
const otherwise: Readonly<Record<string, string>> = {
  B495: "a fallback that equals the key has no effect, and Django does not mention it",
  B499: "Host__sid is a name like any other",
  B507: "backends that do not exist: see below",
  B511: "docs/security.md says what signed cookies cannot promise"
}

const make = (given: Partial<SettingsOptions>) => {
  const { sessions, users } = memory()
  return createAuth({ secretKey, ...given, sessions, backends: { model: modelBackend(users) } })
}

describe("a wrong setting", () => {
  it.each(rows.filter(({ id }) => id in options))("is refused at the start: $input ($id)", ({ id }) => {
    const [given, message] = options[id] ?? [{}, /./]
    expect(() => make(given)).toThrow(message)
  })

  it("is refused at the start: backends that are none", () => {
    const { sessions } = memory()
    expect(() => createAuth({ secretKey, sessions, backends: {} })).toThrow(/backends/)
  })

  it("is in the corpus exactly once, and all are treated", () => {
    expect(rows.map(({ id }) => id)).toEqual([...Object.keys(options), ...Object.keys(otherwise)].sort())
  })
})
