/** When middleware before latchkey rewrites a request, latchkey checks the request as it was sent. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import * as http2 from "node:http2"
import type { AddressInfo } from "node:net"
import express from "express"
import Fastify from "fastify"
import Koa from "koa"
import { afterEach, describe, expect, it } from "vitest"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { NodeRequestHead } from "../../../../src/adapters/http/node/node-head.ts"
import { authErrors, connectAuth, nodeAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { isSafeRequest } from "../../../../src/core/csrf/check-request.ts"
import { ask, type Reply, request } from "../../../full-stack/wire.ts"
import { application } from "../../request/site.ts"
import type { ContractAuth } from "../contract/adapter.ts"

const stops: Array<() => unknown> = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const listen = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const authOf = (req: object) => (req as WithAuth<MemoryUser, AnyFields>).auth

/** The method that a request names in its query. */
const overriding = (url = ""): string | undefined => /[?&]_method=(\w+)/.exec(url)?.[1]

/** What an override does with the method: it keeps the old one in another property, or nowhere. */
const overrides: Readonly<Record<string, (req: { method?: string | undefined; url?: string | undefined }) => void>> = {
  "that leaves originalMethod": (req) =>
    Object.assign(req, { originalMethod: req.method, method: overriding(req.url) }),
  "that leaves no trace": (req) => Object.assign(req, { method: overriding(req.url) })
}

/** Applications in which the override runs before latchkey. Their answers show that the handler has run. */
const applications = {
  Express: (auth: ContractAuth, override: (req: IncomingMessage) => void) => {
    const app = express()
    app.set("env", "test")
    app.use((req, _res, next) => {
      override(req)
      next()
    })
    app.use(connectAuth(auth, { report: () => {} }))
    app.use(async (req, res) => {
      await authOf(req).session.set("a", 1)
      res.end("handled")
    })
    app.use(authErrors)
    return listen(app)
  },
  "Express in a mounted application": (auth: ContractAuth, override: (req: IncomingMessage) => void) => {
    const app = express()
    const inner = express()
    app.set("env", "test")
    inner.use((req, _res, next) => {
      override(req)
      next()
    })
    inner.use(connectAuth(auth, { report: () => {} }))
    inner.use((_req, res) => void res.end("handled"))
    inner.use(authErrors)
    return listen(app.use("/mounted", inner))
  },
  "Node's http": (auth: ContractAuth, override: (req: IncomingMessage) => void) => {
    const listener = nodeAuth(auth, (_req, res) => void res.end("handled"), { report: () => {} })
    return listen((req, res) => {
      override(req)
      listener(req, res)
    })
  },
  Koa: (auth: ContractAuth, override: (req: Koa.Request) => void) => {
    const app = new Koa()
    app.silent = true
    app.use(async (ctx, next) => {
      override(ctx.request)
      await next()
    })
    app.use(koaAuth(auth, { report: () => {} }))
    app.use((ctx) => {
      ctx.body = "handled"
    })
    return listen(app.callback())
  },
  Fastify: async (auth: ContractAuth, override: (req: IncomingMessage) => void) => {
    const app = Fastify({
      forceCloseConnections: true,
      rewriteUrl: (req) => {
        override(req as IncomingMessage)
        return "/rewritten"
      }
    })
    const attach = connectAuth(auth, { report: () => {} })
    app.addHook("onRequest", (req, reply, done) => attach(req.raw, reply.raw, done))
    app.all("*", async () => "handled")
    stops.push(() => app.close())
    return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port)
  }
}

describe.each(Object.entries(applications))("in %s, a method override", (name, serve) => {
  it.each(Object.entries(overrides))("%s does not disable the CSRF check", async (_, override) => {
    const { auth } = await application({ allowedHosts: ["example.com"] })
    const port = await (serve as (auth: ContractAuth, override: (req: never) => void) => Promise<number>)(
      auth,
      override
    )
    const send = (method: string, as: string, lines: ReadonlyArray<string> = []): Promise<Reply> =>
      ask(
        port,
        request(
          method,
          `${name.includes("mounted") ? "/mounted" : ""}/x?_method=${as}`,
          lines,
          method === "POST" ? "{}" : ""
        )
      )
    for (const safe of ["OPTIONS", "GET", "TRACE"])
      expect([safe, (await send("POST", safe)).status]).toEqual([safe, 403])
    // A link on another site cannot change anything either, through a method that only the application sees.
    for (const unsafe of ["POST", "DELETE"]) expect([unsafe, (await send("GET", unsafe)).status]).toEqual([unsafe, 403])
    const safe = await send("GET", "GET")
    expect([safe.status, safe.body]).toEqual([200, "handled"])
  })

  it("accepts the token of a request that was sent as a POST", async () => {
    const { auth } = await application({ allowedHosts: ["example.com"] })
    const secret = "abcdefghijklmnopqrstuvwxyz012345"
    const port = await (serve as (auth: ContractAuth, override: (req: never) => void) => Promise<number>)(
      auth,
      overrides["that leaves no trace"] ?? expect.fail()
    )
    const lines = [`Cookie: csrftoken=${secret}`, `X-CSRFToken: ${secret}`, "Content-Type: application/json"]
    const target = `${name.includes("mounted") ? "/mounted" : ""}/x?_method=DELETE`
    const reply = await ask(port, request("POST", target, lines, "{}"))
    expect([reply.status, reply.body]).toEqual([200, "handled"])
  })
})

describe("a target that middleware has rewritten", () => {
  it("does not change the page that the login page returns to", async () => {
    const { auth } = await application({ allowedHosts: ["example.com"] })
    const guarded = nodeAuth(auth, async (_req, res, { requireUser }) => void res.end((await requireUser()).username))
    const port = await listen((req, res) => {
      req.url = "/rewritten"
      guarded(req, res)
    })
    const { headers } = await ask(port, request("GET", "/there?a=1"))
    expect(headers.get("location")).toEqual(["/accounts/login/?next=/there%3Fa%3D1"])
  })

  it("does not change it in a Koa application that is mounted in Express", async () => {
    const { auth } = await application({ allowedHosts: ["example.com"] })
    const koa = new Koa().use(koaAuth(auth)).use(async (ctx) => {
      ctx.body = (await ctx.auth.requireUser()).username
    })
    const port = await listen(express().use("/mounted", koa.callback()))
    const { headers } = await ask(port, request("GET", "/mounted/there"))
    expect(headers.get("location")).toEqual(["/accounts/login/?next=/mounted/there"])
  })
})

describe("a host that middleware has rewritten", () => {
  it("does not change the host that was sent", async () => {
    const { auth } = await application({ allowedHosts: ["example.com"] })
    const inner = nodeAuth(auth, (_req, res, { host }) => void res.end(host()))
    const port = await listen((req, res) => {
      req.headers.host = "example.com"
      Object.assign(req, { hostname: "example.com", host: "example.com" })
      inner(req, res)
    })
    expect((await ask(port, request("GET", "/", ["Host: evil.example"]))).status).toBe(400)
  })
})

describe("on HTTP/2", () => {
  it("method, target and host are those that were sent", async () => {
    const heads: Array<unknown> = []
    const server = http2.createServer((req, res) => {
      Reflect.set(req, "method", "OPTIONS")
      req.url = "/rewritten"
      req.headers[":authority"] = "rewritten.example"
      const head = new NodeRequestHead(req)
      const { method, rewrittenMethod, target } = head
      const hosts = head.headers.filter(([key]) => key.toLowerCase() === "host")
      heads.push({ method, rewrittenMethod, target, hosts, isSafe: isSafeRequest(head) })
      res.end()
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const stream = client.request({ ":method": "POST", ":path": "/x?a=1", ":authority": "example.com" })
    stream.end("{}")
    stream.resume()
    await once(stream, "end")
    client.close()
    server.close()
    expect(heads).toEqual([
      {
        method: "POST",
        rewrittenMethod: "OPTIONS",
        target: "/x?a=1",
        hosts: [["Host", "example.com"]],
        isSafe: false
      }
    ])
  })
})
