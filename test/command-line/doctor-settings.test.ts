/** What `latchkey doctor` finds in settings, and how the command shows it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { SettingsOptions } from "../../src/adapters/api/options/settings-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { findings } from "../../src/adapters/cli/doctor/findings.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory, memoryThrottle } from "../../src/adapters/store/memory.ts"
import { latchkey } from "../rig/command.ts"

const secretKey = "j2-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-settings"
const sound = {
  secretKey,
  sessionCookie: { secure: true },
  csrfCookie: { secure: true },
  allowedHosts: ["shop.example"]
} satisfies SettingsOptions

const diagnose = async (options: SettingsOptions) => {
  const { sessions, users } = memory()
  const hashers = [pbkdf2Sha256({ iterations: 1 })] as const
  const throttle = { store: memoryThrottle() }
  const auth = createAuth({
    ...{ ...options, sessions, backends: { model: modelBackend(users) }, hashers, throttle },
    clientAddress: () => "192.0.2.1"
  })
  return auth.diagnose()
}
const found = async (options: SettingsOptions) =>
  findings(await diagnose(options)).map(({ code, confidence, severity }) => [code, severity, confidence])

describe("doctor, on settings", () => {
  afterEach(() => vi.unstubAllEnvs())

  it("finds nothing in sound settings", async () => {
    expect(await found(sound)).toEqual([])
  })

  it.each<[string, SettingsOptions, string, string]>([
    ["a short secret", { ...sound, secretKey: "short" }, "settings.weak-secret", "can log in as any user"],
    [
      "a well-known fallback",
      { ...sound, secretKeyFallbacks: [`django-insecure-${secretKey}`] },
      "settings.weak-secret",
      "can log in as any user"
    ],
    [
      "a session cookie without encryption",
      { ...sound, sessionCookie: {} },
      "settings.sessionCookie",
      "takes over the user's session"
    ],
    ["a CSRF cookie without encryption", { ...sound, csrfCookie: {} }, "settings.csrfCookie", "in the user's name"],
    ["every host", { ...sound, allowedHosts: ["*"] }, "settings.allowedHosts", "gives away its token"],
    ["no host", { ...sound, allowedHosts: [] }, "settings.allowedHosts", "users cannot log in"]
  ])("finds %s, says what happens to users, and notes it before production", async (_, options, code, effect) => {
    expect(await found(options)).toEqual([[code, "note", "possible"]])
    expect(findings(await diagnose(options)).map((finding) => finding.effect)).toEqual([
      expect.stringContaining(effect)
    ])
  })

  it("warns in production", async () => {
    vi.stubEnv("NODE_ENV", "production")
    vi.spyOn(console, "warn").mockImplementation(() => {})
    expect(await found({ ...sound, sessionCookie: {} })).toEqual([["settings.sessionCookie", "warning", "certain"]])
  })

  it("warns in production of a key that startproject made, with which the application starts", async () => {
    vi.stubEnv("NODE_ENV", "production")
    vi.spyOn(console, "warn").mockImplementation(() => {})
    expect(await found({ ...sound, secretKey: `django-insecure-${secretKey}` })).toEqual([
      ["settings.weak-secret", "warning", "certain"]
    ])
  })

  it("has an error in production for a key that can be guessed, with any text", async () => {
    const diagnosis = { ...(await diagnose(sound)), isProduction: true }
    const secretKeys = { problems: ["secretKey: a text; advice"], warnings: ["secretKey: another text; advice"] }
    const severities = findings({ ...diagnosis, secretKeys }).map(({ code, severity }) => [code, severity])
    expect(severities).toEqual([
      ["settings.weak-secret", "error"],
      ["settings.weak-secret", "warning"]
    ])
  })

  it("says that device-bound sessions are only observed", async () => {
    const observed = { ...sound, secureProxyHeader: ["X-Forwarded-Proto", "https"] as const }
    expect(await found({ ...observed, deviceBound: { mode: "observe" } })).toEqual([
      ["device-bound.observe", "note", "certain"]
    ])
    expect(await found({ ...observed, deviceBound: { mode: "enforce" } })).toEqual([])
  })

  it("says that a proxy without its header would bind no session", async () => {
    const options = { ...sound, deviceBound: { mode: "enforce" } } satisfies SettingsOptions
    expect(await found(options)).toEqual([["device-bound.http", "note", "possible"]])
    vi.stubEnv("NODE_ENV", "production")
    expect(await found(options)).toEqual([["device-bound.http", "warning", "possible"]])
  })

  it("says that enforcing needs djangoChecks, if a Django site could read the sessions", async () => {
    const diagnosis = await diagnose({
      ...{ ...sound, secureProxyHeader: ["X-Forwarded-Proto", "https"] },
      deviceBound: { mode: "observe" }
    })
    const codes = (facts: Partial<NonNullable<typeof diagnosis.deviceBound>>) =>
      findings({
        ...diagnosis,
        deviceBound: diagnosis.deviceBound && { ...diagnosis.deviceBound, ...facts }
      }).map(({ code }) => code)
    expect(codes({ isSharedWithDjango: true })).toEqual(["device-bound.django", "device-bound.observe"])
    expect(codes({ isSharedWithDjango: true, djangoChecks: false })).toEqual(["device-bound.observe"])
    expect(codes({ isSharedWithDjango: false })).toEqual(["device-bound.observe"])
  })

  it("shows no secret", async () => {
    const diagnosis = await diagnose({ ...sound, secretKey: "short-secret", secretKeyFallbacks: ["other-secret"] })
    expect(JSON.stringify([diagnosis, findings(diagnosis)])).not.toMatch(/short-secret|other-secret/)
  })
})

describe("npx latchkey doctor", () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-doctor-"))
  const write = (name: string, settings: string) =>
    writeFileSync(
      join(folder, name),
      `import { createAuth, modelBackend } from "latchkey"
      import { memory, memoryThrottle } from "latchkey/memory"
      const store = memory()
      export const auth = createAuth({ ${settings}, sessions: store.sessions, backends: { m: modelBackend(store.users) },
        throttle: { store: memoryThrottle() } })`
    )
  const run = (...args: ReadonlyArray<string>) => latchkey(["doctor", ...args], { cwd: folder })
  beforeAll(() => {
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(join(import.meta.dirname, "../.."), join(folder, "node_modules", "latchkey"))
    write("auth.ts", JSON.stringify(sound).slice(1, -1))
    write("weak.ts", JSON.stringify({ ...sound, secretKey: "short" }).slice(1, -1))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it("says that there is nothing to report", async () => {
    expect(await run()).toEqual({ code: 0, stdout: "auth.ts: nothing to report\n", stderr: "" })
    expect((await run("--json")).stdout).toBe('{"findings":[]}\n')
  })

  it("says what is wrong, what happens to users, what to do, and how sure that is", async () => {
    const { code, stdout } = await run("--config", "weak.ts")
    expect(code).toBe(0)
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^note: secretKey has fewer than 32 characters.* \[settings\.weak-secret\]$/),
      "  what happens to users: an attacker who guesses the key can log in as any user (possible)",
      expect.stringContaining("  what to do: write 50 random characters"),
      ""
    ])
  })

  it.each<[string, string, string, RegExp, RegExp]>([
    [
      "None without encryption",
      "sessionCookie: { sameSite: 'None' }",
      "sessionCookie.sameSite",
      /None without secure/,
      /secure: true/
    ],
    [
      "a prefix without encryption",
      "csrfCookie: { name: '__Host-csrf' }",
      "csrfCookie.name",
      /prefix __Host-/,
      /correct/
    ],
    [
      "a domain without an allowed host",
      "sessionCookie: { domain: 'shop.example' }, allowedHosts: ['www.example']",
      "sessionCookie.domain",
      /no host of allowedHosts is in this domain/,
      /write a domain that contains one of them/
    ],
    [
      "one name for two cookies",
      "csrfCookie: { name: 'sessionid' }",
      "sessionCookie.name",
      /are the same/,
      /two different/
    ],
    [
      "partitioned without its conditions",
      "sessionCookie: { partitioned: true }",
      "sessionCookie.partitioned",
      /only with/,
      /both/
    ]
  ])("reports cookie settings that createAuth refuses: %s", async (name, settings, setting, problem, remedy) => {
    const file = `${name.replaceAll(" ", "-")}.ts`
    write(file, `secretKey: "${secretKey}", ${settings}`)
    const { code, stderr, stdout } = await run("--config", file, "--json")
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('"message":"1 error"') })
    const [finding, ...more] = JSON.parse(stdout).findings
    expect(more).toEqual([])
    expect(finding).toMatchObject({ code: "start.refused", severity: "error", confidence: "certain" })
    expect(finding.problem.startsWith(setting)).toBe(true)
    expect(finding.problem).toMatch(problem)
    expect(finding.remedy).toMatch(remedy)
  })

  it("reports each of several refused settings, also of a store and of a function, without a stack trace", async () => {
    writeFileSync(
      join(folder, "refused.ts"),
      `import { createAuth, modelBackend } from "latchkey"
      import { memory } from "latchkey/memory"
      const store = memory()
      export const auth = () => createAuth({ secretKey: "", sessions: store.sessions, backends: { m: modelBackend(store.users) },
        sessionCookie: { sameSite: "None", path: "shop" } })`
    )
    const { code, stderr, stdout } = await run("--config", "refused.ts")
    expect({ code, stderr }).toEqual({ code: 1, stderr: "latchkey: 3 errors\n" })
    expect(stdout.match(/^error: .*\[start\.refused\]$/gm)).toHaveLength(3)
    expect(stdout).toContain("  what happens to users: the application does not start with these settings (certain)\n")
    expect(stdout).not.toMatch(/\n\s+at /)
  })

  it("fails if there is an error", async () => {
    const { code, stderr, stdout } = await latchkey(["doctor", "--database-url", "postgres://x@127.0.0.1:1/x"], {
      cwd: folder
    })
    expect(code).toBe(1)
    expect(stdout).toContain("error: PostgreSQL does not answer (ECONNREFUSED")
    expect(stderr).toContain("1 error")
  })
})
