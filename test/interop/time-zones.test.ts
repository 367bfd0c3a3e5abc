/** Expiry dates beside a Django without USE_TZ, which stores them in local time: each side reads the other's. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { cachedDbSessions } from "../../src/adapters/store/cached-db.ts"
import { fileSessions } from "../../src/adapters/store/file.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { type DjangoUser, type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { offsetSecondsOf } from "../../src/core/time-zone.ts"
import { browser } from "../adapters/request/site.ts"
import { type Django, django, djangoService } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

/**
 * Stores sessions that expire at the given local times. The row holds the instant of each; `age` is Django's result.
 */
const WRITE = `
import datetime, importlib
from django.db import connection
from django.test import override_settings
engine = importlib.import_module("django.contrib.sessions.backends." + given["engine"])
with override_settings(**given["settings"]):
    connection.close()
    answer = []
    for text in given["ends"]:
        s = engine.SessionStore()
        s.set_expiry(datetime.datetime.fromisoformat(text))
        s.create()
        row = None
        if given["engine"] == "db":
            with connection.cursor() as cursor:
                cursor.execute("SELECT extract(epoch from expire_date)::float * 1000 FROM django_session WHERE session_key = %s", [s.session_key])
                row = cursor.fetchone()[0]
        answer.append({"key": s.session_key, "row": row})
`

/** Loads sessions, writes each again, and returns what Django reads as their expiry. */
const READ = `
import importlib
from django.db import connection
from django.test import override_settings
engine = importlib.import_module("django.contrib.sessions.backends." + given["engine"])
with override_settings(**given["settings"]):
    connection.close()
    answer = []
    for key in given["keys"]:
        s = engine.SessionStore(key)
        found = s.get("mark")
        answer.append({"mark": found, "age": s.get_expiry_age(), "date": s.get_expiry_date().isoformat()})
        s["again"] = True
        s.save()
`

const Written = Schema.Array(Schema.Struct({ key: Schema.String, row: Schema.NullOr(Schema.Number) }))
const Read = Schema.Array(
  Schema.Struct({ mark: Schema.NullOr(Schema.Number), age: Schema.Number, date: Schema.String })
)

describe.skipIf(!available)("the end of a session beside Django", () => {
  let oracle: Django
  let pg: PostgresStores<DjangoUser>
  let server: Awaited<ReturnType<typeof startPostgres>>
  const directory = mkdtempSync(join(tmpdir(), "latchkey-zones-"))

  beforeAll(async () => {
    server = await startPostgres()
    oracle = django({ databaseUrl: server.url, secretKey, sessionFilePath: directory })
    await oracle.migrate()
    pg = postgres({ ...patient, url: server.url })
  })
  afterAll(async () => {
    await pg?.close()
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const ours = (sessions: SessionStore, options: Partial<AuthOptions<DjangoUser, AnyFields>>) =>
    createAuth({
      secretKey,
      djangoVersion: "4.2",
      sessions,
      backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
      ...options
    })
  const headOf = (key: string) => ({
    method: "GET",
    target: "/",
    headers: [["Cookie", `sessionid=${key}`] as const],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })

  const places = [
    { timeZone: "UTC", local: ["2031-01-15T12:00:00", "2031-07-15T12:00:00.250000"] },
    {
      timeZone: "Europe/Berlin",
      // The clock skips the second time and shows the third one twice.
      local: ["2031-01-15T12:00:00", "2031-03-30T02:30:00", "2031-10-26T02:30:00", "2031-07-15T00:00:00"]
    },
    { timeZone: "America/Chicago", local: ["2031-03-09T02:15:00", "2031-11-02T01:59:59", "2031-07-04T23:00:00"] },
    { timeZone: "Australia/Lord_Howe", local: ["2031-10-05T02:15:00", "2031-04-06T01:45:00"] }
  ]

  describe.each(places)("in $timeZone", ({ local, timeZone }) => {
    it("is the instant of Django's row, for both forms that latchkey itself writes", async () => {
      const settings = { USE_TZ: false, TIME_ZONE: timeZone }
      const written = Schema.decodeUnknownSync(Written)(
        await oracle.manage(WRITE, { engine: "db", settings, ends: local })
      )
      for (const useTimeZones of [true, false]) {
        const auth = ours(pg.sessions, { timeZone, useTimeZones })
        const ends = written.map(async ({ key }) => (await auth.reader(headOf(key)).session.expiresAt()).getTime())
        expect(await Promise.all(ends)).toEqual(written.map(({ row }) => row))
      }
    })

    it("is read by Django as latchkey stored it, and a request that writes keeps it", async () => {
      const settings = { USE_TZ: false, TIME_ZONE: timeZone }
      const auth = ours(pg.sessions, { timeZone, useTimeZones: false })
      const keys: Array<string> = []
      const instants = [Date.now() + 90_000, Date.parse("2031-03-30T01:30:00Z"), Date.parse("2031-07-15T12:00:00.25Z")]
      for (const [mark, at] of instants.entries()) {
        const visitor = browser({ auth: auth as never })
        await visitor.visit(async ({ session }) => {
          await session.set("mark", mark)
          await session.setExpiry(new Date(at))
        })
        const headers = await visitor.visit(({ session }) => session.set("once", "more"))
        expect(Number(/Max-Age=(-?\d+)/.exec(headers.cookies[0] ?? "")?.[1])).toBeGreaterThan(60)
        keys.push(visitor.cookies.get("sessionid") ?? "")
      }
      const read = Schema.decodeUnknownSync(Read)(await oracle.manage(READ, { engine: "db", settings, keys }))
      expect(read.map(({ mark }) => mark)).toEqual([0, 1, 2])
      expect(read[0]?.age).toBeGreaterThan(60)
      expect(read[0]?.age).toBeLessThanOrEqual(90)
      const { session } = auth.reader(headOf(keys[2] ?? ""))
      expect(await session.keys()).toContain("again")
      expect(await session.expiresAt()).toEqual(new Date("2031-07-15T12:00:00.25Z"))
    })
  })

  it("of the engine file is in the application's time zone", async () => {
    const timeZone = "America/Chicago"
    const settings = { USE_TZ: false, TIME_ZONE: timeZone }
    const inAnHour = Date.now() + 3600_000
    const soon = new Date(inAnHour + offsetSecondsOf(timeZone, inAnHour) * 1000).toISOString().slice(0, 19)
    const [written] = Schema.decodeUnknownSync(Written)(
      await oracle.manage(WRITE, { engine: "file", settings, ends: [soon, "2031-07-04T23:00:00"] })
    )
    const store = fileSessions({ directory })
    const auth = ours(store, { timeZone, useTimeZones: false })
    const key = written?.key ?? ""
    // If this time were read as UTC, the session would have expired hours ago.
    expect(await auth.reader(headOf(key)).session.keys()).toEqual(["_session_expiry"])
    expect(await auth.clearSessions()).toBe(0)
  })

  it("of the engine cached_db is the same from its rows and from the cache", async () => {
    const timeZone = "Asia/Tokyo"
    const settings = { USE_TZ: false, TIME_ZONE: timeZone }
    const inAnHour = Math.floor(Date.now() / 1000) * 1000 + 3600_000
    const text = new Date(inAnHour + offsetSecondsOf(timeZone, inAnHour) * 1000).toISOString().slice(0, 19)
    const [written] = Schema.decodeUnknownSync(Written)(
      await oracle.manage(WRITE, { engine: "db", settings, ends: [text] })
    )
    const cache = memory().sessions
    const stores = postgres({ ...patient, url: server.url })
    const auth = ours(cachedDbSessions({ rows: stores.sessions, cache }), { timeZone, useTimeZones: false })
    for (const cached of [0, 1]) {
      expect(cache.rows.size).toBe(cached)
      expect(await auth.reader(headOf(written?.key ?? "")).session.expiresAt()).toEqual(new Date(inAnHour))
    }
    const [entry] = cache.rows.values()
    expect(entry?.expiresAt).toBe(inAnHour)
    await stores.close()
  })

  it("is read by a Django with USE_TZ as latchkey stored it with useTimeZones", async () => {
    const auth = ours(pg.sessions, { timeZone: "Europe/Berlin" })
    const visitor = browser({ auth: auth as never })
    await visitor.visit(({ session }) => session.setExpiry(new Date(Date.now() + 90_000)))
    const settings = { USE_TZ: true, TIME_ZONE: "Europe/Berlin" }
    const keys = [visitor.cookies.get("sessionid")]
    const [read] = Schema.decodeUnknownSync(Read)(await oracle.manage(READ, { engine: "db", settings, keys }))
    expect(read?.age).toBeGreaterThan(60)
    expect(read?.age).toBeLessThanOrEqual(90)
  })
})
