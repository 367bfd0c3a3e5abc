/** The explanation of a session says what a request with it would do. */
import * as Effect from "effect/Effect"
import { beforeEach, describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import type { ExplainedRule } from "../../../src/core/auth/sessions/explained-steps.ts"
import * as JsonText from "../../../src/core/json/json-text.ts"
import * as SessionKey from "../../../src/core/session-key.ts"

const NOW = Date.UTC(2026, 0, 1)
const backend = "django.contrib.auth.backends.ModelBackend"

const make = () => {
  const store = memory()
  const clock = { now: NOW }
  const authWith = (
    options: {
      readonly secretKey?: string
      readonly fallbacks?: ReadonlyArray<string>
      readonly backend?: string
      readonly maximum?: number
    } = {}
  ) =>
    createAuth({
      secretKey: options.secretKey ?? "the-first-key",
      secretKeyFallbacks: options.fallbacks ?? [],
      ...(options.maximum === undefined ? {} : { maximumSessionBytes: options.maximum }),
      sessions: store.sessions,
      backends: { [options.backend ?? backend]: modelBackend(store.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      clockAndRandom: { now: () => clock.now }
    })
  return { store, clock, authWith, auth: authWith() }
}

const headOf = (cookie: string) => ({
  method: "GET",
  target: "/",
  headers: [["Cookie", cookie]] as const,
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

describe("explainSession", () => {
  let site: ReturnType<typeof make>
  let alice: NonNullable<Awaited<ReturnType<typeof site.auth.createUser>>>
  let key: string
  beforeEach(async () => {
    site = make()
    const created = await site.auth.createUser({ username: "alice", password: "first" })
    if (created === undefined) throw new Error("no user")
    alice = created
    const request = site.auth.open(headOf(""))
    await request.context.login(alice)
    await request.context.session.set("cart", [1, 2])
    await request.context.getCsrfToken()
    await request.respond(200)
    key = request.context.session.key() ?? ""
  })

  const text = (): string => {
    const parsed = SessionKey.parse(key)
    if (parsed === undefined) throw new Error("no key")
    const answer = Effect.runSync(site.store.sessions.load(parsed, NOW))
    if (answer._tag !== "SessionFound") throw new Error("no session")
    return answer.text
  }

  /** Explains a cookie, compares with what a request does, and that nothing was written. */
  const rules = async (cookies = `sessionid=${key}`, auth = site.auth): Promise<ReadonlyArray<ExplainedRule>> => {
    const rows = JSON.stringify([...site.store.sessions.rows])
    const explained = await auth.explainSession({ cookies })
    expect(JSON.stringify([...site.store.sessions.rows])).toBe(rows)
    expect(JSON.stringify(explained.steps)).not.toContain(key)
    const user = await auth.reader(headOf(cookies)).getUser()
    expect(explained.user).toEqual(user)
    expect(explained.steps.at(-1)?.rule).toBe(user === undefined ? "Anonymous" : "LoggedIn")
    return explained.steps.map(({ rule }) => rule)
  }

  it("follows a login", async () => {
    expect(await rules()).toEqual([
      "KeyGiven",
      "RowFound",
      "Decoded",
      "UserNamed",
      "UserFound",
      "HashCurrent",
      "LoggedIn"
    ])
  })

  it("shows the values without hashes and tokens, and when the session expires", async () => {
    const { session } = await site.auth.explainSession({ sessionKey: key })
    expect(session?.expiresAt).toBe(NOW + 1_209_600_000)
    expect(Object.fromEntries(session?.values ?? [])).toEqual({
      _auth_user_id: '"1"',
      _auth_user_backend: `"${backend}"`,
      _auth_user_hash: undefined,
      cart: "[1,2]"
    })
  })

  it("explains a text without asking the store", async () => {
    const stored = text()
    const { steps, user } = await make().auth.explainSession({ sessionText: stored })
    expect(user).toBeUndefined()
    expect(steps.map(({ rule }) => rule)).toEqual([
      "TextGiven",
      "RowFound",
      "Decoded",
      "UserNamed",
      "UserMissing",
      "Anonymous"
    ])
    expect((await site.auth.explainSession({ sessionText: stored })).user).toMatchObject({ username: "alice" })
  })

  it.each<readonly [string, ExplainedRule]>([
    ["", "NoCookie"],
    ["csrftoken=abc", "NoCookie"],
    ["sessionid=short", "KeyTooShort"],
    ["sessionid=", "KeyTooShort"],
    ["sessionid=anotherkeyofnosession", "NoRow"]
  ])("says why %j is anonymous", async (cookies, rule) => {
    expect(await rules(cookies)).toContain(rule)
  })

  it("knows which of several cookies counts", async () => {
    expect(await rules(`sessionid=anotherkeyofnosession; sessionid=${key}`)).toContain("LoggedIn")
    expect(await rules(`sessionid=${key}; sessionid=anotherkeyofnosession`)).toEqual([
      "CookieRepeated",
      "KeyGiven",
      "NoRow",
      "Anonymous"
    ])
  })

  it("knows an expired session", async () => {
    site.clock.now += 1_209_600_001
    expect(await rules()).toContain("RowExpired")
  })

  it("knows a session after a logout", async () => {
    const request = site.auth.open(headOf(`sessionid=${key}`))
    await request.context.logout()
    await request.respond(200)
    expect(await rules()).toContain("NoRow")
  })

  it("knows a changed password", async () => {
    await site.auth.setPassword(alice, "second")
    expect(await rules()).toContain("HashWrong")
  })

  it("knows an inactive and a deleted user", async () => {
    await site.auth.setActive(alice, false)
    expect(await rules()).toContain("UserInactive")
    await site.auth.deleteUser(alice)
    expect(await rules()).toContain("UserMissing")
  })

  it("knows another secret key, with and without fallback", async () => {
    expect(await rules(undefined, site.authWith({ secretKey: "the-second-key" }))).toContain("BadSignature")
    expect(
      await rules(undefined, site.authWith({ secretKey: "the-second-key", fallbacks: ["the-first-key"] }))
    ).toEqual(expect.arrayContaining(["HashOfOlderKey", "LoggedIn"]))
  })

  it("knows a backend that is not in use", async () => {
    expect(await rules(undefined, site.authWith({ backend: "another.Backend" }))).toContain("BackendNotInUse")
  })

  it("knows a session without a user", async () => {
    const request = site.auth.open(headOf(""))
    await request.context.session.set("cart", [])
    await request.respond(200)
    expect(await rules(`sessionid=${request.context.session.key()}`)).toContain("NoUserInSession")
  })

  it("knows incomplete identities", async () => {
    const request = site.auth.open(headOf(`sessionid=${key}`))
    await request.context.session.delete("_auth_user_hash")
    await request.respond(200)
    expect(await rules()).toContain("HashMissing")
    const other = site.auth.open(headOf(""))
    await other.context.session.raw.update(new Map([["_auth_user_id", JsonText.write("1")]]))
    await other.respond(200)
    expect(await rules(`sessionid=${other.context.session.key()}`)).toContain("IdentityIncomplete")
  })

  it("knows a session over the limit, for which a request is a 503", async () => {
    const request = site.auth.open(headOf(`sessionid=${key}`))
    await request.context.session.set("long", "a".repeat(2000))
    await request.respond(200)
    const strict = site.authWith({ maximum: 1024 })
    const { steps, user } = await strict.explainSession({ sessionKey: key })
    expect(user).toBeUndefined()
    expect(steps.map(({ rule }) => rule)).toContain("TooLarge")
    await expect(strict.reader(headOf(`sessionid=${key}`)).getUser()).rejects.toThrow("maximumSessionBytes")
  })
})
