/** Django 4.2's own engines on the same Redis: which sessions are shared depends on the serializer of Django's cache. */
import { execFileSync } from "node:child_process"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import { cachedDbSessions } from "../../../../src/adapters/store/cached-db.ts"
import { type PostgresStores, postgres } from "../../../../src/adapters/store/postgres.ts"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/sessions/json-codec.ts"
import { type RedisSessions, redisSessions } from "../../../../src/adapters/store/redis.ts"
import * as Json from "../../../../src/core/json/json-text.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import { makeCodec } from "../../../../src/core/session/text/codec.ts"
import type { SessionCodec } from "../../../../src/core/session/value/session-settings.ts"
import * as Key from "../../../../src/core/session-key.ts"
import { type Django, django, djangoService } from "../../../rig/django.ts"
import { patient, patientRedis } from "../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../../../rig/redis-server.ts"
import { service } from "../../../rig/services.ts"
import { freshKey } from "../session-calls.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const AGE = 1_209_600_000

const hasDriver = (() => {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import redis"], { stdio: "ignore" })
    return true
  } catch {
    console.warn("SKIPPED: /usr/bin/python3 lacks redis (Debian: apt-get install python3-redis)")
    return false
  }
})()
const available = hasDriver && [service("redis"), service("postgres"), djangoService()].every((one) => one.available)

describe.skipIf(!available)("a Redis shared with Django", () => {
  let server: RedisServer
  let database: PostgresServer
  let site: Django
  let cache: RedisSessions
  let rowCache: RedisSessions
  let pg: PostgresStores<unknown>
  let cachedDb: SessionStore
  beforeAll(async () => {
    ;[server, database] = await Promise.all([startRedis(), startPostgres()])
    site = django({ databaseUrl: database.url, secretKey })
    pg = postgres({ ...patient, url: database.url })
    await pg.createTables()
    cache = redisSessions({ ...patientRedis, url: server.url })
    rowCache = redisSessions({ ...patientRedis, url: server.url, sessionPrefix: "django.contrib.sessions.cached_db" })
    cachedDb = cachedDbSessions({ rows: pg.sessions, cache: rowCache })
  })
  afterAll(async () => {
    await Promise.all([cache?.close(), rowCache?.close(), pg?.close()])
    await Promise.all([server?.stop(), database?.stop()])
  })

  type Serializer = "JSON" | "pickle"
  const python = (engine: string, serializer: Serializer, code: string, given?: unknown) =>
    site.manage(
      `
import json as j
class JSONSerializer:
    def dumps(self, value): return j.dumps(value).encode("latin-1")
    def loads(self, text): return j.loads(text.decode("latin-1"))
from django.test import override_settings
cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "${server.url}"}
if ${serializer === "JSON" ? "True" : "False"}: cache["OPTIONS"] = {"serializer": JSONSerializer}
with override_settings(CACHES={"default": cache}):
    from django.contrib.sessions.backends.${engine} import SessionStore
${code.replace(/^/gm, "    ")}`,
      given
    )
  const write = `
s = SessionStore(given)
s["theirs"] = "é漢😀"
s.save() if given else s.create()
answer = s.session_key`
  const read = "answer = dict(SessionStore(given).items())"
  const load = async (store: SessionStore, codec: SessionCodec, key: unknown) => {
    const answer = await Effect.runPromise(store.load(Key.parse(String(key))!, Date.now()))
    if (answer._tag === "SessionAbsent") return undefined
    const decoded = codec.decode(answer.text)
    return decoded._tag === "Decoded"
      ? Object.fromEntries(Array.from(Data.values(decoded.data), ([name, text]) => [name, Json.read(text)]))
      : decoded._tag
  }
  const insert = async (store: SessionStore, codec: SessionCodec) => {
    const [key, now] = [freshKey(), Date.now()]
    const text = codec.encode(Data.of([["ours", Json.write("é漢😀")]]), now)
    await Effect.runPromise(store.commit({ _tag: "Insert", key, text, expiresAt: now + AGE }, now))
    return key
  }
  const remove = (store: SessionStore, key: Key.SessionKey) =>
    Effect.runPromise(store.commit({ _tag: "Delete", key }, Date.now()))

  describe("as its cache engine, with a cache that serializes JSON", () => {
    const codec = makeJsonCodec({})
    it("contains one session that both sides read and write", async () => {
      expect(await load(cache, codec, await python("cache", "JSON", write))).toEqual({ theirs: "é漢😀" })
      const key = await insert(cache, codec)
      expect(await python("cache", "JSON", read, key)).toEqual({ ours: "é漢😀" })
      await python("cache", "JSON", write, key)
      expect(await load(cache, codec, key)).toEqual({ ours: "é漢😀", theirs: "é漢😀" })
      await remove(cache, key)
      expect(await python("cache", "JSON", "answer = SessionStore().exists(given)", key)).toBe(false)
    })
  })
  describe("as its cache engine, with the cache that pickles", () => {
    it("contains sessions that the other side reads as empty, without an error", async () => {
      const codec = makeJsonCodec({})
      const key = await python("cache", "pickle", write)
      expect(await load(cache, codec, key)).toBe("Malformed")
      expect(await python("cache", "pickle", read, await insert(cache, codec))).toEqual({})
    })
  })
  describe.each([
    "JSON",
    "pickle"
  ] as const)("as the cache before shared rows, with a cache that serializes %s", (serializer) => {
    const codec = makeCodec({ secret: secretKey, fallbacks: [] })
    const cached = (key: unknown) => server.ask("EXISTS", `:1:django.contrib.sessions.cached_db${key}`)

    it("never shows one side a session that the other side has changed or deleted", async () => {
      const key = await insert(cachedDb, codec)
      expect(await load(cachedDb, codec, key)).toEqual({ ours: "é漢😀" })
      expect(await cached(key)).toBe(1)
      // Django reads our entry as absent and replaces it by its own.
      expect(await python("cached_db", serializer, read, key)).toEqual({ ours: "é漢😀" })
      await python("cached_db", serializer, write, key)
      expect(await load(cachedDb, codec, key)).toEqual({ ours: "é漢😀", theirs: "é漢😀" })
      const loaded = await Effect.runPromise(cachedDb.load(key, Date.now()))
      const text = codec.encode(Data.of([["new", Json.write(1)]]), Date.now())
      const was = loaded._tag === "SessionFound" ? loaded.text : undefined
      const update = { _tag: "Update", key, was, text, expiresAt: Date.now() + AGE } as const
      expect(await Effect.runPromise(cachedDb.commit(update, Date.now()))).toMatchObject({ _tag: "Committed" })
      expect(await python("cached_db", serializer, read, key)).toEqual({ new: 1 })
      await remove(cachedDb, key)
      expect(await python("cached_db", serializer, read, key)).toEqual({})
    })
    it("does not show a session that Django has deleted", async () => {
      const key = await python("cached_db", serializer, write)
      expect(await load(cachedDb, codec, key)).toEqual({ theirs: "é漢😀" })
      await python("cached_db", serializer, "SessionStore(given).delete()", key)
      expect(await load(cachedDb, codec, key)).toBeUndefined()
      const ours = await insert(cachedDb, codec)
      await load(cachedDb, codec, ours)
      expect(await cached(ours)).toBe(1)
      await python("cached_db", serializer, "SessionStore(given).delete(given)", ours)
      expect(await load(cachedDb, codec, ours)).toBeUndefined()
    })
  })
})
