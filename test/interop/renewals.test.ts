/** A Django 4.2 shares the sessions while latchkey renews them: Django finds no session under the old key. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { cachedDbSessions } from "../../src/adapters/store/cached-db.ts"
import { fileSessions } from "../../src/adapters/store/file.ts"
import { type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { makeJsonCodec } from "../../src/adapters/store/redis/sessions/json-codec.ts"
import { type RedisSessions, redisSessions } from "../../src/adapters/store/redis.ts"
import type { SessionChange } from "../../src/core/effect.ts"
import * as Json from "../../src/core/json/json-text.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import type * as Key from "../../src/core/session-key.ts"
import { freshKey } from "../adapters/store/session-calls.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
import { patient, patientRedis } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const AGE = 1_209_600_000

const hasRedisDriver = (() => {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import redis"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()
const available = [service("redis"), service("postgres"), djangoService()].every((one) => one.available)

type Engine = "db" | "file" | "cache" | "cached_db"
const engines: ReadonlyArray<Engine> = hasRedisDriver ? ["db", "file", "cache", "cached_db"] : ["db", "file"]

describe.skipIf(!available)("beside a Django", () => {
  const directory = mkdtempSync(join(tmpdir(), "latchkey-renewals-"))
  let server: RedisServer
  let database: PostgresServer
  let site: Django
  let pg: PostgresStores<unknown>
  let caches: ReadonlyArray<RedisSessions>
  let stores: Readonly<Record<Engine, SessionStore>>
  beforeAll(async () => {
    ;[server, database] = await Promise.all([startRedis(), startPostgres()])
    site = django({ databaseUrl: database.url, secretKey, sessionFilePath: directory })
    pg = postgres({ ...patient, url: database.url })
    await pg.createTables()
    const cache = redisSessions({ ...patientRedis, url: server.url })
    const rowCache = redisSessions({
      ...patientRedis,
      url: server.url,
      sessionPrefix: "django.contrib.sessions.cached_db"
    })
    caches = [cache, rowCache]
    stores = {
      db: pg.sessions,
      file: fileSessions({ directory }),
      cache,
      cached_db: cachedDbSessions({ rows: pg.sessions, cache: rowCache })
    }
  })
  afterAll(async () => {
    await Promise.all([...(caches ?? []).map(({ close }) => close()), pg?.close()])
    await Promise.all([server?.stop(), database?.stop()])
    rmSync(directory, { recursive: true, force: true })
  })

  const python = (engine: Engine, code: string, given: unknown) =>
    site.manage(
      `
import json as j, logging, time
class JSONSerializer:
    def dumps(self, value): return j.dumps(value).encode("latin-1")
    def loads(self, text): return j.loads(text.decode("latin-1"))
from django.test import override_settings
from django.contrib.sessions.backends.base import UpdateError
cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "${server.url}", "OPTIONS": {"serializer": JSONSerializer}}
with override_settings(**({"CACHES": {"default": cache}} if "cache" in "${engine}" else {})):
    from django.contrib.sessions.backends.${engine} import SessionStore
${code.replace(/^/gm, "    ")}`,
      given
    )
  const codecOf = (engine: Engine) =>
    engine === "cache" ? makeJsonCodec({}) : makeCodec({ secret: secretKey, fallbacks: [] })
  const commit = (engine: Engine, change: SessionChange) => Effect.runPromise(stores[engine].commit(change, Date.now()))
  const load = (engine: Engine, key: Key.SessionKey) => Effect.runPromise(stores[engine].load(key, Date.now()))

  /** The session of a user, and the change that renews it. */
  const session = async (engine: Engine) => {
    const [from, to, now] = [freshKey(), freshKey(), Date.now()]
    const text = codecOf(engine).encode(Data.of([["_auth_user_id", Json.write("1")]]), now)
    const expiresAt = now + AGE
    await commit(engine, { _tag: "Insert", key: from, text, expiresAt })
    const renewal = { _tag: "Move", from, was: text, to, text, expiresAt, ifGone: "Refuse", forwards: true } as const
    return { from, to, renewal }
  }

  describe.each(engines)("on its %s engine, a renewed session", (engine) => {
    it("is not restored by a Django that read it before, and leaves nothing after clearsessions", async () => {
      const { from, renewal, to } = await session(engine)
      const marker = freshKey()
      const late = python(
        engine,
        `
s = SessionStore(given[0])
s["late"] = 1
SessionStore(given[1]).save(must_create=True)
while "_auth_user_id" in SessionStore(given[0]): time.sleep(0.02)
answer = []
for attempt in (lambda: s.save(), lambda: SessionStore(given[0]).save()):
    try: attempt(); answer.append("saved")
    except UpdateError: answer.append("UpdateError")
s = SessionStore(given[0])
s.clear()
try: s.save(); answer.append("saved")
except UpdateError: answer.append("UpdateError")
SessionStore.clear_expired()`,
        [from, marker]
      )
      // Wait until Django has read the session.
      while ((await load(engine, marker))._tag === "SessionAbsent") await sleep(20)
      expect(await commit(engine, renewal)).toMatchObject({ _tag: "Committed" })
      // Django's middleware raises SessionInterrupted, which is answered with a 400.
      expect(await late).toEqual(["UpdateError", "UpdateError", "UpdateError"])
      expect(await load(engine, from)).toEqual({ _tag: "SessionAbsent" })
      expect(await load(engine, to)).toMatchObject({ _tag: "SessionFound" })
      const left = { db: rows, cached_db: rows, file: files, cache: async () => [to] }
      expect(await left[engine](from, to)).toEqual([to])
    })

    it("is absent under the old key; a logout at latchkey with the old key still ends it after requests at Django", async () => {
      const { from, renewal, to } = await session(engine)
      await commit(engine, renewal)
      const seen = await python(
        engine,
        `
s = SessionStore(given[0])
answer = [dict(s.items()), s.session_key, dict(SessionStore(given[1]).items())]
s.flush()
SessionStore(given[0]).delete()`,
        [from, to]
      )
      expect(seen).toEqual([{}, null, { _auth_user_id: "1" }])
      expect(await commit(engine, { _tag: "Delete", key: from })).toEqual({ _tag: "Moved", to })
    })
  })

  /** Session keys whose file or row concerns either session. */
  const files = async (from: string, to: string): Promise<unknown> =>
    readdirSync(directory)
      .filter((name) => name.includes(from) || name.includes(to))
      .map((name) => name.replace("sessionid", ""))
  const rows = (from: string, to: string): Promise<unknown> =>
    site.manage(
      `
from django.contrib.sessions.models import Session
answer = [key for key in Session.objects.values_list("session_key", flat=True) if given[0] in key or given[1] in key]`,
      [from, to]
    )
})
