import { setTimeout as sleep } from "node:timers/promises"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import { cachedDbSessions } from "../../../../src/adapters/store/cached-db.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { type RedisSessions, redisSessions } from "../../../../src/adapters/store/redis.ts"
import type { CommitAnswer, SessionChange } from "../../../../src/core/effect.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import type { SessionKey } from "../../../../src/core/session-key.ts"
import { storePromises } from "../../../../src/testing/index.ts"
import { type RedisServer, startRedis } from "../../../rig/redis-server.ts"
import { service } from "../../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../../rig/tcp-proxy.ts"
import { carriesALogin } from "../carried-login.ts"
import { freshKey } from "../session-calls.ts"
import { sessionStoreContract } from "../session-store-contract.ts"
import { userSessionStoreContract } from "../user-sessions-contract.ts"

const NOW = Date.UTC(2026, 0, 2)
const LATER = NOW + 86_400_000
const sessionPrefix = "django.contrib.sessions.cached_db"
const nameOf = (key: SessionKey) => `:1:${sessionPrefix}${key}`

const codec = makeCodec({ secret: "secret", fallbacks: [] })
/** The stored text of a session that expires at `expiresAt`. */
const textOf = (label: string, expiresAt = LATER): string =>
  codec.encode(
    Data.of([
      ["label", Json.write(label)],
      [Expiry.sessionDataKey, Expiry.atInstant(expiresAt)]
    ]),
    NOW
  )
const labelOf = (text: string): string => {
  const decoded = codec.decode(text)
  return decoded._tag === "Decoded" ? String(Json.read(Data.get(decoded.data, "label")!)) : text
}

/** The same store for the contract, whose changes contain a label in place of a signed text. */
const labelled = (store: SessionStore): SessionStore => {
  const texts = new Map<string, string>()
  const compared = (key: SessionKey, was: string | undefined) =>
    was === undefined ? undefined : (texts.get(`${key} ${was}`) ?? was)
  const signed = (change: SessionChange): SessionChange => {
    switch (change._tag) {
      case "Insert":
        return { ...change, text: textOf(change.text, change.expiresAt) }
      case "Update":
        return { ...change, was: compared(change.key, change.was), text: textOf(change.text, change.expiresAt) }
      case "Move":
        return { ...change, was: compared(change.from, change.was), text: textOf(change.text, change.expiresAt) }
      case "Delete":
        return change
    }
  }
  /** Only a text that was stored is compared later: a change that is refused leaves the row's text as it is. */
  const remembered = (answer: CommitAnswer): CommitAnswer => {
    if (answer._tag === "Committed") texts.set(`${answer.key} ${labelOf(answer.text)}`, answer.text)
    return "text" in answer ? { ...answer, text: labelOf(answer.text) } : answer
  }
  const { prefetch: _, userSessions, ...rest } = store
  return {
    ...rest,
    ...(userSessions && {
      userSessions: {
        ...userSessions,
        list: (query, now) =>
          Effect.map(userSessions.list(query, now), (all) => all.map((one) => ({ ...one, text: labelOf(one.text) })))
      }
    }),
    load: (key, now) =>
      Effect.map(store.load(key, now), (answer) =>
        answer._tag === "SessionFound" ? { ...answer, text: labelOf(answer.text) } : answer
      ),
    commit: (change, now) => Effect.map(store.commit(signed(change), now), remembered)
  }
}

describe.skipIf(!service("redis").available)("a cache before a database", () => {
  let server: RedisServer
  let proxy: TcpProxy
  let cache: RedisSessions
  let patient: RedisSessions
  beforeAll(async () => {
    server = await startRedis()
    patient = redisSessions({ url: server.url, sessionPrefix, deadlineSeconds: 20 })
    proxy = await startProxy(server)
    cache = redisSessions({ url: proxy.through(server.url), sessionPrefix, deadlineSeconds: 1 })
  })
  afterAll(async () => {
    await patient?.close()
    await cache?.close()
    await proxy?.close()
    await server?.stop()
  })

  sessionStoreContract("a database behind a cache", async () => ({
    store: labelled(cachedDbSessions({ rows: memory().sessions, cache })),
    close: async () => {}
  }))

  userSessionStoreContract("a database behind a cache", async () => ({
    store: labelled(cachedDbSessions({ rows: memory({ userSessions: true }).sessions, cache })),
    close: async () => {}
  }))

  const rows = () => memory({ userSessions: true }).sessions
  const withoutDeadline = () => labelled(cachedDbSessions({ rows: rows(), cache: patient }))
  it.each(storePromises(withoutDeadline, { userSessions: true, series: 100 }))("$title", async ({ check, skipped }) => {
    expect(skipped).toBeUndefined()
    await check()
  })

  it("keeps the record of a session beside its text, and reads it from the rows after a visit", async () => {
    const rows = memory({ userSessions: true }).sessions
    const store = cachedDbSessions({ rows, cache })
    const key = freshKey()
    const visit = {
      ...{ user: { backend: "model", id: "1" }, id: "a".repeat(43), at: NOW, seenBefore: NOW },
      ...{ clientAddress: "fe80::1", userAgent: "a:b\nü" }
    }
    const load = () => Effect.runPromise(store.load(key, NOW))
    await Effect.runPromise(store.commit({ ...insert(key), visit }, NOW))
    const first = await load()
    expect(first).toMatchObject({ record: { id: visit.id, userAgent: "a:b\nü", seenAt: NOW } })
    expect(await cached(key)).toMatch(/^latchkey-seen:/)
    expect(await load()).toEqual(first)
    await Effect.runPromise(store.userSessions?.visit(key, { ...visit, at: NOW + 5 }) ?? Effect.void)
    expect(await load()).toMatchObject({ record: { seenAt: NOW + 5 } })
  })

  const make = () => {
    const rows = memory().sessions
    const store = cachedDbSessions({ rows, cache })
    return {
      rows,
      store,
      load: (key: SessionKey, now = NOW) => Effect.runPromise(store.load(key, now)),
      commit: (change: SessionChange) => Effect.runPromise(store.commit(change, NOW))
    }
  }
  const found = (text: string) => ({ _tag: "SessionFound", text, prefetched: undefined })
  const absent = { _tag: "SessionAbsent" }
  const cached = (key: SessionKey) => server.ask("GET", nameOf(key))
  const insert = (key: SessionKey, text = textOf("was")) => ({ _tag: "Insert", key, text, expiresAt: LATER }) as const
  const update = (key: SessionKey, was = textOf("was")) =>
    ({ _tag: "Update", key, was, text: textOf("is"), expiresAt: LATER }) as const

  describe("load", () => {
    it("reads the row once, and the cache from then on", async () => {
      const { commit, load, rows } = make()
      const key = freshKey()
      await commit(insert(key))
      expect(await cached(key)).toBe(null)
      expect(await load(key)).toEqual(found(textOf("was")))
      expect(await cached(key)).toBe(`latchkey:${LATER}:${textOf("was")}`)
      await Effect.runPromise(rows.commit({ _tag: "Delete", key }, NOW))
      expect(await load(key)).toEqual(found(textOf("was")))
    })
    it("uses no entry after the session has expired, and caches it no longer", async () => {
      const { commit, load } = make()
      const key = freshKey()
      await commit(insert(key))
      await load(key)
      expect(Number(await server.ask("PTTL", nameOf(key)))).toBeLessThanOrEqual(LATER - NOW)
      expect(await load(key, LATER - 1)).toEqual(found(textOf("was")))
      expect(await load(key, LATER)).toEqual(absent)
    })
    it("does not cache a text whose expiry cannot be read", async () => {
      const { commit, load } = make()
      const key = freshKey()
      await commit(insert(key, "no signed text"))
      expect(await load(key)).toEqual(found("no signed text"))
      expect(await cached(key)).toBe(null)
    })
    it.each([
      '{"a":1}',
      "(dp0",
      "latchkey:",
      "latchkey:x:y"
    ])("loads the row when another program cached %j", async (text) => {
      const { commit, load } = make()
      const key = freshKey()
      await server.ask("SET", nameOf(key), text)
      await commit(insert(key))
      expect(await load(key)).toEqual(found(textOf("was")))
      expect(await cached(key)).toBe(text)
      await commit(update(key))
      expect(await cached(key)).toBe("latchkey:ended")
    })
  })

  /** A request that has read the row, and fills the cache with it when it goes on. */
  const lateLoad = async (rows: SessionStore, key: SessionKey) => {
    const [reading, goingOn] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
    const slow: SessionStore = {
      ...rows,
      load: (key, now) =>
        rows.load(key, now).pipe(
          Effect.tap(() => Deferred.succeed(reading, undefined)),
          Effect.tap(() => Deferred.await(goingOn))
        )
    }
    const late = Effect.runPromise(cachedDbSessions({ rows: slow, cache }).load(key, NOW))
    await Effect.runPromise(Deferred.await(reading))
    return { late, goOn: () => void Effect.runSync(Deferred.succeed(goingOn, undefined)) }
  }

  describe("a change", () => {
    it("is visible to the next load, and is not cached until the tombstone has expired", async () => {
      const { commit, load } = make()
      const key = freshKey()
      await commit(insert(key))
      await load(key)
      await commit(update(key))
      expect(await load(key)).toEqual(found(textOf("is")))
      expect(await cached(key)).toBe("latchkey:ended")
    })
    it("answers Changed when the cached entry was stale, and drops the entry", async () => {
      const { commit, load, rows } = make()
      const key = freshKey()
      await commit(insert(key))
      await load(key)
      await Effect.runPromise(rows.commit(update(key), NOW))
      expect(await load(key)).toEqual(found(textOf("was")))
      expect(await commit(update(key))).toEqual({ _tag: "Changed", text: textOf("is") })
      expect(await load(key)).toEqual(found(textOf("is")))
    })
    it.each([
      ["a deletion", { _tag: "Delete" }],
      [
        "a move",
        { _tag: "Move", was: textOf("was"), to: freshKey(), text: textOf("is"), expiresAt: LATER, ifGone: "Refuse" }
      ]
    ] as const)("is not undone by a request that had loaded the row before: %s", async (_, change) => {
      const { rows } = make()
      const key = freshKey()
      await Effect.runPromise(rows.commit(insert(key), NOW))
      const { goOn, late } = await lateLoad(rows, key)
      const store = cachedDbSessions({ rows, cache })
      await Effect.runPromise(
        store.commit(change._tag === "Delete" ? { ...change, key } : { ...change, from: key }, NOW)
      )
      goOn()
      expect(await late).toEqual(found(textOf("was")))
      expect(await Effect.runPromise(store.load(key, NOW))).toEqual(absent)
      expect(await cached(key)).toBe("latchkey:ended")
    })
    it("is undone in the cache, until the session expires or is deleted again, if the cache has lost the tombstone", async () => {
      const { commit, load, rows } = make()
      const key = freshKey()
      await Effect.runPromise(rows.commit(insert(key), NOW))
      const { goOn, late } = await lateLoad(rows, key)
      await commit({ _tag: "Delete", key })
      expect(await server.ask("DEL", nameOf(key))).toBe(1)
      goOn()
      await late
      expect(await Effect.runPromise(rows.load(key, NOW))).toEqual(absent)
      expect(await load(key)).toEqual(found(textOf("was")))
      expect(await load(key, LATER)).toEqual(absent)
      expect(await server.ask("PTTL", nameOf(key))).toSatisfy((left) => Number(left) > 0 && Number(left) <= LATER - NOW)
      await commit({ _tag: "Delete", key })
      expect(await load(key)).toEqual(absent)
    })
    it("drops an entry that a writer without tombstones cached during the change", async () => {
      const { rows } = make()
      const key = freshKey()
      await Effect.runPromise(rows.commit(insert(key), NOW))
      const between = Effect.promise(() => server.ask("SET", nameOf(key), '{"stale":true}'))
      const store = cachedDbSessions({
        rows: { ...rows, commit: (change, now) => Effect.andThen(between, rows.commit(change, now)) },
        cache
      })
      await Effect.runPromise(store.commit({ _tag: "Delete", key }, NOW))
      expect(await cached(key)).toBe("latchkey:ended")
    })
  })

  describe("when the cache is unavailable", () => {
    const resting = 1100
    const whileAway = async (run: () => Promise<void>) => {
      await proxy.refuse()
      try {
        await run()
      } finally {
        await proxy.heal()
        await sleep(resting)
      }
    }
    const unavailable = async (effect: Effect.Effect<unknown, StoreUnavailable>) =>
      expect(await Effect.runPromise(Effect.flip(effect))).toBeInstanceOf(StoreUnavailable)

    it("reads, inserts and updates rows, and logs that the cache may be stale", async () => {
      const { commit, load, store } = make()
      const key = freshKey()
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      await whileAway(async () => {
        await commit(insert(key))
        expect(await load(key)).toEqual(found(textOf("was")))
        const updated = Effect.provide(store.commit(update(key), NOW), Logger.layer([logger]))
        expect(await Effect.runPromise(updated)).toMatchObject({ _tag: "Committed" })
        expect(await load(key)).toEqual(found(textOf("is")))
      })
      expect(lines).toEqual(["a session was changed, and its cache entry may be stale"])
      expect(lines.join()).not.toContain(key)
    })
    it("refuses to delete or move a session, because the cache could still return it", async () => {
      const { commit, load, rows, store } = make()
      const [key, to] = [freshKey(), freshKey()]
      await commit(insert(key))
      await load(key)
      await whileAway(async () => {
        await unavailable(store.commit({ _tag: "Delete", key }, NOW))
        const move = { _tag: "Move", from: key, was: undefined, to, ifGone: "Insert" } as const
        await unavailable(store.commit({ ...move, text: textOf("is"), expiresAt: LATER }, NOW))
        expect([...rows.rows.keys()]).toEqual([key])
      })
      expect(await load(key)).toEqual(found(textOf("was")))
      await commit({ _tag: "Delete", key })
      expect(await load(key)).toEqual(absent)
    })
    it("waits for the cache once, and then skips it for a while", async () => {
      const { commit, load } = make()
      const keys = Array.from({ length: 5 }, freshKey)
      for (const key of keys) await commit(insert(key))
      proxy.freeze()
      const start = performance.now()
      for (const key of keys) expect(await load(key)).toEqual(found(textOf("was")))
      expect(performance.now() - start).toBeLessThan(4000) // and not five times the deadline
      proxy.reset()
      await proxy.heal()
      await sleep(resting)
    })
    it("is unavailable when the database is", async () => {
      const broken = new StoreUnavailable({ operation: "test", cause: "test" })
      const rows: SessionStore = { ...make().rows, load: () => Effect.fail(broken), commit: () => Effect.fail(broken) }
      const store = cachedDbSessions({ rows, cache })
      await unavailable(store.load(freshKey(), NOW))
      await unavailable(store.commit({ _tag: "Delete", key: freshKey() }, NOW))
      await unavailable(store.commit(update(freshKey()), NOW))
    })
  })

  carriesALogin(() => cachedDbSessions({ rows: memory().sessions, cache }))
  it("refuses invalid options, and a database whose texts contain no expiry", () => {
    for (const options of [{ rows: cache }, { cookieAgeSeconds: 0 }, { tombstoneSeconds: 1 }]) {
      expect(() => cachedDbSessions({ rows: memory().sessions, cache, ...options })).toThrow(
        expect.objectContaining({ _tag: "ConfigurationInvalid" })
      )
    }
  })
})
