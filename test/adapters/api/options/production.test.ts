import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { checkSettings } from "../../../../src/adapters/api/options/settings.ts"
import type { SettingsOptions } from "../../../../src/adapters/api/options/settings-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { md5 } from "../../../../src/adapters/password/hashers/md5-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"

const STRONG = "kX3v-9QfLw2_rT8zPb5-nY7cJd0_sGh4mVa1"

const stores = memory()
const start = (options: Partial<SettingsOptions> = {}) =>
  createAuth({
    secretKey: STRONG,
    sessions: stores.sessions,
    backends: { model: modelBackend(stores.users) },
    ...options
  })

/** The text printed at the start, and the problems for which the settings were refused. */
const outcome = (options: Partial<SettingsOptions> = {}) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
  try {
    start(options)
    return { warnings: warn.mock.calls.map(([text]) => String(text)), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigurationInvalid)) throw error
    return { warnings: [], problems: error.problems }
  } finally {
    warn.mockRestore()
  }
}

const safe = {
  allowedHosts: ["shop.example"],
  sessionCookie: { secure: true },
  csrfCookie: { secure: true }
} as const

describe("in production", () => {
  beforeEach(() => vi.stubEnv("NODE_ENV", "production"))
  afterEach(() => vi.unstubAllEnvs())

  it("safe settings cause no warning at the start", () => {
    expect(outcome(safe)).toEqual({ warnings: [], problems: [] })
  })

  it("no host is allowed by default", () => {
    expect(checkSettings({ secretKey: STRONG }, new Map([["b", "b"]])).http.allowedHosts).toEqual([])
  })

  it.each([
    "hush",
    STRONG.slice(0, 31),
    "a".repeat(64),
    "abababababababababababababababababababab",
    "changeme-changeme-changeme-changeme",
    "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME",
    "django-insecure-k8s#1w0!v$7@zq4e6x2c9n5b3m",
    "your-secret-key-with-at-least-32-characters",
    "complex_password_at_least_32_characters_long",
    "keyboard cat keyboard cat keyboard cat",
    "your-256-bit-secret-your-256-bit-secret",
    "SECRET_KEY_SECRET_KEY_SECRET_KEY_SECRET_KEY",
    "process.env.SECRET_KEY process.env.SECRET_KEY",
    "12345678901234567890123456789012345678901234567890",
    "abcdefghijklmnopqrstuvwxyz0123456789"
  ])("the secret key %j is refused, and not quoted", (secretKey) => {
    const { problems } = outcome({ ...safe, secretKey })
    expect(problems).toEqual([expect.stringMatching(/^secretKey (has|is)/)])
    expect(problems.join()).not.toContain(secretKey)
    expect(outcome({ ...safe, secretKeyFallbacks: [secretKey] }).problems).toEqual([
      expect.stringMatching(/^secretKeyFallbacks: one of them (has|is)/)
    ])
  })

  it("a random key of Django's startproject is taken, with a warning: the site may live from it", () => {
    const key = `django-insecure-${STRONG}`
    for (const options of [{ secretKey: key }, { secretKeyFallbacks: [key] }]) {
      const { problems, warnings } = outcome({ ...safe, ...options })
      expect(problems).toEqual([])
      expect(warnings).toEqual([expect.stringContaining("begins with django-insecure-")])
      expect(warnings.join()).not.toContain(STRONG)
    }
    expect(outcome({ ...safe, secretKey: `django-insecure-${"changeme".repeat(6)}` }).problems).toEqual([
      expect.stringMatching(/^secretKey is a placeholder/)
    ])
  })

  it("each unsafe setting causes one warning that names it", () => {
    const named = (options: Partial<SettingsOptions>) =>
      outcome({ ...safe, ...options }).warnings.map((text) => text.split(" ", 2)[1])
    expect(named({ sessionCookie: {} })).toEqual(["sessionCookie.secure"])
    expect(named({ csrfCookie: {} })).toEqual(["csrfCookie.secure"])
    expect(named({ allowedHosts: ["*"] })).toEqual(["allowedHosts"])
    expect(named({ allowedHosts: [] })).toEqual(["allowedHosts"])
    expect(outcome().warnings).toHaveLength(3)
    expect(outcome({ csrfUseSessions: true, sessionCookie: { secure: true }, allowedHosts: ["a.example"] })).toEqual({
      warnings: [],
      problems: []
    })
  })
})

describe("a hasher for tests", () => {
  it("causes a warning in production only", () => {
    const named = () => outcome({ ...safe, ...{ hashers: [md5()] } }).warnings
    expect(named()).toEqual([])
    vi.stubEnv("NODE_ENV", "production")
    expect(named()).toEqual([expect.stringContaining("hashers: md5 is only for tests")])
    vi.unstubAllEnvs()
  })
})

describe("in development", () => {
  it("short keys, any host and cookies for http cause no warning", () => {
    expect(outcome({ secretKey: "s", allowedHosts: ["*"] })).toEqual({ warnings: [], problems: [] })
    expect(outcome({ secretKey: "changeme" })).toEqual({ warnings: [], problems: [] })
  })
})
