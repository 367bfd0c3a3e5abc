/** What the clients of PostgreSQL and Redis do when a request may not wait for its stores any longer. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../src/adapters/errors/errors.ts"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import { postgres } from "../../../src/adapters/store/postgres.ts"
import { redisSessions } from "../../../src/adapters/store/redis.ts"
import { StoreTime, withStoreTime } from "../../../src/adapters/store-time/store-time.ts"
import type { SessionChange } from "../../../src/core/effect.ts"
import type { SessionKey } from "../../../src/core/session-key.ts"
import { patient, patientRedis } from "../../rig/patience.ts"
import { startPostgres } from "../../rig/postgres-server.ts"
import { startRedis } from "../../rig/redis-server.ts"
import { service } from "../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../rig/tcp-proxy.ts"
import { freshKey } from "./session-calls.ts"

const NOW = Date.UTC(2026, 0, 2)
const expiresAt = NOW + 86_400_000

interface Closable {
  readonly sessions: SessionStore
  readonly close: () => Promise<void>
}

const databases = {
  postgres: async () => {
    const server = await startPostgres()
    const pg = postgres({ url: server.url, ...patient })
    await pg.createTables()
    await pg.close()
    return { server, open: (url: string): Closable => postgres({ url, ...patient }) }
  },
  redis: async () => {
    const server = await startRedis()
    const open = (url: string): Closable => {
      const sessions = redisSessions({ url, ...patientRedis })
      return { sessions, close: sessions.close }
    }
    return { server, open }
  }
} as const

describe.each(["postgres", "redis"] as const)("with %s", (name) => {
  describe.skipIf(!service(name).available)("a call of a store whose request may wait no longer", () => {
    let database: Awaited<ReturnType<(typeof databases)[typeof name]>>
    let proxy: TcpProxy
    let store: Closable
    /** Not through the proxy. */
    let direct: Closable
    beforeAll(async () => {
      database = await databases[name]()
      proxy = await startProxy(database.server)
      direct = database.open(database.server.url)
      store = database.open(proxy.through(database.server.url))
    })
    beforeEach(() => proxy.heal())
    afterAll(async () => {
      await store?.close()
      await direct?.close()
      await proxy?.close()
      await database?.server.stop()
    })

    const insertion = (key: SessionKey): SessionChange => ({ _tag: "Insert", key, text: "{}", expiresAt })
    const inserted = async () => {
      const key = freshKey()
      await Effect.runPromise(direct.sessions.commit(insertion(key), NOW))
      return key
    }
    const load = (of: Closable, key: SessionKey) => Effect.runPromise(of.sessions.load(key, NOW))
    const within = (milliseconds: number) => new StoreTime(milliseconds)
    /** The failure of a call, and how long it took. The deadlines of the store itself are 20 seconds. */
    const failing = async (time: StoreTime, call: Effect.Effect<unknown, StoreUnavailable>) => {
      const since = performance.now()
      const error = await Effect.runPromise(Effect.flip(withStoreTime(time, call)))
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error.cause).toMatchObject({ code: "TOO_LATE" })
      return performance.now() - since
    }

    it.each(["a read", "a write", "a deletion"])("fails, and the connection is used again: %s", async (kind) => {
      const key = await inserted()
      await load(store, key)
      const accepted = proxy.accepted()
      const call =
        kind === "a read"
          ? store.sessions.load(key, NOW)
          : store.sessions.commit(kind === "a write" ? insertion(freshKey()) : { _tag: "Delete", key }, NOW)
      const time = within(600)
      expect(time.start(0)).toBe(600)
      time.end(200)
      proxy.freeze()
      const ms = await failing(time, call)
      expect(ms).toBeGreaterThanOrEqual(390)
      // The client of PostgreSQL looks eight times in its deadline, which is 20 seconds here.
      expect(ms).toBeLessThan(name === "postgres" && kind !== "a read" ? 4000 : 1500)
      await proxy.heal()
      expect(await load(store, await inserted())).toMatchObject({ text: "{}" })
      // PostgreSQL may still be busy with the statement.
      if (name === "redis") expect(proxy.accepted()).toBe(accepted)
    })

    it.each(["a read", "a write"])("is not sent when no time is left: %s", async (kind) => {
      const time = within(50)
      time.start(0)
      time.end(50)
      const key = kind === "a read" ? await inserted() : freshKey()
      const call = kind === "a read" ? store.sessions.load(key, NOW) : store.sessions.commit(insertion(key), NOW)
      await load(store, await inserted())
      proxy.freeze()
      expect(await failing(time, call)).toBeLessThan(40)
      await proxy.heal()
      if (kind === "a write") expect(await load(direct, key)).toEqual({ _tag: "SessionAbsent" })
    })

    it("does not end a call of another request at the same time", async () => {
      const [one, other] = [await inserted(), await inserted()]
      await load(store, one)
      const time = within(600)
      time.start(0)
      time.end(400)
      proxy.freeze()
      const waiting = load(store, other)
      await failing(time, store.sessions.load(one, NOW))
      await proxy.heal()
      expect(await waiting).toMatchObject({ text: "{}" })
    })

    it("does not count the time between calls", async () => {
      const key = await inserted()
      const time = within(300)
      const timed = () => Effect.runPromise(withStoreTime(time, store.sessions.load(key, NOW)))
      await timed()
      await sleep(350)
      expect(await timed()).toMatchObject({ text: "{}" })
    })
  })
})

describe.skipIf(!service("redis").available)("a command of Redis whose request may wait no longer", () => {
  it("is not sent when the connection is made afterwards", async () => {
    const server = await startRedis()
    const proxy = await startProxy(server)
    // A connection to another database than the first is ready after an answer of the server.
    const store = redisSessions({ url: new URL("/1", proxy.through(server.url)).href, ...patientRedis })
    const direct = redisSessions({ url: new URL("/1", server.url).href })
    try {
      proxy.freeze()
      const key = freshKey()
      const insert = store.commit({ _tag: "Insert", key, text: "{}", expiresAt }, NOW)
      const error = await Effect.runPromise(Effect.flip(withStoreTime(new StoreTime(200), insert)))
      expect(error.cause).toMatchObject({ code: "TOO_LATE" })
      await proxy.heal()
      // Answered on the same connection, after everything that was sent before.
      expect(await Effect.runPromise(store.load(freshKey(), NOW))).toEqual({ _tag: "SessionAbsent" })
      expect(await Effect.runPromise(direct.load(key, NOW))).toEqual({ _tag: "SessionAbsent" })
    } finally {
      await Promise.all([store.close(), direct.close()])
      await proxy.close()
      await server.stop()
    }
  })

  it("leaves its silent connection to the deadline of the store, so that the next one finds another", async () => {
    const server = await startRedis()
    const proxy = await startProxy(server)
    const store = redisSessions({ url: proxy.through(server.url), deadlineSeconds: 1 })
    try {
      const key = freshKey()
      const insert = (which: SessionKey) => store.commit({ _tag: "Insert", key: which, text: "{}", expiresAt }, NOW)
      await Effect.runPromise(insert(key))
      proxy.forget()
      const read = store.load(key, NOW)
      const error = await Effect.runPromise(Effect.flip(withStoreTime(new StoreTime(200), read)))
      expect(error.cause).toMatchObject({ code: "TOO_LATE" })
      await sleep(1200)
      expect(await Effect.runPromise(insert(freshKey()))).toMatchObject({ _tag: "Committed" })
    } finally {
      await store.close()
      await proxy.close()
      await server.stop()
    }
  })
})
