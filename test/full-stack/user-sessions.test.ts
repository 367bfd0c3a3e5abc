/**
 * The laws on the end of sessions, in every order of the store calls of two requests, on a real PostgreSQL, Redis and
 * Redis Cluster. A store call is one step here, also where a cluster needs several commands for it.
 */
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import type { UserStore } from "../../src/adapters/ports/user-store.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { type DjangoUser, type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { type RedisSessions, redisClusterSessions, redisSessions } from "../../src/adapters/store/redis.ts"
import { Browser, Gate, type LawSite, laws } from "../../src/testing/index.ts"
import { patient, patientRedis } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisCluster, startRedis, startRedisCluster } from "../rig/redis-server.ts"
import { longSuite, service } from "../rig/services.ts"

const origin = "http://localhost"
const users = [
  { username: "alice", password: "alice's password" },
  { username: "bob", password: "bob's password" }
] as const

interface Named {
  readonly username: string
}

/** A site on these stores, whose pages are GET requests. */
const siteOn = async <User extends object & Named>(
  stores: { readonly sessions: SessionStore; readonly users: UserStore<User> },
  clear: () => Promise<unknown>
): Promise<LawSite> => {
  const gate = new Gate()
  const { sessions, users: gated } = gate.stores(stores)
  const auth = createAuth({
    secretKey: "the secret key of a site for tests only",
    sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(gated) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    deadlineSeconds: 60
  })
  for (const user of users) await auth.createUser(user)
  const app = withAuth(auth, async (request, context) => {
    const { pathname, searchParams } = new URL(request.url)
    const { session } = context
    switch (pathname) {
      case "/login": {
        const [username = "", password = ""] = ["username", "password"].map((name) => searchParams.get(name) ?? "")
        const user = await context.authenticate({ username, password })
        if (user === undefined) return new Response(null, { status: 401 })
        await context.login(user)
        break
      }
      case "/logout":
        await context.logout()
        break
      case "/write":
        await session.set("written", 1)
        break
      case "/renew":
        await session.cycleKey()
        break
      case "/end":
        await context.endSession(searchParams.get("id") ?? "")
        break
      case "/end-others":
        await context.endOtherSessions()
        if ((await context.getUser()) === undefined) return new Response(null, { status: 401 })
        break
      case "/sessions":
        return Response.json(await context.listSessions())
    }
    return Response.json({ user: (await context.getUser())?.username })
  })
  const page = (browser: Browser, path: string) => browser.fetch(app, path)
  return {
    gate,
    incomplete: "allowed",
    patience: 2000,
    reset: async () => void (await clear()),
    browser: () => new Browser({ origin }),
    cookie: "sessionid",
    users,
    user: async (response) => {
      const { user } = Object(await response.json())
      return typeof user === "string" ? user : undefined
    },
    pages: {
      visit: (browser) => page(browser, "/"),
      login: (browser, user) => page(browser, `/login?${new URLSearchParams({ ...user })}`),
      logout: (browser) => page(browser, "/logout"),
      write: (browser) => page(browser, "/write"),
      cycle: (browser) => page(browser, "/renew"),
      endSession: (browser, id) => page(browser, `/end?id=${encodeURIComponent(id)}`),
      endOtherSessions: (browser) => page(browser, "/end-others"),
      listSessions: async (browser) => {
        const listed: unknown = await (await page(browser, "/sessions")).json()
        return Array.isArray(listed) ? listed : []
      }
    }
  }
}

const ids = [
  "ending-other-sessions-leaves-one",
  "an-ended-session-stays-ended",
  "a-user-sees-their-own-sessions",
  "a-logout-is-final"
]

describe.skipIf(![longSuite(), service("postgres")].every(({ available }) => available))("on PostgreSQL", () => {
  let server: PostgresServer
  let pg: PostgresStores<DjangoUser>
  let db: sql.Sql
  let site: LawSite
  beforeAll(async () => {
    server = await startPostgres()
    pg = postgres({ ...patient, url: server.url, userSessions: true })
    await pg.createTables()
    db = sql(server.url, { max: 1 })
    site = await siteOn(pg, () => db`TRUNCATE django_session, latchkey_user_session`)
  })
  afterAll(async () => {
    await db?.end()
    await pg?.close()
    await server?.stop()
  })
  it.each(ids)("the law %s holds", { timeout: 280_000 }, async (id) => {
    const law = laws(site).find((one) => one.id === id) ?? expect.fail(`no law ${id}`)
    expect((await law.check()).orders).toBeGreaterThan(10)
  })
})

describe.skipIf(![longSuite(), service("redis")].every(({ available }) => available))("on Redis", () => {
  it.each(ids)("the law %s holds", { timeout: 280_000 }, async (id) => {
    const server = await startRedis()
    const sessions = redisSessions({ ...patientRedis, url: server.url, userSessions: true })
    try {
      const site = await siteOn({ sessions, users: memory().users }, () => server.ask("FLUSHALL"))
      const law = laws(site).find((one) => one.id === id) ?? expect.fail(`no law ${id}`)
      expect((await law.check()).orders).toBeGreaterThan(10)
    } finally {
      await sessions.close()
      await server.stop()
    }
  })
})

describe.skipIf(![longSuite(), service("redis")].every(({ available }) => available))("on a Redis cluster", () => {
  let cluster: RedisCluster
  let sessions: RedisSessions
  let site: LawSite
  beforeAll(async () => {
    cluster = await startRedisCluster()
    sessions = redisClusterSessions({ ...patientRedis, urls: cluster.urls, userSessions: true })
    const clear = () => Promise.all(cluster.nodes.map((node) => node.ask("FLUSHALL")))
    site = await siteOn({ sessions, users: memory().users }, clear)
  })
  afterAll(async () => {
    await sessions?.close()
    await cluster?.stop()
  })
  it.each(ids)("the law %s holds", { timeout: 280_000 }, async (id) => {
    const law = laws(site).find((one) => one.id === id) ?? expect.fail(`no law ${id}`)
    expect((await law.check()).orders).toBeGreaterThan(10)
  })
})
