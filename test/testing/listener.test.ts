/** Applications of Node's frameworks and of Hono, called in this process without a socket. */
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import connect from "connect"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import { honoAuth } from "../../src/adapters/http/hono.ts"
import { koaAuth } from "../../src/adapters/http/koa.ts"
import { authErrors, connectAuth, type NodeRequest, nodeAuth, type WithAuth } from "../../src/adapters/http/node.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import { listener, type Target, testSite } from "../../src/testing/index.ts"

const site = testSite()

type Context = AuthContext<MemoryUser, AnyFields>

/** The same pages for all frameworks. `body` is what the framework's own parser of JSON made. */
const page = async (auth: Context, path: string, body: unknown): Promise<unknown> => {
  if (path === "/login") {
    const user = await auth.authenticate(JSON.parse(JSON.stringify(body)))
    if (user !== undefined) await auth.login(user)
  }
  if (path === "/write") await auth.session.set("written", body)
  return { user: (await auth.getUser())?.username ?? null, written: await auth.session.get("written") }
}

const bodyOf = async (chunks: AsyncIterable<Buffer>): Promise<unknown> => {
  let text = ""
  for await (const chunk of chunks) text += chunk
  return text === "" ? undefined : JSON.parse(text)
}

const koa = new Koa().use(koaAuth(site.auth)).use(async (ctx) => {
  ctx.body = await page(ctx["auth"], ctx.path, await bodyOf(ctx.req))
})

const expressApp = express()
expressApp.use(express.json(), connectAuth(site.auth))
expressApp.use(async (req, res) => res.json(await page(contextOf(req), req.path, req.body)))
expressApp.use(authErrors)

const connectApp = connect()
connectApp.use(connectAuth(site.auth))
connectApp.use((req, res, next) => {
  bodyOf(req)
    .then((body) => page(contextOf(req), req.url ?? "/", body))
    .then((answer) => res.end(JSON.stringify(answer)), next)
})

const fastify = Fastify()
fastify.addHook("onRequest", (request, reply, done) => connectAuth(site.auth)(request.raw, reply.raw, done))
fastify.all("/*", (request) => page(contextOf(request.raw), request.url, request.body))
afterAll(() => fastify.close())

const node = nodeAuth(site.auth, async (req, res, auth) => {
  res.setHeader("content-type", "application/json")
  res.end(JSON.stringify(await page(auth, req.url ?? "/", await bodyOf(req))))
})

const hono = new Hono().use(honoAuth(site.auth))
hono.all("*", async (c) => c.json(await page(c.get("auth"), c.req.path, await c.req.json().catch(() => undefined))))

const contextOf = (req: NodeRequest): Context => (req as typeof req & WithAuth<MemoryUser, AnyFields>).auth

const applications: Record<string, Target> = {
  Koa: listener(koa),
  Express: listener(expressApp),
  Connect: listener(connectApp),
  Fastify: listener(fastify),
  "a function (req, res)": listener(node),
  "a server of node:http": listener(createServer(node)),
  Hono: hono
}

beforeEach(() => site.reset())

describe.each(Object.entries(applications))("%s in this process", (_, app) => {
  it("logs in, writes the session, and knows the user", async () => {
    const alice = site.browser()
    const login = await alice.fetch(app, "/login", { json: site.credentials("alice") })
    expect([login.status, await login.json()]).toEqual([200, { user: "alice" }])
    await alice.fetch(app, "/write", { json: { n: [1] } })
    expect(await (await alice.fetch(app, "/")).json()).toEqual({ user: "alice", written: { n: [1] } })
    expect(await (await site.browser().fetch(app, "/")).json()).toEqual({ user: null })
  })

  it("refuses a script that sends no CSRF token, and one of another site", async () => {
    const alice = await site.browserOf("alice")
    expect((await alice.fetch(app, "/write", { json: {}, csrf: false })).status).toBe(403)
    expect((await alice.fetch(app, "/write", { json: {}, from: "https://evil.example" })).status).toBe(403)
  })

  it("answers requests that overlap, each with its own user", async () => {
    const names = ["alice", "bob", "admin"] as const
    const browsers = await Promise.all(names.map(site.browserOf))
    const answers = await Promise.all(browsers.map(async (browser) => (await browser.fetch(app, "/")).json()))
    expect(answers).toEqual(names.map((user) => ({ user })))
  })

  it("answers an outage with 503, and keeps the cookie", async () => {
    const alice = await site.browserOf("alice")
    const { header } = alice
    site.network.fail("all", "refused")
    expect((await alice.fetch(app, "/")).status).toBe(503)
    expect(alice.header).toBe(header)
  })
})

describe("a listener", () => {
  it("passes method, path, query, headers and body as they are", async () => {
    const app = listener(async (req, res) => {
      let body = ""
      for await (const chunk of req) body += chunk
      res.end(JSON.stringify([req.method, req.url, req.headers["x-name"], req.headers.host, body]))
    })
    const response = await site
      .browser()
      .fetch(app, "/a%20b?c=d&c=e", { method: "PUT", headers: { "X-Name": "v" }, body: "text" })
    expect(await response.json()).toEqual(["PUT", "/a%20b?c=d&c=e", "v", "localhost", "text"])
  })

  it("returns status, reason, every Set-Cookie line and a body that streams", async () => {
    const app = listener(async (_, res) => {
      res.writeHead(418, "Short and stout", [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"]
      ])
      for (const part of ["one", "two"]) {
        res.write(part)
        await sleep(5)
      }
      res.end()
    })
    const browser = site.browser()
    const response = await browser.fetch(app)
    expect([response.status, response.statusText, browser.header]).toEqual([418, "Short and stout", "a=1; b=2"])
    expect(await response.text()).toBe("onetwo")
  })

  it.each([
    ["GET", 204],
    ["GET", 304],
    ["HEAD", 200]
  ])("answers %s with status %s without a body", async (method, status) => {
    const app = listener((_, res) => res.writeHead(status).end())
    const response = await site.browser().fetch(app, "/", { method })
    expect([response.status, response.body]).toEqual([status, null])
  })

  it("counts a connection as encrypted if the URL says https", async () => {
    const app = listener((req, res) => res.end(String("encrypted" in req.socket && req.socket.encrypted)))
    expect(await (await site.browser().fetch(app, "https://localhost/")).text()).toBe("true")
    expect(await (await site.browser().fetch(app, "http://localhost/")).text()).toBe("false")
  })

  it("rejects if the application breaks the connection off, and if the test gives up", async () => {
    const broken = listener((req) => void req.socket.destroy())
    await expect(site.browser().fetch(broken)).rejects.toThrow("socket hang up")
    const silent = listener(() => {})
    await expect(site.browser().fetch(silent, "/", { signal: AbortSignal.timeout(20) })).rejects.toThrow("aborted")
  })

  it("says what it takes", () => {
    const wrong: ReadonlyArray<never> = JSON.parse('[{}, null, "app"]')
    for (const each of wrong) expect(() => listener(each)).toThrow("listener: pass an application of Koa")
  })

  it("is named where an application is passed without it", async () => {
    const forgotten: ReadonlyArray<(...input: ReadonlyArray<never>) => unknown> = [koa.callback(), expressApp, node]
    // @ts-expect-error a function (req, res)
    for (const each of forgotten) await expect(site.browser().fetch(each, "/")).rejects.toThrow("write listener(app)")
  })
})
