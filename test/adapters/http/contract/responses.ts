/** The handler's response, of every kind: it is sent unchanged, with the cookie added. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { HeadersAlreadySent } from "../../../../src/adapters/errors/errors.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Reply } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { streamOf } from "./replies.ts"
import { keyIn, type Site, varyOf } from "./site.ts"

/** A page that writes the session and answers with this. */
const written =
  (reply: Reply) =>
  async ({ session }: { session: { set: (key: string, value: number) => unknown } }) => {
    await session.set("a", 1)
    return reply
  }

const goesWith = (status: number): Clause =>
  clause(`the session cookie is sent with status ${status}`, async ({ dataOf, visit }) => {
    const reply = await visit(
      written({
        status,
        headers: [
          ["Content-Type", "text/x-mine"],
          ["X-Mine", "1"]
        ],
        body: "the body"
      })
    )
    expect([reply.status, reply.body, reply.headers.get("content-type")]).toEqual([status, "the body", ["text/x-mine"]])
    expect(reply.headers.get("x-mine")).toEqual(["1"])
    expect([cookiesOf(reply).length, varyOf(reply)]).toEqual([1, ["cookie"]])
    expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
  })

const goesWithoutBody = (status: number): Clause =>
  clause(`the session cookie is sent with status ${status}, which has no body`, async ({ dataOf, open }) => {
    const text = await open(written({ status })).end
    const [head = "", body] = text.split("\r\n\r\n")
    expect([head.split(" ")[1], body]).toEqual([String(status), ""])
    expect(head).not.toMatch(/^transfer-encoding:/im)
    const [, key] = /^set-cookie: sessionid=([a-z0-9]{32});/im.exec(head) ?? []
    expect(await dataOf(key ?? expect.fail(head))).toEqual({ a: 1 })
  })

const redirects = (status: number): Clause =>
  clause(`the session cookie is sent with a redirect (${status})`, async ({ dataOf, visit }) => {
    const reply = await visit(written({ status, headers: [["Location", "/elsewhere?a=%2F"]] }))
    expect([reply.status, reply.headers.get("location")]).toEqual([status, ["/elsewhere?a=%2F"]])
    expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
  })

/** Checks that no byte is sent before the session is written, and that the response is sent then. */
const isStoredFirst = async ({ dataOf, open, stores }: Site, reply: Reply): Promise<void> => {
  const early: Array<string> = []
  stores.beforeCommit = async () => {
    await sleep(60)
    early.push(client.received())
  }
  const client = open(written(reply))
  await client.until("\r\n\r\n")
  const [, key] = /^set-cookie: sessionid=([a-z0-9]{32});/im.exec(client.received()) ?? []
  // A client that has the response head can send its next request immediately.
  expect([early, await dataOf(key ?? expect.fail(client.received()))]).toEqual([[""], { a: 1 }])
  await client.end
}

export const responses: Chapter = {
  title: "responses",
  clauses: [
    ...[200, 201, 206, 299, 400, 401, 404, 418].map(goesWith),
    ...[204, 304].map(goesWithoutBody),
    ...[301, 302, 303, 307, 308].map(redirects),
    clause("the session cookie is sent with an answer to HEAD, which has no body", async ({ dataOf, open }) => {
      const text = await open(written({ headers: [["Content-Length", "4"]], body: "text" }), { method: "HEAD" }).end
      const [head = "", body] = text.split("\r\n\r\n")
      expect([head.split(" ")[1], body]).toEqual(["200", ""])
      const [, key] = /^set-cookie: sessionid=([a-z0-9]{32});/im.exec(head) ?? []
      expect(await dataOf(key ?? expect.fail(head))).toEqual({ a: 1 })
    }),
    clause("the session cookie is sent with the handler's answer to OPTIONS", async ({ dataOf, visit }) => {
      const reply = await visit(written({ status: 204, headers: [["Allow", "GET"]] }), { method: "OPTIONS" })
      expect([reply.status, reply.headers.get("allow")]).toEqual([204, ["GET"]])
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    }),
    clause("no byte of a text is sent before the session is stored", (site) => isStoredFirst(site, { body: "text" })),
    clause("no byte of a redirect is sent before the session is stored", (site) =>
      isStoredFirst(site, { status: 303, headers: [["Location", "/elsewhere"]] })
    ),
    clause("no byte of a stream is sent before the session is stored", (site) =>
      isStoredFirst(site, { body: streamOf("a", "b") })
    ),
    clause("a large body is sent with the cookie, to the last byte", async ({ dataOf, visit }) => {
      const body = Array.from({ length: 200_000 }, (_, n) => `${n} é漢`).join()
      const reply = await visit(written({ body }))
      expect(reply.body === body).toBe(true)
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    }),
    clause("a streamed body is sent with the cookie, to the last byte", async ({ dataOf, visit }) => {
      const pieces = Array.from({ length: 50 }, (_, n) => `${n}${"x".repeat(20_000)}é漢`)
      const reply = await visit(written({ body: streamOf(...pieces) }))
      expect(reply.body === pieces.join("")).toBe(true)
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    }),
    clause(
      "the session cookie is sent before a stream, and the stream's pieces are sent one by one",
      async ({ dataOf, open }) => {
        const seen = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
        async function* body() {
          yield "ONE"
          await seen[0]?.promise
          yield "TWO"
          await seen[1]?.promise
          yield "three"
        }
        const client = open(written({ body: body() }))
        await client.until("ONE")
        const [, key] = /^set-cookie: sessionid=([a-z0-9]{32});/im.exec(client.received()) ?? []
        expect(await dataOf(key ?? expect.fail(client.received()))).toEqual({ a: 1 })
        expect(client.received()).not.toContain("TWO")
        seen[0]?.resolve()
        await client.until("TWO")
        expect(client.received()).not.toContain("three")
        seen[1]?.resolve()
        expect(await client.end).toContain("three")
      },
      "streams"
    ),
    clause(
      "a write to the session while a stream is sent is refused with HeadersAlreadySent",
      async ({ dataOf, visit }) => {
        const caught: Array<unknown> = []
        const reply = await visit(async ({ session }) => {
          await session.set("a", 1)
          async function* body() {
            yield "ONE"
            await session.set("b", 2).catch((error) => caught.push(error))
            yield `two ${await session.get("a")}`
          }
          return { body: body() }
        })
        expect([reply.body, caught]).toEqual(["ONEtwo 1", [expect.any(HeadersAlreadySent)]])
        expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
      }
    ),
    clause("a write to the session after the answer is refused with HeadersAlreadySent", async ({ dataOf, visit }) => {
      const [caught, answered] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()]
      const reply = await visit(async ({ commit, session }) => {
        await session.set("a", 1)
        const later = async () => {
          await answered.promise
          await commit()
          await session.set("b", 2)
        }
        later().catch(caught.resolve)
        return { body: "text" }
      })
      answered.resolve()
      expect(await caught.promise).toBeInstanceOf(HeadersAlreadySent)
      expect(await dataOf(keyIn(reply))).toEqual({ a: 1 })
    })
  ]
}
