import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/sessions/json-codec.ts"
import { redisSessions } from "../../../../src/adapters/store/redis.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { recordCases } from "../../../corpus/recording.ts"
import corpus from "../../../corpus/store.json" with { type: "json" }
import { patientRedis } from "../../../rig/patience.ts"
import { type RedisServer, startServer } from "../../../rig/redis-server.ts"
import { redisKinds, service } from "../../../rig/services.ts"
import { carriesALogin } from "../carried-login.ts"
import { freshKey } from "../session-calls.ts"
import { sessionStoreContract } from "../session-store-contract.ts"
import { userSessionStoreContract } from "../user-sessions-contract.ts"

const NOW = Date.UTC(2026, 0, 2)
const LATER = NOW + 86_400_000

describe.skipIf(!service("redis").available).each(redisKinds())("on one server of %s", (kind) => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startServer(kind)
  })
  afterAll(() => server?.stop())

  sessionStoreContract("one Redis", async () => {
    const store = redisSessions({ ...patientRedis, url: server.url })
    return { store, close: store.close, expiredVanish: true }
  })

  const recording = async () => {
    const store = redisSessions({ ...patientRedis, url: server.url, userSessions: true })
    return { store, close: store.close, expiredVanish: true }
  }
  sessionStoreContract("one Redis that records the sessions of users", recording)
  userSessionStoreContract("one Redis", recording)

  describe("a session", () => {
    let store: ReturnType<typeof redisSessions>
    beforeAll(() => {
      store = redisSessions({ ...patientRedis, url: server.url })
    })
    afterAll(() => store?.close())
    const commit = (change: SessionChange) => Effect.runPromise(store.commit(change, NOW))
    const load = (key: Key.SessionKey) => Effect.runPromise(store.load(key, NOW))
    const nameOf = (key: Key.SessionKey) => `:1:django.contrib.sessions.cache${key}`

    it("has the key of Django's cache engine, and Redis removes it when it expires", async () => {
      const key = freshKey()
      await commit({ _tag: "Insert", key, text: '{"a":1}', expiresAt: LATER })
      expect(await server.ask("GET", nameOf(key))).toBe('{"a":1}')
      const left = Number(await server.ask("PTTL", nameOf(key)))
      expect(left).toBeLessThanOrEqual(LATER - NOW)
      expect(left).toBeGreaterThan(LATER - NOW - 10_000)
    })
    it("has the database, prefix and version of the options", async () => {
      const other = redisSessions({
        ...patientRedis,
        url: `${server.url}/3`,
        keyPrefix: "shop",
        version: 2,
        sessionPrefix: "s"
      })
      const key = freshKey()
      await Effect.runPromise(other.commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER }, NOW))
      await other.close()
      await server.ask("SELECT", "3")
      expect(await server.ask("EXISTS", `shop:2:s${key}`)).toBe(1)
      await server.ask("SELECT", "0")
    })
    it("may expire in the year 9999", async () => {
      const key = freshKey()
      const expiresAt = Date.UTC(9999, 11, 31)
      await commit({ _tag: "Insert", key, text: "{}", expiresAt })
      expect(Number(await server.ask("PTTL", nameOf(key)))).toBeGreaterThan(expiresAt - NOW - 10_000)
    })
    it("is only looked up under keys that Django could have created", async () => {
      for (const text of [
        "********",
        "\0\0\0\0\0\0\0\0",
        "ａａａａａａａａ",
        "{a}{b}{c}",
        "a\r\nGET b\r\n",
        "SESSIONKEY",
        "\ud800aaaaaaaa"
      ]) {
        const key = Key.parse(text)!
        expect(await commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER })).toEqual({ _tag: "KeyTaken" })
        expect(await load(key)).toEqual({ _tag: "SessionAbsent" })
        expect(await commit({ _tag: "Delete", key })).toEqual({ _tag: "Deleted" })
      }
    })

    carriesALogin(() => store)
    const codec = makeJsonCodec({})
    const pickle = Buffer.from("80049509000000000000007d948c0161944b01732e", "hex")
    const cases = recordCases()
    const pickled = corpus.filter(({ id }) => id === "B487")
    cases.each("store", pickled)("that Django pickled cannot be read, and can be overwritten ($id)", async () => {
      const key = freshKey()
      const name = nameOf(key)
      await server.ask("EVAL", `redis.call('SET', KEYS[1], '${luaBytes(pickle)}') return 1`, "1", name)
      const found = await load(key)
      if (found._tag !== "SessionFound") throw new Error("absent")
      expect(Buffer.from(found.text, "latin1")).toEqual(pickle)
      expect(codec.decode(found.text)).toEqual({ _tag: "Malformed" })
      const update = { _tag: "Update", key, was: found.text, text: "{}", expiresAt: LATER } as const
      expect(await commit({ ...update, was: "{}" })).toEqual({ _tag: "Changed", text: found.text })
      expect(await commit(update)).toEqual({ _tag: "Committed", key, text: "{}" })
      expect(await server.ask("GET", name)).toBe("{}")
    })
    cases.isComplete("store", ["B487"])
    it("cannot be read from a Redis list, which can be overwritten, moved and deleted", async () => {
      for (const change of [
        { _tag: "Update", was: "" },
        { _tag: "Move", was: "", to: freshKey(), ifGone: "Refuse" },
        { _tag: "Delete" }
      ] as const) {
        const key = freshKey()
        await server.ask("RPUSH", nameOf(key), "a")
        const found = await load(key)
        expect(found).toEqual({ _tag: "SessionFound", text: "", prefetched: undefined })
        expect(codec.decode("")).toEqual({ _tag: "Malformed" })
        const answer = await commit(
          change._tag === "Delete"
            ? { ...change, key }
            : change._tag === "Move"
              ? { ...change, from: key, text: "{}", expiresAt: LATER }
              : { ...change, key, text: "{}", expiresAt: LATER }
        )
        expect(answer._tag).toBe(change._tag === "Delete" ? "Deleted" : "Committed")
        expect(await server.ask("TYPE", nameOf(key))).toBe(change._tag === "Update" ? "string" : "none")
      }
    })
    it("can be written after the server has dropped its scripts", async () => {
      const key = freshKey()
      await commit({ _tag: "Insert", key, text: "{}", expiresAt: LATER })
      await server.ask("SCRIPT", "FLUSH")
      const update = { _tag: "Update", key, was: "{}", text: '{"a":1}', expiresAt: LATER } as const
      expect((await commit(update))._tag).toBe("Committed")
    })
  })
})

const luaBytes = (bytes: Buffer): string => Array.from(bytes, (byte) => `\\${String(byte).padStart(3, "0")}`).join("")
