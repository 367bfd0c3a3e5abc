/** The adapter for Node's http server, on sockets and a real database. */
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { HeadersAlreadySent, SessionInterrupted } from "latchkey"
import { describe, expect, it } from "vitest"
import { service } from "../rig/services.ts"
import { cookieOf, keyIn, onePage } from "./one-page.ts"
import { loggedIn, type Page } from "./site.ts"
import { cookiesOf, exchange, request } from "./wire.ts"

describe.skipIf(!service("postgres").available)("nodeAuth", () => {
  const page = onePage()
  const { dataOf, visit } = page

  describe("adds its cookie and Vary", () => {
    const heads: Readonly<Record<string, (res: ServerResponse) => void>> = {
      "setHeader with texts": (res) => {
        res.setHeader("Set-Cookie", "mine=1")
        res.setHeader("Vary", "Accept")
      },
      "setHeader with arrays": (res) => {
        res.setHeader("Set-Cookie", ["mine=1"])
        res.setHeader("Vary", ["Accept"])
      },
      appendHeader: (res) => {
        res.appendHeader("set-cookie", "mine=1")
        res.appendHeader("vary", "Accept")
      },
      "writeHead with an object": (res) => {
        res.writeHead(200, { "Set-Cookie": "mine=1", Vary: "Accept" })
      },
      "writeHead with an object of arrays and a message": (res) => {
        res.writeHead(200, "Fine", { "SET-COOKIE": ["mine=1"], VARY: ["Accept"] })
      },
      "writeHead with a flat array": (res) => {
        res.writeHead(200, ["Set-Cookie", "mine=1", "Vary", "Accept"])
      },
      "writeHead with an array of pairs": (res) => {
        Reflect.apply(res.writeHead, res, [
          200,
          [
            ["Set-Cookie", "mine=1"],
            ["Vary", "Accept"]
          ]
        ])
      },
      "setHeader, then writeHead": (res) => {
        res.setHeader("Vary", "Accept")
        res.writeHead(200, { "Set-Cookie": ["mine=1"] })
      }
    }

    it.each(Object.entries(heads))("to the headers that the handler set by %s", async (_, head) => {
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        head(res)
        res.end("text")
      }
      const reply = await visit(handler)
      expect([reply.status, reply.body, reply.headers.get("vary")]).toEqual([200, "text", ["Accept, Cookie"]])
      const [mine, ours, ...others] = cookiesOf(reply)
      expect([mine, others]).toEqual(["mine=1", []])
      expect(ours).toMatch(
        /^sessionid=[a-z0-9]{32}; expires=[^;]+ GMT; HttpOnly; Max-Age=1209600; Path=\/; SameSite=Lax$/
      )
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })

    it.each([
      ["cookie", "cookie"],
      ["Accept, COOKIE", "Accept, COOKIE"],
      ["*", "*"],
      ["Accept, *", "*"]
    ])("once: %s stays %s", async (given, expected) => {
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        res.writeHead(200, { Vary: given }).end()
      }
      expect((await visit(handler)).headers.get("vary")).toEqual([expected])
    })

    it("not when the session was not read or written", async () => {
      const handler: Page = (_req, res) => void res.end("text")
      const reply = await visit(handler, [cookieOf(await loggedIn(page.site, "alice"))])
      expect([cookiesOf(reply), reply.headers.get("vary")]).toEqual([[], undefined])
    })

    it("Vary alone when the session was only read", async () => {
      const handler: Page = async (_req, res, { getUser }) => void res.end((await getUser())?.username)
      const reply = await visit(handler, [cookieOf(await loggedIn(page.site, "alice"))])
      expect([reply.body, cookiesOf(reply), reply.headers.get("vary")]).toEqual(["alice", [], ["Cookie"]])
    })

    it("without changing an array of headers that the application reuses", async () => {
      const kept = ["mine=1"]
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        res.setHeader("Set-Cookie", kept)
        res.end()
      }
      await visit(handler)
      expect(cookiesOf(await visit(handler))).toHaveLength(2)
      expect(kept).toEqual(["mine=1"])
    })
  })

  describe("sends, and its cookie with it,", () => {
    const big = Array.from({ length: 50 }, (_, n) => Buffer.alloc(10_000, 97 + (n % 26)))
    const ways: Readonly<Record<string, (res: ServerResponse) => unknown>> = {
      "a stream": (res) => pipeline(Readable.from(big), res),
      "a generator": (res) =>
        pipeline(async function* () {
          for (const piece of big) {
            await sleep(0)
            yield piece
          }
        }, res),
      "a loop that waits for drain": async (res) => {
        for (const piece of big) if (!res.write(piece)) await once(res, "drain")
        res.end()
      },
      "writes that wait for nothing": (res) => {
        for (const piece of big) res.write(piece)
        res.end()
      },
      "a head that is flushed first": async (res) => {
        res.flushHeaders()
        await sleep(20)
        res.end(Buffer.concat(big))
      }
    }

    it.each(Object.entries(ways))("%s", async (_, way) => {
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        await way(res)
      }
      const reply = await visit(handler)
      expect(reply.body === Buffer.concat(big).toString()).toBe(true)
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })

    it.each([200, 201, 204, 205, 304])("a head without a body (%i)", async (status) => {
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        res.statusCode = status
        res.end()
      }
      const reply = await visit(handler)
      expect([reply.status, reply.body]).toEqual([status, ""])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })

    it("the answer to HEAD, without a body", async () => {
      const handler: Page = async (_req, res, { session }) => {
        await session.set("a", 1)
        res.setHeader("Content-Length", 4).end("text")
      }
      const reply = await visit(handler, [], "HEAD")
      expect([reply.status, reply.headers.get("content-length"), reply.body]).toEqual([200, ["4"], ""])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })

    it("after an informational head", async () => {
      const handler: Page = async (_req, res, { session }) => {
        res.writeEarlyHints({ link: "</a.css>; rel=preload" })
        await session.set("a", 1)
        res.end("text")
      }
      page.serve(handler)
      const [hints, reply] = await exchange(page.site.port, request("GET", "/page"))
      expect([hints?.status, hints && cookiesOf(hints)]).toEqual([103, []])
      expect(await dataOf(reply && keyIn(reply))).toEqual({ a: 1 })
    })
  })

  describe("a call of commit()", () => {
    it("stores the session once, and sends the cookie with the response", async () => {
      const seen: Array<unknown> = []
      const handler: Page = async (_req, res, { commit, session }) => {
        await session.set("a", 1)
        await commit()
        seen.push(await dataOf(session.key()))
        await commit()
        res.writeHead(202, { "Set-Cookie": "mine=1" }).end("text")
      }
      const statements = await page.server.statementsOf(async () => {
        const reply = await visit(handler)
        expect([reply.status, reply.body, reply.headers.get("vary")]).toEqual([202, "text", ["Cookie"]])
        expect(cookiesOf(reply)).toEqual(["mine=1", expect.stringMatching(/^sessionid=/)])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      })
      expect(seen).toEqual([{ a: 1 }])
      expect(statements.filter((statement) => statement.includes("INSERT"))).toHaveLength(1)
    })

    it("refuses writes to the session after that", async () => {
      const seen: Array<unknown> = []
      const handler: Page = async (_req, res, context) => {
        const { commit, getUser, login, logout, session } = context
        const user = await getUser()
        await session.set("a", 1)
        await commit()
        for (const change of [
          () => session.set("b", 2),
          () => session.delete("a"),
          () => session.clear(),
          () => session.flush(),
          () => session.cycleKey(),
          () => session.save(),
          () => session.setExpiry(1),
          () => logout(),
          () => login(user ?? expect.fail("no user"))
        ])
          seen.push(await change().then(String, (error) => error instanceof HeadersAlreadySent))
        seen.push(await session.get("a"), await session.get("b"), (await getUser())?.username)
        res.end("text")
      }
      const reply = await visit(handler, [cookieOf(await loggedIn(page.site, "alice"))])
      expect([reply.status, reply.body]).toEqual([200, "text"])
      expect(seen).toEqual([...Array(9).fill(true), 1, undefined, "alice"])
      expect(await dataOf(keyIn(reply))).toMatchObject({ a: 1, _auth_user_id: expect.any(String) })
    })

    it("rejects if the session was deleted", async () => {
      const seen: Array<unknown> = []
      const handler: Page = async (_req, res, { commit, session }) => {
        await session.set("a", 1)
        await page.site.query("DELETE FROM django_session WHERE session_key = $1", session.key() ?? "")
        await commit().catch((error) => seen.push(error instanceof SessionInterrupted))
        res.end("handled")
      }
      const reply = await visit(handler, [cookieOf(await loggedIn(page.site, "alice"))])
      expect([reply.status, reply.body, cookiesOf(reply), seen]).toEqual([200, "handled", [], [true]])
    })

    it("rejects without a query if the head was already sent", async () => {
      const seen: Array<unknown> = []
      const handler: Page = async (_req, res, { commit, session }) => {
        res.write("te")
        for (const attempt of [() => commit(), () => session.set("a", 1), () => session.flush()])
          seen.push(await attempt().then(String, (error) => error instanceof HeadersAlreadySent))
        res.end("xt")
      }
      const visitor = await loggedIn(page.site, "alice")
      const statements = await page.server.statementsOf(async () => {
        const reply = await visit(handler, [cookieOf(visitor)])
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([200, "text", []])
      })
      expect([seen, statements]).toEqual([[true, true, true], []])
    })
  })
})
