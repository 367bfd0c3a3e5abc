/**
 * The database is out of reach, behind a network that misbehaves. Each outage is a 503 within a time limit. It is never
 * an anonymous answer to a user and sets no cookie. Afterwards every user is still logged in.
 *
 * The time limit: a request may wait for the client's deadline (1 s) twice, once to read and once to try again, and 3 s
 * in all.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "latchkey"
import { createClient } from "latchkey/postgres"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { Answer, Browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import { loggedIn, type Page, passwordOf, type Site, startSite, whoIs } from "./site.ts"

const DEADLINE_MS = 3000
/** Extra time for a machine that is busy with other work. */
const SLACK_MS = 1000

describe.skipIf(!service("postgres").available)("the example, when the database", () => {
  let server: PostgresServer
  let proxy: TcpProxy
  /** Reaches the database through the proxy. */
  let site: Site
  /** Reaches the database directly. */
  let witness: Site

  /** Causes the fault between reading and writing. */
  let strike: () => unknown = () => {}
  const pages: Readonly<Record<string, Page>> = {
    "/struck": async (_req, res, { session }) => {
      await session.get("marker")
      await strike()
      await session.set("marker", "new")
      res.end("{}")
    },
    "/struck/logout": async (_req, res, { getUser, logout }) => {
      await getUser()
      await strike()
      await logout()
      res.end("{}")
    }
  }

  beforeAll(async () => {
    server = await startPostgres()
    proxy = await startProxy(server)
    site = await startSite({ url: proxy.through(server.url) }, { pages })
    witness = await startSite({ url: server.url })
  })
  afterAll(async () => {
    await proxy?.heal()
    await site?.stop()
    await witness?.stop()
    await proxy?.close()
    await server?.stop()
  })
  afterEach(async () => {
    await proxy.heal()
    // Only outages are reported to the operator.
    expect(site.bugs.filter((error) => !(error instanceof StoreUnavailable))).toEqual([])
  })

  /** Each request is made by a visitor of its own, who is logged in as alice. */
  const requests = {
    "GET /me": (visitor: Browser) => visitor.get(site, "/me"),
    "GET /members": (visitor: Browser) => visitor.get(site, "/members"),
    "GET /session": (visitor: Browser) => visitor.get(site, "/session"),
    "POST /session": (visitor: Browser) => visitor.post(site, "/session", { cart: [1] }),
    "POST /login": (visitor: Browser) =>
      visitor.post(site, "/login", { username: "alice", password: passwordOf("alice") }),
    "POST /logout": (visitor: Browser) => visitor.post(site, "/logout")
  } as const
  type Name = keyof typeof requests
  const names = Object.keys(requests) as ReadonlyArray<Name>

  interface Visit {
    readonly name: Name
    readonly visitor: Browser
    readonly answer: Answer
    readonly ms: number
    /** The cookies that the browser had before. */
    readonly cookie: string | undefined
  }

  const timed = async <A>(run: () => Promise<A>): Promise<readonly [A, ms: number]> => {
    const since = performance.now()
    const value = await run()
    return [value, performance.now() - since]
  }

  const visitors = async (): Promise<ReadonlyMap<Name, Browser>> =>
    new Map(await Promise.all(names.map(async (name) => [name, await loggedIn(site, "alice")] as const)))

  /** Sends all of them concurrently, and with them a request that needs no session. */
  const visitAll = async (all: ReadonlyMap<Name, Browser>): Promise<ReadonlyArray<Visit>> => {
    const visits = Promise.all(
      Array.from(all, async ([name, visitor]): Promise<Visit> => {
        const cookie = visitor.jar.get("sessionid")
        const [answer, ms] = await timed(() => requests[name](visitor))
        return { name, visitor, answer, ms, cookie }
      })
    )
    for (let round = 0; round < 3; round++) {
      const bystander = await loggedIn(witness, "bob")
      const [answer, ms] = await timed(() => bystander.get(site, "/anon"))
      expect([answer.status, answer.text, answer.cookies]).toEqual([200, "ok", []])
      expect(ms).toBeLessThan(1000)
      await sleep(50)
    }
    return visits
  }

  const isThere = async (key = ""): Promise<boolean> =>
    (await witness.query("SELECT 1 FROM django_session WHERE session_key = $1", key)).length > 0

  const expectUnavailable = ({ answer, ms, visitor, cookie }: Omit<Visit, "name">) => {
    expect([answer.status, answer.text]).toEqual([503, '{"error":"unavailable"}'])
    expect(answer.headers.get("content-type")).toBe("application/json")
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
    expect(answer.cookies).toEqual([])
    expect(visitor.jar.get("sessionid")).toBe(cookie)
    expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS)
  }

  const expectStillAlice = async ({ visitor, cookie }: Pick<Visit, "visitor" | "cookie">) => {
    expect(await whoIs(site, visitor)).toBe("alice")
    expect(visitor.jar.get("sessionid")).toBe(cookie)
  }

  describe.each([
    ["refuses connections", "unheard", () => proxy.refuse()],
    [
      "ends every new connection",
      "unheard",
      () => {
        proxy.hangUp()
        proxy.reset()
      }
    ],
    ["is frozen, and does not answer new connections", "perhaps heard", () => proxy.freeze()],
    ["reads requests and sends no answers", "perhaps heard", () => proxy.muteAnswers()],
    ["answers after the deadline", "perhaps heard", () => proxy.delay(1500)]
  ] as const)("%s", (_, heard, strikes) => {
    it("answers 503 in time, and every user is still logged in afterwards", async () => {
      const all = await visitors()
      await strikes()
      for (const visit of await visitAll(all)) expectUnavailable(visit)
      // Once more, now that no connection is left.
      const visits = await visitAll(all)
      for (const visit of visits) expectUnavailable(visit)
      await proxy.heal()
      for (const visit of visits) {
        // A logout whose answer was lost may have been done.
        const gone = visit.name === "POST /logout" && heard === "perhaps heard" && !(await isThere(visit.cookie))
        if (!gone) await expectStillAlice(visit)
        expect((await requests[visit.name](visit.visitor)).status).toBe(200)
      }
    })
  })

  describe.each([
    ["drops its connections silently and serves new ones", () => proxy.forget()],
    ["resets its connections and serves new ones", () => proxy.reset()],
    ["is slow, but not too slow", () => proxy.delay(100)],
    [
      "ends every connection",
      () =>
        witness.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    ]
  ] as const)("%s", (_, strikes) => {
    it("answers every request in time as if nothing had happened", async () => {
      const all = await visitors()
      await strikes()
      for (const { answer, ms, name, visitor } of await visitAll(all)) {
        expect([name, answer.status, ms < DEADLINE_MS + SLACK_MS]).toEqual([name, 200, true])
        expect(await whoIs(witness, visitor)).toBe(name === "POST /logout" ? undefined : "alice")
      }
    })
  })

  describe("ends connections in the middle of a statement", () => {
    /** Releases the locked table. */
    let release = async (): Promise<void> => {}
    afterEach(() => release())

    /** Locks this table: every statement that needs it waits until the lock is released. */
    const occupied = async (table: string) => {
      const holder = createClient({ url: server.url, max: 1 })
      const run = (text: string) => Effect.runPromise(holder.run((sql) => sql.unsafe(text).simple(), "once"))
      await run(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
      release = holder.close
      return {
        /** Ends the connections whose statements wait for the lock now. @returns how many */
        endWaiting: () =>
          vi.waitFor(
            async () => {
              const ended = await witness.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
              )
              expect(ended).not.toEqual([])
            },
            { timeout: 700, interval: 10 }
          ),
        leave: release
      }
    }

    it("tries again when it only reads, and finds the user", async () => {
      const visitor = await loggedIn(site, "alice")
      const table = await occupied("django_session")
      const visit = visitor.get(site, "/me")
      await table.endWaiting()
      await table.leave()
      const { cookies, status, text } = await visit
      expect({ cookies, status, text }).toEqual({ cookies: [], status: 200, text: '{"user":"alice"}' })
    })

    it.each(names)("answers %s with 503 when the second try fails too", async (name) => {
      const visitor = await loggedIn(site, "alice")
      const cookie = visitor.jar.get("sessionid")
      const table = await occupied(name === "POST /login" ? "auth_user" : "django_session")
      const visit = timed(() => requests[name](visitor))
      await table.endWaiting()
      await table.endWaiting()
      const [answer, ms] = await visit
      expectUnavailable({ answer, ms, visitor, cookie })
      await table.leave()
      await expectStillAlice({ visitor, cookie })
      expect((await requests[name](visitor)).status).toBe(200)
    })

    it("does not repeat a write that may have been done", async () => {
      const { cookie, visitor } = await arrive()
      const reached = Promise.withResolvers<Awaited<ReturnType<typeof occupied>>>()
      strike = async () => reached.resolve(await occupied("django_session"))
      const visit = timed(() => visitor.get(site, "/struck"))
      const table = await reached.promise
      await table.endWaiting()
      await table.leave()
      const [answer, ms] = await visit
      expectUnavailable({ answer, ms, visitor, cookie })
      await expectStillAlice({ visitor, cookie })
      expect(await markerOf(visitor)).toBe("old")
    })
  })

  describe.each([
    ["is lost between reading and writing", ["old"], () => proxy.refuse()],
    ["is frozen between reading and writing", ["old", "new"], () => proxy.freeze()],
    ["drops its connections silently between a read and a write", ["old"], () => proxy.forget()],
    ["writes, and the answer is lost", ["new"], () => proxy.muteAnswers()]
  ] as const)("%s", (_, outcomes, strikes) => {
    it("answers 503 and sets no cookie; the stored session is the old or the new one", async () => {
      strike = strikes
      const { cookie, visitor } = await arrive()
      const [answer, ms] = await timed(() => visitor.get(site, "/struck"))
      expectUnavailable({ answer, ms, visitor, cookie })
      await proxy.heal()
      await expectStillAlice({ visitor, cookie })
      expect(outcomes).toContain(await markerOf(visitor))
      strike = () => {}
      expect((await visitor.get(site, "/struck")).status).toBe(200)
      expect(await markerOf(visitor)).toBe("new")
    })
  })

  describe("is lost when the user logs out", () => {
    it("answers 503 and keeps the cookie; the user is still logged in and can try again", async () => {
      strike = () => proxy.refuse()
      const { cookie, visitor } = await arrive()
      const [answer, ms] = await timed(() => visitor.get(site, "/struck/logout"))
      expectUnavailable({ answer, ms, visitor, cookie })
      await proxy.heal()
      await expectStillAlice({ visitor, cookie })
      strike = () => {}
      expect((await visitor.get(site, "/struck/logout")).status).toBe(200)
      expect([visitor.jar.has("sessionid"), await isThere(cookie)]).toEqual([false, false])
    })

    it("the session is deleted although the answer was lost: trying again succeeds", async () => {
      strike = () => proxy.muteAnswers()
      const { cookie, visitor } = await arrive()
      const [answer, ms] = await timed(() => visitor.get(site, "/struck/logout"))
      expectUnavailable({ answer, ms, visitor, cookie })
      await proxy.heal()
      strike = () => {}
      expect((await visitor.get(site, "/struck/logout")).status).toBe(200)
      expect([visitor.jar.has("sessionid"), await isThere(cookie)]).toEqual([false, false])
    })

    it("logs out on a second connection when the first no longer answers", async () => {
      strike = () => proxy.forget()
      const { cookie, visitor } = await arrive()
      expect((await visitor.get(site, "/struck/logout")).status).toBe(200)
      expect([visitor.jar.has("sessionid"), await isThere(cookie)]).toEqual([false, false])
    })
  })

  const arrive = async () => {
    const visitor = await loggedIn(site, "alice")
    await visitor.post(site, "/session", { marker: "old" })
    return { visitor, cookie: visitor.jar.get("sessionid") }
  }

  const markerOf = async (visitor: Browser): Promise<unknown> =>
    JSON.parse((await visitor.get(site, "/session")).text).marker
})
