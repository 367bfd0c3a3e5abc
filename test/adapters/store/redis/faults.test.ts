/** When the server or the network fails, the store reports an outage and no absent session, and it recovers. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { type RedisSessions, redisSessions } from "../../../../src/adapters/store/redis.ts"
import type { SessionChange } from "../../../../src/core/effect.ts"
import type { SessionKey } from "../../../../src/core/session-key.ts"
import { type RedisServer, startRedis } from "../../../rig/redis-server.ts"
import { service } from "../../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../../rig/tcp-proxy.ts"
import { freshKey } from "../session-calls.ts"

const NOW = Date.UTC(2026, 0, 2)
const expiresAt = NOW + 86_400_000
/** Long enough for a busy machine to answer in it. */
const DEADLINE = 1000

describe.skipIf(!service("redis").available)("Redis behind a bad network", () => {
  let server: RedisServer
  let proxy: TcpProxy
  let store: RedisSessions
  beforeAll(async () => {
    server = await startRedis()
    proxy = await startProxy(server)
    store = redisSessions({ url: proxy.through(server.url), deadlineSeconds: DEADLINE / 1000 })
  })
  beforeEach(() => proxy.heal())
  afterAll(async () => {
    await store?.close()
    await proxy?.close()
    await server?.stop()
  })

  const commit = (change: SessionChange) => Effect.runPromise(store.commit(change, NOW))
  const load = (key: SessionKey) => Effect.runPromise(store.load(key, NOW))
  const nameOf = (key: SessionKey) => `:1:django.contrib.sessions.cache${key}`
  const inserted = async () => {
    const key = freshKey()
    await commit({ _tag: "Insert", key, text: "{}", expiresAt })
    return key
  }
  /** Fails with the code, and in time. */
  const unavailable = async (effect: Effect.Effect<unknown, StoreUnavailable>, code: RegExp, within = 3 * DEADLINE) => {
    const start = performance.now()
    const error = await Effect.runPromise(Effect.flip(effect))
    expect(performance.now() - start).toBeLessThan(within)
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(String(error.cause)).toMatch(code)
  }
  const update = (key: SessionKey, was: string | undefined = "{}"): SessionChange => ({
    _tag: "Update",
    key,
    was,
    text: '{"a":1}',
    expiresAt
  })
  const everything = (key: SessionKey): ReadonlyArray<Effect.Effect<unknown, StoreUnavailable>> => [
    store.load(key, NOW),
    store.commit({ _tag: "Insert", key: freshKey(), text: "{}", expiresAt }, NOW),
    store.commit(update(key), NOW),
    store.commit({ _tag: "Move", from: key, was: "{}", to: freshKey(), text: "{}", expiresAt, ifGone: "Insert" }, NOW),
    store.commit({ _tag: "Delete", key }, NOW)
  ]

  it("is unavailable before the deadline when connections are refused, and available when they are accepted again", async () => {
    const key = await inserted()
    await proxy.refuse()
    for (const effect of everything(key)) await unavailable(effect, /ECONNREFUSED|ECONNRESET|CLOSED/, DEADLINE)
    await proxy.heal()
    expect(await load(key)).toMatchObject({ text: "{}" })
  })
  it("is unavailable when the server closes every new connection", async () => {
    const key = await inserted()
    proxy.hangUp()
    proxy.reset()
    for (const effect of everything(key)) await unavailable(effect, /ECONNRESET|CLOSED|EPIPE/)
    await proxy.heal()
    expect(await load(key)).toMatchObject({ text: "{}" })
  })
  it("is unavailable at the deadline when no answer arrives, on old and on new connections", async () => {
    const key = await inserted()
    proxy.freeze()
    const start = performance.now()
    const exits = await Promise.all(everything(key).map((effect) => Effect.runPromiseExit(effect)))
    expect(exits.every(Exit.isFailure)).toBe(true)
    expect(performance.now() - start).toBeLessThan(3 * DEADLINE)
    await unavailable(store.load(key, NOW), /SILENT/, 5 * DEADLINE)
    proxy.reset()
    await proxy.heal()
    expect(await load(key)).toMatchObject({ _tag: expect.stringMatching(/^Session/) })
  })
  it("sends a read or a deletion once more, on a new connection, when its connection was silently dropped", async () => {
    const [one, other] = [await inserted(), await inserted()]
    proxy.forget()
    expect(await load(one)).toMatchObject({ text: "{}" })
    proxy.forget()
    expect(await commit({ _tag: "Delete", key: other })).toEqual({ _tag: "Deleted" })
    expect(await load(other)).toEqual({ _tag: "SessionAbsent" })
  })
  it("reports an outage, and does not send a write twice, when its connection was silently dropped", async () => {
    const key = await inserted()
    for (const change of [
      update(key),
      update(key, undefined),
      { _tag: "Insert", key: freshKey(), text: "{}", expiresAt },
      { _tag: "Move", from: key, was: "{}", to: freshKey(), text: "{}", expiresAt, ifGone: "Insert" }
    ] as const) {
      await load(key)
      proxy.forget()
      await unavailable(store.commit(change, NOW), /SILENT/)
    }
    expect(await load(key)).toMatchObject({ text: "{}" })
  })
  it("answers reads and deletions without an error after a reset connection", async () => {
    const key = await inserted()
    proxy.reset()
    await sleep(20)
    expect(await load(key)).toMatchObject({ text: "{}" })
    proxy.reset()
    expect(await commit({ _tag: "Delete", key })).toEqual({ _tag: "Deleted" })
  })
  it("reports an outage when the answer to a write was lost, and never sends the write again", async () => {
    const key = await inserted()
    // From now on, the server has the script in its cache.
    await commit({ _tag: "Update", key, was: "{}", text: "{}", expiresAt })
    proxy.muteAnswers()
    await unavailable(store.commit(update(key), NOW), /SILENT/)
    // The server has written, but its answer was lost. Then a logout on another connection deletes the session.
    expect(await server.ask("GET", nameOf(key))).toBe('{"a":1}')
    await server.ask("DEL", nameOf(key))
    proxy.reset()
    await proxy.heal()
    expect(await load(key)).toEqual({ _tag: "SessionAbsent" })
    await sleep(2 * DEADLINE)
    expect(await server.ask("EXISTS", nameOf(key))).toBe(0)
  })
  it.each([
    "{}",
    undefined
  ])("does not write a session back that was deleted before a late write arrived (was %s)", async (was) => {
    const key = await inserted()
    await load(key)
    proxy.freeze()
    await unavailable(store.commit(update(key, was), NOW), /SILENT/)
    await server.ask("DEL", nameOf(key))
    await proxy.heal()
    await sleep(50)
    expect(await server.ask("EXISTS", nameOf(key))).toBe(0)
  })
  it("gives each caller the answer to its own query after other callers have timed out", async () => {
    const keys = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const key = freshKey()
        await commit({ _tag: "Insert", key, text: `{"i":${i}}`, expiresAt })
        return key
      })
    )
    proxy.freeze()
    const given = await Promise.all(keys.map((key) => Effect.runPromiseExit(store.load(key, NOW))))
    expect(given.every(Exit.isFailure)).toBe(true)
    await proxy.heal()
    const loaded = await Promise.all(keys.map(load))
    expect(loaded.map((answer) => answer._tag === "SessionFound" && answer.text)).toEqual(
      keys.map((_, i) => `{"i":${i}}`)
    )
  })
  it("waits for a slow answer within the deadline", async () => {
    const key = await inserted()
    proxy.delay(DEADLINE / 8)
    expect(await load(key)).toMatchObject({ text: "{}" })
  })
})

describe.skipIf(!service("redis").available)("a Redis server", () => {
  const failing = (store: RedisSessions, change: SessionChange) =>
    Effect.runPromise(Effect.flip(store.commit(change, NOW))).then((error) => String(error.cause))

  it("whose memory is full refuses writes, and still reads and deletes sessions", async () => {
    const server = await startRedis()
    const store = redisSessions({ url: server.url })
    const key = freshKey()
    await Effect.runPromise(store.commit({ _tag: "Insert", key, text: "{}", expiresAt }, NOW))
    await server.ask("CONFIG", "SET", "maxmemory", "1")
    expect(await failing(store, { _tag: "Insert", key: freshKey(), text: "{}", expiresAt })).toMatch(/OOM/)
    expect(await failing(store, { _tag: "Update", key, was: "{}", text: "[]", expiresAt })).toMatch(/OOM/)
    const to = freshKey()
    const move = { _tag: "Move", from: key, was: "{}", to, text: "[]", expiresAt, ifGone: "Refuse" } as const
    expect(await failing(store, move)).toMatch(/OOM/)
    expect(await Effect.runPromise(store.load(key, NOW))).toMatchObject({ text: "{}" })
    expect(await Effect.runPromise(store.load(to, NOW))).toEqual({ _tag: "SessionAbsent" })
    expect(await Effect.runPromise(store.commit({ _tag: "Delete", key }, NOW))).toEqual({ _tag: "Deleted" })
    await store.close()
    await server.stop()
  })
  it("that keeps nothing on its disk has no session after a crash, and answers as for any unknown key", async () => {
    const server = await startRedis("--appendonly", "no", "--save", "")
    const store = redisSessions({ url: server.url })
    const key = freshKey()
    const load = () => Effect.runPromise(store.load(key, NOW))
    await Effect.runPromise(store.commit({ _tag: "Insert", key, text: "{}", expiresAt }, NOW))
    expect(await load()).toMatchObject({ text: "{}" })
    await server.crash()
    await server.startAgain()
    expect(await load()).toEqual({ _tag: "SessionAbsent" })
    const change = { key, text: "{}", expiresAt, was: "{}" } as const
    expect(await Effect.runPromise(store.commit({ _tag: "Update", ...change }, NOW))).toEqual({ _tag: "Gone" })
    await store.close()
    await server.stop()
  })
  it("that became a replica refuses writes, and the store resolves its name again, because it may lead to another server", async () => {
    const [server, primary] = [await startRedis(), await startRedis()]
    const proxy = await startProxy(server)
    const store = redisSessions({ url: proxy.through(server.url) })
    const change = { _tag: "Insert", text: "{}", expiresAt } as const
    await Effect.runPromise(store.commit({ ...change, key: freshKey() }, NOW))
    await server.ask("REPLICAOF", "127.0.0.1", String(primary.port))
    expect(await failing(store, { ...change, key: freshKey() })).toMatch(/READONLY/)
    await server.ask("REPLICAOF", "NO", "ONE")
    const answer = await Effect.runPromise(store.commit({ ...change, key: freshKey() }, NOW))
    expect([answer._tag, proxy.accepted()]).toEqual(["Committed", 2])
    await store.close()
    await proxy.close()
    await Promise.all([server.stop(), primary.stop()])
  })
  it("that requires a password is unavailable without it, and no error contains the password", async () => {
    const server = await startRedis("--requirepass", "correct-horse")
    for (const password of [undefined, "battery-staple"]) {
      const store = redisSessions(password === undefined ? { url: server.url } : { url: server.url, password })
      const error = await Effect.runPromise(Effect.flip(store.load(freshKey(), NOW)))
      expect(String(error.cause)).toMatch(/NOAUTH|WRONGPASS/)
      expect(JSON.stringify(error) + String(error.cause)).not.toMatch(/battery|horse/)
      await store.close()
    }
    const store = redisSessions({ url: server.url.replace("//", "//:correct-horse@") })
    expect(await Effect.runPromise(store.load(freshKey(), NOW))).toEqual({ _tag: "SessionAbsent" })
    await store.close()
    await server.stop()
  })
  it("is unavailable after the application has closed the store", async () => {
    const store = redisSessions({ url: "redis://127.0.0.1:1" })
    await store.close()
    const error = await Effect.runPromise(Effect.flip(store.load(freshKey(), NOW)))
    expect(String(error.cause)).toMatch(/CLOSED/)
  })
})

describe("the options of the Redis store", () => {
  it.each([
    { url: "http://localhost" },
    { url: "" },
    { url: "redis://h/notanumber" },
    { deadlineSeconds: 0 },
    { version: 1.5 }
  ])("are refused if they are invalid: %j", (options) => {
    expect(() => redisSessions(options)).toThrow(expect.objectContaining({ _tag: "ConfigurationInvalid" }))
  })
})
