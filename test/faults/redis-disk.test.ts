/**
 * Every operation when Redis has no space left: its disk is full, so that it cannot save its data and refuses writes
 * (`MISCONF`), or its memory is (`maxmemory` without eviction, `OOM`). Redis keeps the sessions, or is the cache in front
 * of them. Where no file system may be mounted, the folder of its file is removed instead of filled.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { SessionStore } from "latchkey"
import { cachedDbSessions } from "latchkey/cached-db"
import { type RedisSessions, redisSessions } from "latchkey/redis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Site } from "../full-stack/site.ts"
import { fastFolder } from "../rig/fast-folder.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"
import { type SmallDisk, smallDisk } from "../rig/small-disk.ts"
import { cacheRefuses, type Fault, readOnly, runFault, writesRefused } from "./matrix.ts"
import { startFaultySite } from "./visitor.ts"

const isAvailable = [service("postgres"), service("redis")].every(({ available }) => available)

describe.skipIf(!isAvailable)("each operation, when Redis has no space left", () => {
  let database: PostgresServer
  let server: RedisServer
  let disk: SmallDisk | undefined
  let folder = ""
  let stores: ReadonlyArray<RedisSessions> = []
  let ownSite: Site
  let cachedSite: Site

  beforeAll(async () => {
    disk = smallDisk(8)
    folder = disk?.folder ?? join(fastFolder("redis-disk"), "data")
    mkdirSync(folder, { recursive: true })
    database = await startPostgres()
    server = await startRedis("--dir", folder)
    const own = redisSessions({ url: server.url, userSessions: true })
    const cache = redisSessions({ url: server.url, sessionPrefix: "django.contrib.sessions.cached_db" })
    stores = [own, cache]
    const start = async (sessions: (rows: SessionStore) => SessionStore) =>
      startFaultySite({ url: await database.createDatabase() }, { userSessions: true, sessions })
    ownSite = await start(() => own)
    cachedSite = await start((rows) => cachedDbSessions({ rows, cache }))
  })
  afterAll(async () => {
    await ownSite?.stop()
    await cachedSite?.stop()
    for (const store of stores) await store.close()
    await server?.stop()
    await database?.stop()
    disk?.remove()
  })

  const configure = (name: string, value: string) => server.ask("CONFIG", "SET", name, value)

  /** Waits until Redis has tried to save its data. */
  const saved = async (status: "ok" | "err") => {
    await server.ask("BGSAVE")
    for (;;) {
      const info = String(await server.ask("INFO", "persistence"))
      if (info.includes("rdb_bgsave_in_progress:0") && info.includes(`rdb_last_bgsave_status:${status}`)) return
      await sleep(20)
    }
  }

  const filler = () => join(folder, "filler")
  const fillDisk = () => {
    const file = openSync(filler(), "w")
    for (const size of [65_536, 1])
      try {
        for (;;) writeSync(file, Buffer.alloc(size))
      } catch (cause) {
        expect(cause).toMatchObject({ code: "ENOSPC" })
      }
    closeSync(file)
  }

  const fullDisk: Pick<Fault, "strike" | "heal"> = {
    strike: async () => {
      if (disk === undefined) rmSync(folder, { recursive: true })
      else fillDisk()
      await configure("save", "3600 1")
      await saved("err")
    },
    heal: async () => {
      if (disk === undefined) mkdirSync(folder)
      else rmSync(filler())
      // A new folder of the same name is not the one that the server is in.
      if (disk === undefined) await configure("save", "")
      else await saved("ok")
    }
  }
  const fullMemory: Pick<Fault, "strike" | "heal"> = {
    strike: async () => {
      await configure("maxmemory-policy", "noeviction")
      await configure("maxmemory", "1")
    },
    heal: () => configure("maxmemory", "0")
  }

  it("on its disk, with the sessions in it", () =>
    runFault(ownSite, { ...fullDisk, row: readOnly, carriedOut: "never", passwordMayChange: true }))

  it("on its disk, as the cache of the sessions", () =>
    runFault(cachedSite, { ...fullDisk, row: cacheRefuses, carriedOut: "never", passwordMayChange: true }))

  it("in its memory, with the sessions in it", () =>
    runFault(ownSite, { ...fullMemory, row: writesRefused, carriedOut: "never", passwordMayChange: true }))

  it("in its memory, as the cache of the sessions", () =>
    runFault(cachedSite, { ...fullMemory, row: cacheRefuses, carriedOut: "never", passwordMayChange: true }))
})
