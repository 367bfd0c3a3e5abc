/** What `latchkey doctor` finds about throttling: each fault is made on a real server. */
import sql from "postgres"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { throttleFindings } from "../../src/adapters/cli/doctor/throttle-findings.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { ThrottleStore } from "../../src/adapters/ports/throttle-store.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory, memoryThrottle } from "../../src/adapters/store/memory.ts"
import { postgresThrottle } from "../../src/adapters/store/postgres.ts"
import { redisClusterThrottle, redisThrottle } from "../../src/adapters/store/redis.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { startRedis } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"

const diagnose = async (store: ThrottleStore | undefined, more: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
  const { sessions, users } = memory()
  const auth = createAuth<MemoryUser, AnyFields>({
    ...{ secretKey: "s", sessions, backends: { model: modelBackend(users) } },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    ...(store && { throttle: { store } }),
    ...more
  })
  return throttleFindings(await auth.diagnose())
}
const found = async (...of: Parameters<typeof diagnose>) =>
  (await diagnose(...of)).map(({ code, confidence, severity }) => [code, severity, confidence])

const sharedSessions = () => {
  const { sessions } = memory()
  return { sessions: { ...sessions, capabilities: { ...sessions.capabilities, sharedWithDjango: true } } }
}

describe("doctor, on throttling", () => {
  afterEach(() => vi.unstubAllEnvs())

  it("says that failed logins are not limited, more so in production", async () => {
    expect(await found(undefined)).toEqual([["throttle.off", "note", "possible"]])
    vi.stubEnv("NODE_ENV", "production")
    vi.spyOn(console, "warn").mockImplementation(() => {})
    const secretKey = "j2-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-throttle"
    expect(await found(undefined, { secretKey })).toEqual([["throttle.off", "warning", "possible"]])
    expect(await found(undefined, { secretKey, beforeAttempt: () => {} })).toEqual([])
  })

  it("says that one process counts alone, if there may be several", async () => {
    expect(await found(memoryThrottle())).toEqual([])
    expect(await found(memoryThrottle(), sharedSessions())).toEqual([["throttle.process", "note", "possible"]])
    vi.stubEnv("WEB_CONCURRENCY", "4")
    expect(await found(memoryThrottle())).toEqual([["throttle.process", "note", "likely"]])
    expect((await diagnose(memoryThrottle()))[0]?.problem).toContain("WEB_CONCURRENCY asks for 4 processes")
    expect(await found({ take: memoryThrottle().take, settle: memoryThrottle().settle }, sharedSessions())).toEqual([])
  })

  it("says that all clients have the proxy's address without clientAddress", async () => {
    const proxied = { secureProxyHeader: ["X-Forwarded-Proto", "https"] } as const
    expect(await found(memoryThrottle(), proxied)).toEqual([["throttle.address", "note", "likely"]])
    expect(await found(memoryThrottle(), { useForwardedHost: true })).toEqual([["throttle.address", "note", "likely"]])
    expect(await found(memoryThrottle(), { ...proxied, clientAddress: () => "192.0.2.1" })).toEqual([])
  })

  it("says that a framework without a socket knows no address without clientAddress", async () => {
    const { sessions, users } = memory()
    const options = {
      secretKey: "s",
      sessions,
      backends: { m: modelBackend(users) },
      throttle: { store: memoryThrottle() }
    }
    const facts = await createAuth(options).diagnose()
    expect(throttleFindings(facts)).toEqual([])
    expect(throttleFindings(facts, "Hono")).toMatchObject([
      { code: "throttle.address", problem: "the option clientAddress is not set, and Hono knows no socket" }
    ])
    expect(
      throttleFindings(await createAuth({ ...options, clientAddress: () => undefined }).diagnose(), "Hono")
    ).toEqual([])
  })

  it("says nothing if that is not known", async () => {
    const auth = createAuth({
      secretKey: "s",
      sessions: memory().sessions,
      backends: { m: modelBackend(memory().users) }
    })
    expect(throttleFindings({ ...(await auth.diagnose()), throttle: undefined })).toEqual([])
  })

  it("says that the server does not answer", async () => {
    for (const store of [
      postgresThrottle({ url: "postgres://postgres@127.0.0.1:1/postgres" }),
      redisThrottle({ url: "redis://127.0.0.1:1" }),
      redisClusterThrottle({ urls: ["redis://127.0.0.1:1"] })
    ])
      expect(await found(store)).toEqual([["throttle.unreachable", "error", "certain"]])
  })
})

describe.skipIf(!service("postgres").available)("doctor, on the throttle in PostgreSQL", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  it("finds nothing in a sound table, and a table that is missing, incomplete or without its indexes", async () => {
    const url = await server.createDatabase()
    const db = sql(url, { max: 1, onnotice: () => {} })
    const store = postgresThrottle({ url })
    const [missing] = await diagnose(store)
    expect(missing).toMatchObject({ code: "table.missing", severity: "error", confidence: "certain" })
    expect(missing?.problem).toBe('there is no table "latchkey_throttle"')
    expect(missing?.effect).toBe("no user can log in: logins are answered with 503")
    expect(missing?.remedy).toContain("npx latchkey migrate")
    await store.createTables()
    expect(await found(store, sharedSessions())).toEqual([])
    await db`ALTER TABLE latchkey_throttle DROP CONSTRAINT latchkey_throttle_pkey`
    await db`DROP INDEX latchkey_throttle_forgotten_at_idx`
    expect((await found(store)).map(([code]) => code)).toEqual(["table.not-unique", "table.no-index"])
    await db`ALTER TABLE latchkey_throttle DROP COLUMN taken_in`
    expect((await found(store)).map(([code]) => code)).toContain("table.columns")
    await Promise.all([store.close(), db.end()])
  })

  it("finds keys that pile up", async () => {
    const url = await server.createDatabase()
    const db = sql(url, { max: 1, onnotice: () => {} })
    const store = postgresThrottle({ url })
    await store.createTables()
    await db`INSERT INTO latchkey_throttle SELECT 'account:' || i, 1, 'epoch', now() - interval '1 day', 1
      FROM generate_series(1, 9999) i`
    expect(await found(store)).toEqual([])
    await db`INSERT INTO latchkey_throttle SELECT 'network:' || i, 1, 'epoch', now() - interval '1 day', 1
      FROM generate_series(1, 1) i`
    expect(await found(store)).toEqual([["throttle.forgotten", "warning", "certain"]])
    await Promise.all([store.close(), db.end()])
  })
})

describe.skipIf(!service("redis").available)("doctor, on the throttle in Redis", () => {
  it("finds that keys are deleted when the memory is full", async () => {
    const server = await startRedis()
    const store = redisThrottle({ url: server.url })
    expect(await found(store, sharedSessions())).toEqual([])
    await server.ask("CONFIG", "SET", "maxmemory", "100mb")
    await server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    expect(await found(store)).toEqual([["throttle.eviction", "note", "likely"]])
    await store.close()
    await server.stop()
  })
})
