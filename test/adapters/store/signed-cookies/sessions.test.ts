import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { checkSettings } from "../../../../src/adapters/api/options/settings.ts"
import { CookieTooLarge, signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Session from "../../../../src/core/session/value/session.ts"
import { loadedBy } from "../../../../src/core/session/writing/load-session.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { makeSigner } from "../../../../src/core/signing/timestamp-signer.ts"
import { recordCases } from "../../../corpus/recording.ts"
import signedTexts from "../../../corpus/signed.json" with { type: "json" }
import vectors from "../../../vectors/signed_cookie_sessions.json" with { type: "json" }
import { application, browser } from "../../request/site.ts"

const secretKey = "test-secret-key-0123456789-0123456789-0123456789"
const NOW = Date.UTC(2026, 0, 2)
const expiresAt = NOW + 1_209_600_000
const key = (text: string): Key.SessionKey => {
  const parsed = Key.parse(text)
  if (parsed === undefined) throw new Error("no key")
  return parsed
}

const fresh = { sessionKey: key("f".repeat(32)), csrfSecret: "s".repeat(32), csrfMask: "m".repeat(32) }

describe("sessions in signed cookies", () => {
  it.each(vectors.data)("are read as Django reads them: $label", async (row) => {
    const ageSeconds = row.settings.SESSION_COOKIE_AGE ?? 1_209_600
    const store = signedCookieSessions({ cookieAgeSeconds: ageSeconds })
    const { session } = checkSettings({ secretKey, sessionCookie: { ageSeconds } }, new Map([["b", "b"]]), store).auth
    const presented = Session.fromCookie(key(row.value))
    const answer = await Effect.runPromise(store.load(key(row.value), row.now * 1000))
    const { session: loaded } = loadedBy(session, presented, answer, { now: row.now * 1000, fresh })
    expect(Object.fromEntries(Data.values(loaded.data))).toEqual("a" in row.data ? { a: String(row.data.a) } : {})
    expect(loaded.key === row.value).toBe(row.key_kept)
    expect(Session.isEmpty(loaded)).toBe(row.is_empty)
    expect(loaded.modified).toBe(row.modified)
  })

  const store = signedCookieSessions()
  const { codec } = checkSettings({ secretKey }, new Map([["b", "b"]]), store).auth.session
  const load = (text: string, now = NOW) => Effect.runPromise(store.load(key(text), now))
  const textOf = (...data: ReadonlyArray<readonly [string, unknown]>): string => codec.encode(dataOf(...data), NOW)
  const dataOf = (...data: ReadonlyArray<readonly [string, unknown]>) => {
    const signed = makeSigner({
      secret: secretKey,
      fallbacks: [],
      salt: "django.contrib.sessions.backends.signed_cookies"
    })
    const json = JSON.stringify(Object.fromEntries(data))
    const decoded = codec.decode(signed.sign(Buffer.from(json).toString("base64url"), NOW))
    if (decoded._tag !== "Decoded") throw new Error(decoded._tag)
    return decoded.data
  }

  it("have their text as their key, and each write replaces both", async () => {
    const [one, two] = [textOf(["a", 1]), textOf(["a", 2])]
    const insert = { _tag: "Insert", key: key("drawnkey"), text: one, expiresAt } as const
    expect(await Effect.runPromise(store.commit(insert, NOW))).toEqual({ _tag: "Committed", key: one, text: one })
    const update = { _tag: "Update", key: key(one), was: one, text: two, expiresAt } as const
    expect(await Effect.runPromise(store.commit(update, NOW))).toEqual({ _tag: "Committed", key: two, text: two })
    expect(await load(two)).toEqual({ _tag: "SessionFound", text: two, prefetched: undefined })
  })
  it("end when they are older than the cookie's age, to the second, also if the session has a later expiry", async () => {
    const text = textOf(["_session_expiry", "2030-01-01T00:00:00+00:00"])
    expect(await load(text, expiresAt)).toEqual({ _tag: "SessionFound", text, prefetched: undefined })
    const late = await load(text, expiresAt + 1)
    expect(codec.decode(late._tag === "SessionFound" ? late.text : "?")).toEqual({ _tag: "Malformed" })
  })
  it("are signed with another salt than the sessions of other stores", async () => {
    const other = checkSettings({ secretKey }, new Map([["b", "b"]])).auth.session.codec
    expect(codec.decode(other.encode(dataOf(["a", 1]), NOW))).toEqual({ _tag: "BadSignature" })
  })
  it.each([
    "::::::::",
    "aaaaaaaa",
    "eyJuIjoxfQ::LyRElRGXs2lvRLWcorKoybE5hY4thTI66tDxluAjeQ0",
    "a:".repeat(20_000)
  ])("cannot be read from an invalid text: %#", async (text) => {
    const answer = await load(text)
    expect(codec.decode(answer._tag === "SessionFound" ? answer.text : "?")._tag).toMatch(/BadSignature|Malformed/)
  })
  const cases = recordCases()
  const large = signedTexts.filter(({ id }) => id === "B095")
  cases.each("store", large)(
    "are refused before a header is sent when a browser would not store the cookie ($id)",
    async () => {
      const app = await application({ sessions: store })
      const user = browser(app)
      await user.visit(({ session }) => session.set("a", 1))
      const before = user.cookies.get("sessionid")
      const large = ({ session }: Parameters<Parameters<typeof user.visit>[0]>[0]) =>
        session.set("noise", randomBytes(3000).toString("base64"))
      await expect((async () => user.visit(large))()).rejects.toBeInstanceOf(CookieTooLarge)
      expect(user.cookies.get("sessionid")).toBe(before)
    }
  )
  cases.each(
    "store",
    signedTexts.filter(({ id }) => id === "B073")
  )("end when they are too old: $expect ($id)", async ({ input }) => {
    const secrets = { secretKey: "k".repeat(50), secretKeyFallbacks: ["old".repeat(20)] }
    const { codec } = checkSettings(secrets, new Map([["b", "b"]]), store).auth.session
    const at = async (now: number) => {
      const answer = await load(input, now)
      return codec.decode(answer._tag === "SessionFound" ? answer.text : "?")._tag
    }
    const now = Date.UTC(2026, 0, 1, 0, 0, 10)
    expect([await at(now - 12_000), await at(now)]).toEqual(["Decoded", "Malformed"])
  })
  cases.isComplete("store", ["B073", "B095"])
  it("may have 4096 bytes together with the cookie's name", () => {
    const data = dataOf(["k", randomBytes(2000).toString("base64")])
    const { length } = codec.encode(data, NOW)
    const named = (bytes: number) =>
      checkSettings({ secretKey, sessionCookie: { name: "s".repeat(bytes) } }, new Map([["b", "b"]]), store).auth
        .session.codec
    expect(named(4096 - length).encode(data, NOW)).toHaveLength(length)
    expect(() => named(4097 - length).encode(data, NOW)).toThrow(CookieTooLarge)
  })

  describe("in an application", () => {
    it("are replaced by an empty session when they cannot be read", async () => {
      const user = browser(
        await application({ sessions: signedCookieSessions() }),
        new Map([["sessionid", "forged:x:y"]])
      )
      await user.visit(async ({ session }) => expect(await session.get("a")).toBeUndefined())
      expect(user.cookies.get("sessionid")).toMatch(/^e30:/)
    })
    it("carry a login from request to request", async () => {
      const user = browser(await application({ sessions: signedCookieSessions() }))
      await user.visit(async ({ authenticate, login }) => {
        const alice = await authenticate({ username: "alice", password: "alice's" })
        if (alice !== undefined) await login(alice)
      })
      expect(user.cookies.get("sessionid")).toMatch(/^[\w.-]+:[\w-]+:[\w-]{43}$/)
      await user.visit(async ({ getUser }) => expect(await getUser()).toMatchObject({ username: "alice" }))
      await user.visit(({ logout }) => logout())
      expect(user.cookies.has("sessionid")).toBe(false)
    })
    it("are refused when their age differs from that of the cookies", async () => {
      await expect(application({ sessions: signedCookieSessions({ cookieAgeSeconds: 60 }) })).rejects.toMatchObject({
        _tag: "ConfigurationInvalid"
      })
    })
  })

  describe("do not promise what other stores promise:", () => {
    it("their capabilities atomicSwap, merges and revokes are false", () => {
      expect(store.capabilities).toEqual({ atomicSwap: false, merges: false, revokes: false, sharedWithDjango: true })
    })
    it("a copy of the cookie is still logged in after the logout", async () => {
      const app = await application({ sessions: signedCookieSessions() })
      const user = browser(app)
      await user.visit(async ({ authenticate, login }) => {
        const alice = await authenticate({ username: "alice", password: "alice's" })
        if (alice !== undefined) await login(alice)
      })
      const thief = browser(app, new Map(user.cookies))
      await user.visit(({ logout }) => logout())
      await thief.visit(async ({ getUser }) => expect(await getUser()).toMatchObject({ username: "alice" }))
    })
    it("a copy of the cookie is logged out by a change of the password", async () => {
      const app = await application({ sessions: signedCookieSessions() })
      const user = browser(app)
      await user.visit(async ({ authenticate, login }) => {
        const alice = await authenticate({ username: "alice", password: "alice's" })
        if (alice === undefined) throw new Error("unknown")
        await login(alice)
        await app.auth.setPassword(alice, "another")
      })
      await user.visit(async ({ getUser }) => expect(await getUser()).toBeUndefined())
    })
    it("of two requests in parallel, one loses what it wrote", async () => {
      const app = await application({ sessions: signedCookieSessions() })
      const user = browser(app)
      await user.visit(({ session }) => session.set("a", 1))
      const other = browser(app, new Map(user.cookies))
      await user.visit(({ session }) => session.set("b", 1))
      await other.visit(({ session }) => session.set("c", 1))
      await other.visit(async ({ session }) => {
        expect([await session.get("a"), await session.get("b"), await session.get("c")]).toEqual([1, undefined, 1])
      })
    })
    it("the session from before a renewal stays valid beside the new one", async () => {
      const app = await application({ sessions: signedCookieSessions() })
      const user = browser(app)
      await user.visit(({ session }) => session.set("a", 1))
      const before = browser(app, new Map(user.cookies))
      await user.visit(({ session }) => session.cycleKey())
      for (const one of [user, before]) await one.visit(async ({ session }) => expect(await session.get("a")).toBe(1))
    })
  })
})
