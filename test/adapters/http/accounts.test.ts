/** The account pages in every adapter: the same requests get the same answers. */
import { text } from "node:stream/consumers"
import connect from "connect"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import express from "express"
import Fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { afterAll, describe, expect, it, vi } from "vitest"
import type { AccountPagesOptions } from "../../../src/adapters/account-pages/visit/account-options.ts"
import type { Auth } from "../../../src/adapters/api/auth.ts"
import type { AuthContext } from "../../../src/adapters/api/per-request/promises.ts"
import { effectAccounts } from "../../../src/adapters/http/effect-http/effect-accounts.ts"
import { effectAuth } from "../../../src/adapters/http/effect-http.ts"
import { fetchAccounts } from "../../../src/adapters/http/fetch/fetch-accounts.ts"
import { withAuth } from "../../../src/adapters/http/fetch.ts"
import { honoAccounts } from "../../../src/adapters/http/hono/hono-accounts.ts"
import { honoAuth } from "../../../src/adapters/http/hono.ts"
import { koaAccounts } from "../../../src/adapters/http/koa/koa-accounts.ts"
import { koaAuth } from "../../../src/adapters/http/koa.ts"
import { accountRoutes } from "../../../src/adapters/http/next/accounts/account-routes.ts"
import { withAuth as withNextAuth } from "../../../src/adapters/http/next/handlers/route.ts"
import { connectAccounts, fastifyAccounts } from "../../../src/adapters/http/node/node-accounts.ts"
import { connectAuth, nodeAuth } from "../../../src/adapters/http/node.ts"
import { mailQueue } from "../../../src/adapters/mail/mail-queue.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import { Browser, type RequestHandler } from "../../../src/testing/browser/browser.ts"
import { listener } from "../../../src/testing/browser/listener.ts"
import { testSite } from "../../../src/testing/site/test-site.ts"
import { serve } from "./effect-http/server.ts"

type SiteAuth = Auth<MemoryUser, AnyFields>
type Mount = (
  auth: SiteAuth,
  options: AccountPagesOptions
) => RequestHandler | string | Promise<RequestHandler | string>

const closing: Array<() => Promise<void>> = []
afterAll(async () => {
  for (const close of closing) await close()
})

/** A body parser for Koa. */
const parser: Koa.Middleware = async (ctx, next) => {
  const body = ctx.is("urlencoded") ? Object.fromEntries(new URLSearchParams(await text(ctx.req))) : undefined
  Object.assign(ctx.request, { body: body ?? (ctx.is("json") ? JSON.parse(await text(ctx.req)) : {}) })
  return next()
}

const nameOf = (user: MemoryUser | undefined): string => user?.username ?? "anonymous"
const koaPage = async (ctx: { body: unknown; readonly auth: AuthContext<MemoryUser, AnyFields> }): Promise<void> => {
  ctx.body = nameOf(await ctx.auth.getUser())
}
const page = (auth: SiteAuth) => withAuth(auth, async (_, { getUser }) => new Response(nameOf(await getUser())))

/** Applications with the account pages; every other page says who the user is. */
const mounts: Readonly<Record<string, Mount>> = {
  connect: (auth, options) => {
    const app = connect()
    app.use(connectAccounts(auth, options))
    app.use(nodeAuth(auth, async (_, res, { getUser }) => void res.end(nameOf(await getUser()))))
    return listener(app)
  },
  "express with parsers": (auth, options) => {
    const app = express()
    app.use(express.urlencoded({ extended: false }), express.json(), connectAccounts(auth, options))
    app.use(nodeAuth(auth, async (_, res, { getUser }) => void res.end(nameOf(await getUser()))))
    return listener(app)
  },
  "express after connectAuth": (auth, options) => {
    const app = express()
    app.use(connectAuth(auth), connectAccounts(auth, options))
    app.use(nodeAuth(auth, async (_, res, { getUser }) => void res.end(nameOf(await getUser()))))
    return listener(app)
  },
  fastify: (auth, options) => {
    const app = Fastify()
    void app.register(fastifyAccounts(auth, options))
    const handler = nodeAuth(auth, async (_, res, { getUser }) => void res.end(nameOf(await getUser())))
    app.setNotFoundHandler((request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    })
    return listener(app)
  },
  "fastify after connectAuth": (auth, options) => {
    const app = Fastify()
    const attach = connectAuth(auth)
    app.addHook("onRequest", (request, reply, done) => attach(request.raw, reply.raw, done))
    void app.register(fastifyAccounts(auth, options))
    const handler = nodeAuth(auth, async (_, res, { getUser }) => void res.end(nameOf(await getUser())))
    app.setNotFoundHandler((request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    })
    return listener(app)
  },
  koa: (auth, options) => {
    const app = new Koa().use(koaAccounts(auth, options)).use(koaAuth(auth))
    return listener(app.use(koaPage))
  },
  "koa after a parser and koaAuth": (auth, options) => {
    const app = new Koa().use(parser).use(koaAuth(auth)).use(koaAccounts(auth, options))
    return listener(app.use(koaPage))
  },
  "koa after koaAuth": (auth, options) => {
    const app = new Koa().use(koaAuth(auth)).use(koaAccounts(auth, options))
    return listener(app.use(koaPage))
  },
  fetch: (auth, options) => {
    const accounts = fetchAccounts(auth, options)
    return async (request) => (await accounts(request)) ?? page(auth)(request)
  },
  hono: (auth, options) => {
    const app = new Hono().use(honoAccounts(auth, options))
    const pages = app.use(honoAuth(auth))
    pages.all("*", async (c) => c.text(nameOf(await c.var.auth.getUser())))
    return async (request) => app.fetch(request)
  },
  "hono after honoAuth": (auth, options) => {
    const app = new Hono().use(honoAuth(auth)).use(honoAccounts(auth, options))
    app.all("*", async (c) => c.text(nameOf(await c.var.auth.getUser())))
    return async (request) => app.fetch(request)
  },
  next: (auth, options) => {
    const { GET, POST } = accountRoutes((then) => void then())(() => auth, options)
    const other = withNextAuth(auth, async (_, { getUser }) => new Response(nameOf(await getUser())))
    return async (request) => {
      const { pathname } = new URL(request.url)
      const [, ...path] = pathname.slice(1).split("/")
      if (!pathname.startsWith(`${options.path ?? "/accounts"}/`))
        return other(request, { params: Promise.resolve({}) })
      return (request.method === "POST" ? POST : GET)(request, { params: Promise.resolve({ path }) })
    }
  },
  "effect-http": async (auth, options) => {
    const { RequestAuth, withAuth: wrap } = effectAuth(auth)
    const whoIs = Effect.map(
      Effect.flatMap(RequestAuth, ({ getUser }) => getUser),
      (user) => HttpServerResponse.text(nameOf(user))
    )
    const other = HttpRouter.add("*", "/*", wrap(whoIs))
    const { close, url } = await serve(Layer.mergeAll(effectAccounts(auth, options), other))
    closing.push(close)
    return url
  }
}

const parses = new Set(["express with parsers", "koa after a parser and koaAuth"])

describe.each(Object.entries(mounts))("the account pages on %s", (name, mount) => {
  const siteWith = async (options: AccountPagesOptions = {}) => {
    const site = testSite({ users: { alice: { email: "alice@shop.example" } }, auth: { allowedHosts: ["*"] } })
    const target = await mount(site.auth, options)
    const browser = typeof target === "string" ? new Browser({ origin: target, clock: site.clock }) : site.browser()
    const whoIs = async () => (await browser.fetch(target, "/whoami")).text()
    return { site, target, browser, whoIs }
  }
  const alice = { username: "alice", password: "alice's password" }

  it("log in and out by forms", async () => {
    const { browser, target, whoIs } = await siteWith()
    const shown = await browser.fetch(target, "/accounts/login?next=/a")
    expect([shown.status, shown.headers.get("content-type"), shown.headers.get("cache-control")]).toEqual([
      200,
      "text/html; charset=utf-8",
      "no-store"
    ])
    const wrong = await browser.fetch(target, "/accounts/login", { form: { ...alice, password: "x" } })
    expect([wrong.status, await whoIs()]).toEqual([200, "anonymous"])
    const right = await browser.fetch(target, "/accounts/login", { form: { ...alice, next: "/a" } })
    expect([right.status, right.headers.get("location"), await right.text()]).toEqual([302, "/a", ""])
    expect(await whoIs()).toBe("alice")
    const left = await browser.fetch(target, "/accounts/logout", { form: {} })
    expect([left.status, await whoIs()]).toEqual([200, "anonymous"])
  })

  it("take and answer JSON", async () => {
    const { browser, target, whoIs } = await siteWith()
    const headers = { accept: "application/json" }
    const wrong = await browser.fetch(target, "/accounts/login", { json: { username: "alice" }, headers })
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { errors: { password: [{ code: "required", message: expect.any(String) }] } }
    ])
    const right = await browser.fetch(target, "/accounts/login", { json: alice, headers })
    expect([right.status, await right.json(), await whoIs()]).toEqual([200, { redirect: "/" }, "alice"])
  })

  it("refuse a form without its token, or with another site's origin", async () => {
    const { browser, target, whoIs } = await siteWith()
    expect((await browser.fetch(target, "/accounts/login", { form: alice, csrf: false })).status).toBe(403)
    const headers = { origin: "https://evil.example" }
    expect((await browser.fetch(target, "/accounts/login", { form: alice, headers })).status).toBe(403)
    expect(await whoIs()).toBe("anonymous")
  })

  it("are nowhere else", async () => {
    const { browser, target } = await siteWith({ path: "/in" })
    expect((await browser.fetch(target, "/in/login/")).status).toBe(200)
    expect(await (await browser.fetch(target, "/accounts/login")).text()).toBe("anonymous")
    const missing = await browser.fetch(target, "/in/nothing")
    expect([404, 200]).toContain(missing.status)
    expect(await missing.text()).not.toContain("csrfmiddlewaretoken")
  })

  it("send mails after the response, for a known address only, with the same answer", async () => {
    const sent: Array<string> = []
    const mail = mailQueue({
      send: async ({ text, to }) => void sent.push(`${to} ${/\/accounts\/reset\//.test(text)}`)
    })
    const { browser, target } = await siteWith({ mail })
    const ask = async (email: string) => {
      const { headers, status } = await browser.fetch(target, "/accounts/password_reset", { form: { email } })
      return [status, headers.get("location")]
    }
    expect(await ask("unknown@shop.example")).toEqual([302, "/accounts/password_reset/done"])
    expect(await ask("alice@shop.example")).toEqual([302, "/accounts/password_reset/done"])
    await vi.waitFor(() => expect(sent).toEqual(["alice@shop.example true"]), 20_000)
    await mail.drain()
  })

  it("answer 503 in an outage, and keep the visitor logged in", async () => {
    const { browser, site, target, whoIs } = await siteWith()
    await browser.fetch(target, "/accounts/login", { form: alice })
    site.network.fail("all", "refused")
    expect((await browser.fetch(target, "/accounts/login", { form: alice })).status).toBe(503)
    site.network.heal()
    expect(await whoIs()).toBe("alice")
  })

  it("answer a logout in an outage with 503, and carry it out with the next request", async () => {
    const { browser, site, target, whoIs } = await siteWith()
    await browser.fetch(target, "/accounts/login", { form: alice })
    site.network.fail("all", "refused")
    expect((await browser.fetch(target, "/accounts/logout", { form: {} })).status).toBe(503)
    site.network.heal()
    expect(site.stores.sessions.rows.size).toBe(1)
    expect(await whoIs()).toBe("anonymous")
    expect(site.stores.sessions.rows.size).toBe(0)
  })

  // Behind koaAuth, which has checked the token of a parsed form, its own `onError` answers.
  if (name !== "koa after a parser and koaAuth")
    it("answer refusals with pages of the catalogue in the visitor's language, and programs with JSON", async () => {
      const { browser, site, target } = await siteWith({
        siteName: "Shop",
        messages: { en: { "unavailable.text": "The shop is being tidied." } }
      })
      const page = {
        ...{ type: "text/html; charset=utf-8", stored: "no-store", referrer: "same-origin" },
        policy: expect.stringContaining("default-src 'none'")
      }
      const send = async (path: string, headers: Readonly<Record<string, string>>, more: object) => {
        const response = await browser.fetch(target, path, { headers: { accept: "text/html", ...headers }, ...more })
        const of = (header: string) => response.headers.get(header)
        return {
          ...{ status: response.status, type: of("content-type"), stored: of("cache-control") },
          ...{ referrer: of("referrer-policy"), policy: of("content-security-policy"), retry: of("retry-after") },
          body: await response.text()
        }
      }
      const form = { form: alice, csrf: false }
      const german = await send("/accounts/login?next=/a", { "accept-language": "de" }, form)
      expect(german).toMatchObject({ ...page, status: 403 })
      expect(german.body).toContain('<html lang="de"')
      expect(german.body).toContain("<h1>Dieses Formular ist veraltet</h1>")
      expect(german.body).toContain('<a href="/accounts/login?next=/a">Seite neu öffnen</a>')
      const program = await send("/accounts/login", { accept: "application/json" }, form)
      expect(program).toMatchObject({ status: 403, type: "application/json" })
      expect(JSON.parse(program.body)).toMatchObject({ error: "csrf" })
      const logout = await send("/accounts/logout", {}, { form: {}, csrf: false })
      expect(logout).toMatchObject({ ...page, status: 403 })
      expect(logout.body).not.toContain("/accounts/logout")

      const other = await send("/accounts/logout", {}, {})
      expect(other).toMatchObject({ ...page, status: 405 })
      expect(other.body).toContain("<h1>Your request was refused</h1>")

      // Behind other middleware of latchkey, its `onError` answers a session that cannot be written.
      if (name.includes("after")) return
      await browser.fetch(target, "/accounts/login", { form: alice })
      site.network.fail("all", "refused")
      const outage = await send("/accounts/logout", {}, { form: {} })
      site.network.heal()
      expect(outage).toMatchObject({ ...page, status: 503, retry: "1" })
      expect(outage.body).toContain("<title>Please try again in a moment | Shop</title>")
      expect(outage.body).toContain("<p>The shop is being tidied.</p>")
    })

  it.skipIf(parses.has(name))("refuse a body that is too large or of another type", async () => {
    const { browser, target } = await siteWith()
    const send = async (type: string, body: string) =>
      (await browser.fetch(target, "/accounts/login", { method: "POST", body, headers: { "content-type": type } }))
        .status
    expect(await send("application/x-www-form-urlencoded", `username=${"a".repeat(200_000)}`)).toBe(413)
    expect(await send("application/json", "[1]")).toBe(400)
    expect(await send("text/plain", "a")).toBe(415)
  })
})
