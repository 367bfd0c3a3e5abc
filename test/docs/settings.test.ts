/** docs/settings.md is made from the table of settings, and the table has the defaults that latchkey uses. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { settingsPage } from "../../scripts/settings/page.ts"
import { settings } from "../../scripts/settings/settings-table.ts"
import { checkSettings } from "../../src/adapters/api/options/settings.ts"

const root = join(import.meta.dirname, "..", "..")
const realms = new Map([["model", "model"]])

/** What latchkey makes of the settings. Functions (codecs, hashes, tokens) are compared by what they make. */
const checked = (options: object): unknown => {
  const all = checkSettings({ secretKey: "secret", ...options }, realms, {}, true)
  const now = 1_700_000_000_000
  const user = { id: "1", password: "encoded", lastLoginAt: null, email: null }
  const time = { now, offsetSeconds: 0 }
  const old = { now: now + 259_201_000, offsetSeconds: 0 }
  const token = all.passwordReset.tokens.make(user, time)
  const { signUp } = all.passwordReset.links
  const link = signUp.make({ username: "carol", email: "carol@example.com", password: "encoded" }, now)
  const { codec, ...session } = all.auth.session
  const text = codec.encode(new Map(), now)
  return {
    ...all,
    auth: { ...all.auth, session, authHashes: all.auth.authHashes("encoded") },
    codec: text,
    passwordReset: {
      ...all.passwordReset,
      tokens: [token, all.passwordReset.tokens.check(user, token, old)],
      links: [link, signUp.check("carol", link, old.now)]
    }
  }
}

/** `a.b` with a value: `{ a: { b: value } }`. */
const optionsOf = (name: string, value: unknown): object => {
  const [group = "", part] = name.split(".")
  if (part === undefined) return { [group]: value }
  return { [group]: { ...(group === "remoteUser" ? { header: "X-Remote-User" } : {}), [part]: value } }
}

describe("docs/settings.md", () => {
  it("is made from the table of settings", () => {
    expect(readFileSync(join(root, "docs", "settings.md"), "utf8")).toBe(settingsPage())
  })
})

describe("the table of settings", () => {
  for (const [name, { standard }] of Object.entries(settings)) {
    if (standard === undefined) continue
    it(`has the default of ${name}`, () => {
      const [group = "", part] = name.split(".")
      const without = group === "remoteUser" && part !== undefined ? { remoteUser: { header: "X-Remote-User" } } : {}
      expect(checked(optionsOf(name, standard))).toEqual(checked(without))
    })
  }

  it("notices a default that differs", () => {
    expect(checked(optionsOf("loginUrl", "/login/"))).not.toEqual(checked({}))
    expect(checked(optionsOf("sessionSalt", "other"))).not.toEqual(checked({}))
    expect(checked(optionsOf("passwordResetTimeoutSeconds", 259_201))).not.toEqual(checked({}))
  })
})
