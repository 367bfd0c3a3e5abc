/** The adapter for Node's http server when the handler, the database or the client fails. */
import { once } from "node:events"
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { BackendUnavailable, Busy, SessionInterrupted, StoreUnavailable } from "latchkey"
import { describe, expect, it, vi } from "vitest"
import hostileHeaders from "../corpus/header.json" with { type: "json" }
import { service } from "../rig/services.ts"
import { cookieOf, keyIn, onePage } from "./one-page.ts"
import { loggedIn, type Page, users, whoIs } from "./site.ts"
import { cookiesOf, exchange, keepAlive, request } from "./wire.ts"

describe.skipIf(!service("postgres").available)("a handler of nodeAuth", () => {
  const page = onePage({ allowedHosts: ["example.com", ".example.org"] })
  const { bugs, dataOf, visit } = page

  describe("that throws", () => {
    const bug = new Error("a bug")
    const ways: Readonly<Record<string, Page>> = {
      "before it waits for anything": () => {
        throw bug
      },
      "after it wrote the session": async (_req, res, { session }) => {
        res.setHeader("Set-Cookie", "mine=1").setHeader("X-Mine", "1").statusCode = 202
        await session.set("a", 1)
        throw bug
      },
      "after it logged a user in": async (_req, _res, { authenticate, login }) => {
        const user = await authenticate({ username: "alice", password: "alice's pässword" })
        await login(user ?? expect.fail("nobody"))
        throw bug
      },
      "in the tick after": async () => {
        await sleep(5)
        throw bug
      },
      "something that is no error": () => Promise.reject("a bug")
    }

    it.each(Object.entries(ways))("%s is answered with 500, reported, and nothing is stored", async (_, handler) => {
      const before = await page.countSessions()
      const reply = await visit(handler)
      expect([reply.status, reply.body, reply.headers.get("x-mine")]).toEqual([500, "Internal Server Error", undefined])
      expect(reply.headers.get("cache-control")).toEqual(["no-store"])
      // A login creates a new CSRF secret even when the request fails afterwards, as in Django.
      expect(cookiesOf(reply).filter((cookie) => !cookie.startsWith("csrftoken="))).toEqual([])
      const [reported] = bugs()
      expect([bug, "a bug"]).toContain(reported)
      expect(await page.countSessions()).toBe(before)
    })

    it("after a logout is answered with 500, and the user is logged out", async () => {
      const visitor = await loggedIn(page.site, "alice")
      const reply = await visit(
        async (_req, _res, { logout }) => {
          await logout()
          throw bug
        },
        [cookieOf(visitor)]
      )
      expect([reply.status, bugs()]).toEqual([500, [bug]])
      expect(await whoIs(page.site, visitor)).toBeUndefined()
    })

    it("after it began to write ends the connection; the session is stored", async () => {
      const visitor = await loggedIn(page.site, "alice")
      const reply = await visit(
        async (_req, res, { session }) => {
          await session.set("a", 1)
          res.writeHead(200, { "Content-Length": 100 })
          res.write("begun")
          await vi.waitFor(() => expect(res.socket?.bytesWritten).toBeGreaterThan(0), 20_000)
          throw bug
        },
        [cookieOf(visitor)]
      )
      // 95 bytes are missing, so the client can see that the answer is cut off.
      expect([reply.status, reply.body]).toEqual([200, "begun"])
      expect(bugs()).toEqual([bug])
      expect(await dataOf(visitor.jar.get("sessionid"))).toMatchObject({ a: 1 })
    })

    it("after its answer is complete does not change the answer", async () => {
      const reply = await visit(async (_req, res, { session }) => {
        await session.set("a", 1)
        res.end("complete")
        await once(res, "finish")
        throw bug
      })
      expect([reply.status, reply.body]).toEqual([200, "complete"])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      await expect.poll(bugs).toEqual([bug])
    })

    it.each([
      ["StoreUnavailable", new StoreUnavailable({ operation: "test", cause: "the cause" }), 503, "1"],
      ["BackendUnavailable", new BackendUnavailable({ backend: "test", cause: "the cause" }), 503, "1"],
      ["Busy", new Busy({ retryAfterSeconds: 7 }), 503, "7"],
      ["SessionInterrupted", new SessionInterrupted(), 400, undefined]
    ] as const)("%s has its own status; only a logout counts, and an outage is reported", async (_, error, status, retryAfter) => {
      const visitor = await loggedIn(page.site, "alice")
      const reply = await visit(
        async (_req, res, { logout, session }) => {
          res.setHeader("Set-Cookie", "mine=1")
          await session.set("a", 1)
          await logout()
          throw error
        },
        [cookieOf(visitor)]
      )
      expect([reply.status, cookiesOf(reply), reply.headers.get("cache-control")]).toEqual([status, [], ["no-store"]])
      expect(reply.headers.get("retry-after")).toEqual(retryAfter && [retryAfter])
      expect(reply.headers.get("content-type")).toEqual(["application/json"])
      if (status === 503) expect(reply.body).toBe('{"error":"unavailable"}')
      expect(reply.body).not.toContain("the cause")
      expect(await dataOf(visitor.jar.get("sessionid"))).not.toHaveProperty("a")
      expect(await whoIs(page.site, visitor)).toBeUndefined()
      expect(bugs()).toEqual(error instanceof StoreUnavailable || error instanceof BackendUnavailable ? [error] : [])
    })
  })

  describe("whose session was deleted before it answers", () => {
    const handler: Page = async (_req, res, { session }) => {
      await session.set("a", 1)
      await page.site.query("DELETE FROM django_session WHERE session_key = $1", session.key() ?? "")
      res.writeHead(201, { "Set-Cookie": "mine=1", "X-Mine": "1" })
      res.write("some")
      res.end("thing")
    }

    it("is answered with 400, and nothing of its own answer is sent", async () => {
      const reply = await visit(handler, [cookieOf(await loggedIn(page.site, "alice"))])
      expect([reply.status, cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([400, [], undefined])
      expect(reply.headers.get("cache-control")).toEqual(["no-store"])
      expect(reply.body).not.toContain("some")
    })
  })

  describe("whose client disconnects", () => {
    const ends: Page = (_req, res) => void res.end("text")
    const streams: Page = async (_req, res) => {
      for (let n = 0; n < 20; n++) {
        res.write("x".repeat(100_000))
        await sleep(1)
      }
      res.end()
    }

    it.each([
      ["ends", ends],
      ["streams", streams]
    ] as const)("before it answers (it %s): the session is stored all the same", async (_, answer) => {
      const visitor = await loggedIn(page.site, "alice")
      const [reached, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      page.serve(async (req, res, context) => {
        res.once("close", gone.resolve)
        reached.resolve()
        await context.session.set("a", 1)
        await gone.promise
        await answer(req, res, context)
      })
      const socket = connect(page.site.port, "127.0.0.1")
      await once(socket, "connect")
      socket.write(request("GET", "/page", [cookieOf(visitor)]))
      await reached.promise
      socket.resetAndDestroy()
      await gone.promise
      await expect.poll(() => dataOf(visitor.jar.get("sessionid"))).toMatchObject({ a: 1 })
    })

    it("while the session is being stored still stores it", async () => {
      const visitor = await loggedIn(page.site, "alice")
      const gone = Promise.withResolvers<void>()
      const socket = connect(page.site.port, "127.0.0.1")
      await once(socket, "connect")
      page.serve(async (_req, res, { session }) => {
        res.once("close", gone.resolve)
        await session.set("a", 1)
        res.write("text")
        socket.resetAndDestroy()
        res.end()
      })
      socket.write(request("GET", "/page", [cookieOf(visitor)]))
      await gone.promise
      await expect.poll(() => dataOf(visitor.jar.get("sessionid"))).toMatchObject({ a: 1 })
    })
  })

  describe("that reads the host", () => {
    const handler: Page = (_req, res, { host }) => void res.end(host())

    it.each([
      "example.com",
      "example.com:8000",
      "example.org",
      "a.b.example.org:8443",
      "EXAMPLE.com"
    ])("gets the host if it is in allowedHosts: %s", async (host) => {
      const reply = await visit(handler, [`Host: ${host}`])
      expect([reply.status, reply.body]).toEqual([200, host])
    })

    it.each(
      hostileHeaders.filter(({ input }) => input.startsWith("Host:")).map(({ input }) => input)
    )("answers 400 to another host: %s", async (line) => {
      const reply = await visit(handler, [line])
      expect([reply.status, cookiesOf(reply), reply.headers.get("cache-control")]).toEqual([400, [], ["no-store"]])
      expect(reply.body).not.toContain("evil")
    })

    it("does not get a host from a proxy's headers", async () => {
      const reply = await visit(handler, ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"])
      expect([reply.status, reply.body]).toEqual([200, "example.com"])
    })
  })

  describe("on a keep-alive connection", () => {
    it("answers pipelined requests in order, each to its own user", async () => {
      const visitors = await Promise.all(
        users.map(async (username) => ({ username, line: cookieOf(await loggedIn(page.site, username)) }))
      )
      page.serve(async (_req, res, { getUser, session }) => {
        await sleep(Math.random() * 10)
        const user = await getUser()
        const visits = Number((await session.get("visits")) ?? 0) + 1
        await session.set("visits", visits)
        res.end(`${user?.username ?? "nobody"} ${visits}`)
      })
      const rounds = [1, 2, 3]
      const asked = rounds.flatMap(() => [...visitors, { username: "nobody", line: "X-Nobody: 1" }])
      const requests = asked.map(({ line }) => keepAlive(request("GET", "/page", [line])))
      const replies = await exchange(page.site.port, Buffer.concat([...requests, request("GET", "/anon")]))
      expect(replies.map(({ body }) => body.split(" ")[0])).toEqual([...asked.map(({ username }) => username), "ok"])
      expect(replies.at(-1)).toMatchObject({ status: 200, body: "ok" })
      expect(cookiesOf(replies.at(-1) ?? expect.fail("no reply"))).toEqual([])
      const keys = replies.slice(0, -1).map(keyIn)
      for (const [index, { line, username }] of asked.entries()) {
        if (username === "nobody") expect(visitors.map((visitor) => visitor.line)).not.toContain(keys[index])
        else expect(line).toContain(keys[index])
      }
    })
  })
})
