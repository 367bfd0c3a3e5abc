/**
 * WebSockets of users on real servers and stores: a socket ends with the login of its user, also if another process of the
 * application ends the login. Each application runs in two processes.
 */
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { type Child, start } from "../rig/child.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"

const needs = [service("postgres"), service("redis")]

/** How often the sockets are checked, how long they may stay unverified, and how long a read of a store may take. */
const [everySeconds, graceSeconds, deadlineSeconds] = [0.3, 6, 1]

const applications = [
  { framework: "express", store: "PostgreSQL" },
  { framework: "koa", store: "PostgreSQL" },
  { framework: "fastify", store: "PostgreSQL" },
  { framework: "hono", store: "PostgreSQL" },
  { framework: "express", store: "Redis" }
] as const

describe.skipIf(!needs.every(({ available }) => available))("WebSockets", () => {
  let database: PostgresServer
  let redis: RedisServer
  const children: Array<Child> = []
  /** The addresses of the processes, by framework and store. */
  const addresses = new Map<string, string>()

  beforeAll(async () => {
    ;[database, redis] = await Promise.all([startPostgres(), startRedis()])
    const launch = async (name: string, framework: string, store: string): Promise<void> => {
      const env = {
        DATABASE_URL: database.url,
        REDIS_URL: store === "Redis" ? redis.url : undefined,
        FRAMEWORK: framework,
        EVERY: String(everySeconds),
        GRACE: String(graceSeconds)
      }
      const child = start(process.execPath, [join(import.meta.dirname, "socket-application.ts")], { env })
      children.push(child)
      const [, url = ""] = await child.printed(/listening at (\S+) /, 60_000)
      addresses.set(name, url)
    }
    // The first one creates the tables.
    await launch("elsewhere PostgreSQL", "express", "PostgreSQL")
    await Promise.all([
      launch("elsewhere Redis", "express", "Redis"),
      ...applications.map(({ framework, store }) => launch(`${framework} ${store}`, framework, store))
    ])
  })
  afterAll(async () => {
    await Promise.all(children.map((child) => child.kill()))
    await database?.stop()
    await redis?.stop()
  })

  let users = 0
  describe.each(applications)("on $framework and $store", ({ framework, store }) => {
    let here = ""
    let elsewhere = ""
    beforeAll(() => {
      here = addresses.get(`${framework} ${store}`) ?? ""
      elsewhere = addresses.get(`elsewhere ${store}`) ?? ""
    })
    /** Requests a page with this cookie. Returns the session cookie afterwards. */
    const visit = async (url: string, path: string, cookie = ""): Promise<string> => {
      const response = await fetch(url + path, { headers: { cookie } })
      expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/done|no such user/)])
      const set = response.headers.getSetCookie().find((line) => line.startsWith("sessionid="))
      return set?.split(";")[0] ?? cookie
    }
    const open = async (cookie: string, headers: Readonly<Record<string, string>> = { origin: here }) => {
      const socket = new WebSocket(here.replace("http", "ws"), { headers: { cookie, ...headers } })
      const closed = once(socket, "close").then(([code, why]) => `${code} ${why}`)
      closed.catch(() => {})
      await once(socket, "open")
      return { socket, closed, isOpen: () => socket.readyState === WebSocket.OPEN }
    }
    /** A new user who is logged in, with an open socket. */
    const opened = async (login = "") => {
      users += 1
      const user = `user=alice${users}`
      await visit(elsewhere, `/create?${user}`)
      const cookie = await visit(elsewhere, `/login?${user}${login}`)
      return { user, cookie, ...(await open(cookie)) }
    }
    /** Resolves if the socket ends soon enough. */
    const endsWithin = async (closed: Promise<string>, seconds: number): Promise<string> =>
      Promise.race([closed, sleep(seconds * 1000 + 10_000, "still open")])

    it.each(["here", "elsewhere"] as const)("a logout %s ends the socket, and no other one", async (where) => {
      const [alice, bob] = [await opened(), await opened()]
      await sleep(2 * everySeconds * 1000)
      expect(alice.isOpen()).toBe(true)
      await visit(where === "here" ? here : elsewhere, "/logout", alice.cookie)
      expect(await endsWithin(alice.closed, everySeconds)).toBe("4401 ended")
      expect(bob.isOpen()).toBe(true)
      bob.socket.terminate()
    })

    it("it opens only for pages of this site, and for users", async () => {
      const { cookie, socket } = await opened()
      socket.terminate()
      await expect(open(cookie, { origin: "https://evil.example" })).rejects.toThrow("403")
      await expect(open(cookie, { origin: "null" })).rejects.toThrow("403")
      await expect(open(cookie, {})).rejects.toThrow("403")
      await expect(open("")).rejects.toThrow("401")
    })

    // What does not depend on the framework is tried with one of them.
    if (framework === "express") {
      it.each(["/password", "/deactivate"])("a request to %s of an administrator elsewhere ends it", async (path) => {
        const { closed, isOpen, user } = await opened()
        await sleep(everySeconds * 1000)
        expect(isOpen()).toBe(true)
        await visit(elsewhere, `${path}?${user}`)
        expect(await endsWithin(closed, everySeconds)).toBe("4401 ended")
      })

      it("it ends when the session expires, and not before", async () => {
        const { closed, isOpen } = await opened("&seconds=5")
        await sleep(1000)
        expect(isOpen()).toBe(true)
        expect(await endsWithin(closed, 4 + everySeconds)).toBe("4401 ended")
      })

      it("an outage does not end it, and does not keep it for longer than is said", async () => {
        const server = store === "Redis" ? redis : database
        const [{ closed, cookie, isOpen }, other] = [await opened(), await opened()]
        server.suspend()
        try {
          await sleep(1000)
          expect(isOpen()).toBe(true)
        } finally {
          server.resume()
        }
        await sleep((everySeconds + deadlineSeconds) * 1000)
        expect(isOpen()).toBe(true)
        await visit(elsewhere, "/logout", cookie)
        expect(await endsWithin(closed, everySeconds)).toBe("4401 ended")
        server.suspend()
        try {
          const seconds = graceSeconds + everySeconds + deadlineSeconds
          expect(await endsWithin(other.closed, seconds)).toBe("4401 unverified")
        } finally {
          server.resume()
        }
      })
    }
  })
})
