/** Hono: behaviour that the contract does not cover. */
import { Hono } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import { cors } from "hono/cors"
import { HTTPException } from "hono/http-exception"
import { methodOverride } from "hono/method-override"
import { secureHeaders } from "hono/secure-headers"
import { streamText } from "hono/streaming"
import { afterEach, describe, expect, it, vi } from "vitest"
import { BadRequest } from "../../../../src/adapters/errors/errors.ts"
import { withAuth } from "../../../../src/adapters/http/fetch.ts"
import { type HonoAuthEnv, honoAuth } from "../../../../src/adapters/http/hono.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"
import { faultyMemory, outage } from "../contract/faults.ts"

const stores = faultyMemory()
const { auth } = await application({ sessions: stores.sessions, allowedHosts: ["*"] })
const { auth: other } = await application({ allowedHosts: ["*"], sessionCookie: { name: "other" } })

const told: Array<unknown> = []
const report = (error: unknown) => void told.push(error)

afterEach(() => {
  vi.restoreAllMocks()
  stores.heal()
  expect(told.splice(0), "reported").toEqual([])
})

const namesIn = (response: Response) => response.headers.getSetCookie().map((line) => line.split("=", 1)[0])
const varyOf = (response: Response) => (response.headers.get("vary") ?? "").split(", ").sort()
const rows = () => stores.sessions.rows.size

const origin = "https://app.example"
const around = () => new Hono().use(cors({ origin, credentials: true }))

describe("the cookie of a session", () => {
  it("is added to those that were set before, in the handler and after it, with cors outside", async () => {
    const app = around()
      .use(async (c, next) => {
        setCookie(c, "early", "1")
        await next()
        setCookie(c, "late", "1")
      })
      .use(honoAuth(auth, { report }))
      .get("/", async (c) => {
        await c.var.auth.session.set("a", 1)
        setCookie(c, "mine", "1")
        return c.text("text")
      })
    const response = await app.request("/", { headers: { origin } })
    expect(namesIn(response).sort()).toEqual(["early", "late", "mine", "sessionid"])
    expect([varyOf(response), response.headers.get("access-control-allow-origin")]).toEqual([
      ["Cookie", "Origin"],
      origin
    ])
  })

  it.each([
    ["a Response", () => new Response("text")],
    ["a redirect, whose headers cannot be changed", () => Response.redirect("http://localhost/x", 302)],
    ["what fetch returned", () => fetch("data:text/plain,text")]
  ])("is on what the handler returns: %s", async (_, answer) => {
    const app = around()
      .use(async (c, next) => {
        setCookie(c, "early", "1")
        await next()
      })
      .use(honoAuth(auth, { report }))
      .get("/", async (c) => {
        await c.var.auth.session.set("a", 1)
        return answer()
      })
    const response = await app.request("/")
    expect(namesIn(response).sort()).toEqual(["early", "sessionid"])
  })

  it("is kept when c.res is replaced, inside and outside", async () => {
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        c.res = new Response(`outer ${await c.res.text()}`, { status: 202 })
      })
      .use(honoAuth(auth, { report }))
      .use(async (c, next) => {
        await next()
        c.res = new Response(`inner ${await c.res.text()}`, c.res)
      })
      .get("/", async (c) => {
        await c.var.auth.session.set("a", 1)
        return c.text("text")
      })
    const response = await app.request("/")
    expect([response.status, await response.text(), namesIn(response)]).toEqual([
      202,
      "outer inner text",
      ["sessionid"]
    ])
  })

  it("is not there, but Vary is, when outer middleware reads the user of a page which used nothing", async () => {
    const app = new Hono<HonoAuthEnv<MemoryUser, AnyFields>>()
      .use(async (c, next) => {
        await next()
        const user = await c.var.auth.getUser()
        c.res = new Response(`${await c.res.text()} for ${user?.username ?? "a visitor"}`, c.res)
      })
      .use(honoAuth(auth, { report }))
      .get("/", (c) => c.text("page", 200, { Vary: "Accept" }))
    const response = await app.request("/", { headers: { cookie: `sessionid=${"a".repeat(32)}` } })
    expect([await response.text(), varyOf(response)]).toEqual(["page for a visitor", ["Accept", "Cookie"]])
  })

  it("is sent with a stream, a redirect, and a page that is not found", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .use(async (c, next) => {
        await c.var.auth.session.set("a", 1)
        await next()
      })
      .get("/stream", (c) =>
        streamText(c, async (stream) => {
          await stream.write("one")
          await stream.write("two")
        })
      )
      .get("/redirect", (c) => c.redirect("/elsewhere", 303))
    for (const [path, status, text] of [
      ["/stream", 200, "onetwo"],
      ["/redirect", 303, ""],
      ["/nowhere", 404, "404 Not Found"]
    ] as const) {
      const response = await app.request(path)
      expect([response.status, await response.text(), namesIn(response)]).toEqual([status, text, ["sessionid"]])
    }
  })

  it("is never put on a response that several clients share", async () => {
    const shared = new Response(null, { status: 204 })
    const app = new Hono().use(honoAuth(auth, { report })).get("/", async (c) => {
      await c.var.auth.session.set("a", 1)
      return shared
    })
    expect(namesIn(await app.request("/"))).toEqual(["sessionid"])
    expect([namesIn(shared), shared.headers.get("vary")]).toEqual([[], null])
  })
})

describe("what handlers throw", () => {
  const throwing = (error: unknown, app = new Hono()) =>
    app.use(honoAuth(auth, { report })).get("/", async (c) => {
      await c.var.auth.session.set("a", 1)
      throw error
    })

  it("decides by its status whether the session is stored: an HTTPException below 500", async () => {
    const response = await throwing(new HTTPException(401, { message: "no" })).request("/")
    expect([response.status, await response.text(), namesIn(response)]).toEqual([401, "no", ["sessionid"]])
  })

  it("reaches app.onError, whose answer gets the cookie", async () => {
    const heard: Array<unknown> = []
    const app = throwing(new HTTPException(401))
    app.onError((error, c) => {
      heard.push(error)
      return c.json({ mine: true }, 418)
    })
    const response = await app.request("/")
    expect([response.status, await response.json(), namesIn(response)]).toEqual([418, { mine: true }, ["sessionid"]])
    expect(heard).toEqual([new HTTPException(401)])
  })

  it("reaches the error handler of the sub-application that threw it", async () => {
    const part = new Hono<{ Variables: { auth: ReturnType<typeof auth.open>["context"] } }>()
    part.get("/", async (c) => {
      await c.var.auth.session.set("a", 1)
      throw new Error("a bug")
    })
    part.onError((_error, c) => c.text("the part's own words", 422))
    const app = new Hono().use(honoAuth(auth, { report })).route("/part", part)
    const response = await app.request("/part")
    expect([response.status, await response.text(), namesIn(response)]).toEqual([
      422,
      "the part's own words",
      ["sessionid"]
    ])
  })

  it.each([
    ["an HTTPException of 500", new HTTPException(500)],
    ["a bug", new TypeError("a bug")]
  ])("stores nothing: %s", async (_, error) => {
    vi.spyOn(console, "error").mockImplementation(() => {})
    const before = rows()
    const response = await throwing(error).request("/")
    expect([response.status, namesIn(response), rows()]).toEqual([500, [], before])
  })

  it("is thrown on when it is not an error, since Hono does not answer it", async () => {
    const before = rows()
    await expect(throwing("text").request("/")).rejects.toBe("text")
    expect(rows()).toBe(before)
  })
})

describe("latchkey's failures", () => {
  it("are answered by latchkey and not by app.onError, without the handler's but its CORS headers", async () => {
    const app = around()
      .use(honoAuth(auth, { report }))
      .get("/", async (c) => {
        c.header("x-mine", "1")
        setCookie(c, "mine", "1")
        await c.var.auth.session.set("a", 1)
        return c.text("text", 201)
      })
    app.onError((_error, c) => c.text("mine", 500))
    stores.beforeCommit = outage
    const response = await app.request("/", { headers: { origin } })
    expect([response.status, await response.json(), namesIn(response)]).toEqual([503, { error: "unavailable" }, []])
    expect([
      response.headers.get("x-mine"),
      response.headers.get("access-control-allow-origin"),
      response.headers.get("access-control-allow-credentials")
    ]).toEqual([null, origin, "true"])
    expect(told.splice(0)).toHaveLength(1)
  })

  it("are not printed when the client caused them", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {})
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .get("/user", async (c) => c.text((await c.var.auth.requireUser()).username))
      .get("/permission", async (c) => c.text((await c.var.auth.requirePermission("a.b")).username))
      .get("/bad", async () => {
        throw new BadRequest({ reason: "no such thing" })
      })
    const html = { headers: { accept: "text/html" } }
    const statuses = await Promise.all(["/user", "/permission", "/bad"].map((path) => app.request(path, html)))
    expect(statuses.map(({ status }) => status)).toEqual([302, 302, 400])
    expect((await app.request("/user", { headers: { accept: "application/json" } })).status).toBe(401)
    expect(printed).not.toHaveBeenCalled()
  })

  it("refuse a request before any handler runs, and keep the cookies that other middleware has set", async () => {
    const seen: Array<string> = []
    const app = around()
      .use(async (c, next) => {
        setCookie(c, "early", "1")
        await next()
      })
      .use(secureHeaders())
      .use(honoAuth(auth, { report }))
      .post("/", (c) => {
        seen.push(c.req.path)
        return c.text("handled")
      })
    const response = await app.request("/", { method: "POST", headers: { origin, "content-type": "application/json" } })
    expect([response.status, namesIn(response), seen]).toEqual([403, ["early"], []])
    expect([response.headers.get("access-control-allow-origin"), response.headers.get("x-frame-options")]).toEqual([
      origin,
      "SAMEORIGIN"
    ])
  })
})

describe("a form", () => {
  it("is checked once Hono has parsed it", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .get("/", async (c) => c.text(await c.var.auth.getCsrfToken()))
      .post("/", async (c) => {
        const form = await c.req.parseBody()
        await c.var.auth.verifyCsrf(form)
        return c.text(`verified ${form["mine"]}`)
      })
    const page = await app.request("/")
    const [cookie = ""] = page.headers.getSetCookie()[0]?.split(";") ?? []
    const post = (csrfmiddlewaretoken: string) =>
      app.request("/", {
        method: "POST",
        headers: { cookie },
        body: new URLSearchParams({ mine: "1", csrfmiddlewaretoken })
      })
    expect(await (await post(await page.text())).text()).toBe("verified 1")
    expect((await post("wrong")).status).toBe(403)
  })
})

describe("a second middleware of latchkey", () => {
  it("uses the session that the first one opened, even if the request was replaced in between", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .use(async (c, next) => {
        await c.var.auth.session.set("first", 1)
        c.req.raw = new Request(c.req.raw)
        await next()
      })
      .use(honoAuth(auth, { report }))
      .get("/", async (c) => {
        await c.var.auth.session.set("second", 2)
        return c.json(await c.var.auth.session.keys())
      })
    const response = await app.request("/")
    expect([await response.json(), namesIn(response), stores.commits()]).toEqual([
      ["first", "second"],
      ["sessionid"],
      1
    ])
  })

  it("may be stricter", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .use("/account/*", honoAuth(auth, { loginRequired: true }))
      .get("*", (c) => c.text(c.req.path))
    expect(await (await app.request("/")).text()).toBe("/")
    const refused = await app.request("/account/me")
    expect([refused.status, refused.headers.get("location")]).toEqual([302, "/accounts/login/?next=/account/me"])
  })

  it("from latchkey/fetch uses it too, and leaves exceptions to Hono", async () => {
    const me = withAuth(auth, async (_request, { session }, error?: unknown) => {
      await session.set("a", 1)
      if (error !== undefined) throw error
      return new Response("text")
    })
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .get("/", (c) => me(c.req.raw))
      .get("/throws", (c) => me(c.req.raw, new HTTPException(409)))
    app.onError((_error, c) => c.text("mine", 409))
    for (const [path, text] of [
      ["/", "text"],
      ["/throws", "mine"]
    ] as const) {
      const response = await app.request(path)
      expect([await response.text(), namesIn(response)]).toEqual([text, ["sessionid"]])
    }
  })

  it.each([
    ["/shop/cart?a=1", "/shop", "/shop/cart%3Fa%3D1"],
    ["/shop", "/shop", "/shop"]
  ])("uses the same session in a mounted application, which sees only a part of the path: %s", async (url, path, next) => {
    const inner = new Hono()
      .use(honoAuth(auth))
      .use("/account", honoAuth(auth, { loginRequired: true }))
      .get("*", async (c) => {
        await c.var.auth.session.set("inner", 2)
        return c.json(await c.var.auth.session.keys())
      })
    const fetched = withAuth(auth, async (_request, { requireUser }) => new Response((await requireUser()).username))
    const siteOf = (mounted: (request: Request) => Response | Promise<Response>) =>
      new Hono()
        .use(honoAuth(auth))
        .use(async (c, next) => {
          await c.var.auth.session.set("outer", 1)
          await next()
        })
        .mount(path, mounted)
    const headers = { "user-agent": "a browser" }
    const before = rows()
    const response = await siteOf(inner.fetch).request(url, { headers })
    expect([await response.json(), namesIn(response), rows()]).toEqual([["outer", "inner"], ["sessionid"], before + 1])
    const refused = await siteOf(fetched).request(url, { headers })
    expect([refused.status, refused.headers.get("location"), namesIn(refused)]).toEqual([
      302,
      `/accounts/login/?next=${next}`,
      ["sessionid"]
    ])
  })

  it("answers an outage once, and reports it once", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .use(honoAuth(auth, { report, onError: () => ({ status: 503, headers: {}, body: "the second door's" }) }))
      .get("/", async (c) => c.text(String(await c.var.auth.session.get("a"))))
    stores.beforeLoad = outage
    const response = await app.request("/", { headers: { cookie: `sessionid=${"a".repeat(32)}` } })
    expect([response.status, await response.text(), told.splice(0).length]).toEqual([503, "the second door's", 1])
  })

  it("of another application has its own session", async () => {
    const app = new Hono()
      .use(honoAuth(auth, { report }))
      .use(async (c, next) => {
        await c.var.auth.session.set("a", 1)
        await next()
      })
      .use(honoAuth(other, { report }))
      .get("/", async (c) => {
        await c.var.auth.session.set("b", 1)
        return c.text(Object.keys(getCookie(c)).join())
      })
    expect(namesIn(await app.request("/")).sort()).toEqual(["other", "sessionid"])
  })
})

describe("a method override", () => {
  /** Over http and without an Origin, so that only the token can show that the request comes from the site. */
  const forged = (method: string, body: string | FormData | URLSearchParams, headers: Record<string, string> = {}) =>
    new Request(`http://app.example/x?_method=${method}`, {
      method: "POST",
      body,
      headers: { host: "app.example", ...headers }
    })
  const formOf = (method: string) => {
    const form = new FormData()
    form.set("_method", method)
    return form
  }
  const ways = {
    form: [{}, (method: string) => forged(method, formOf(method))],
    "an encoded form": [{}, (method: string) => forged(method, new URLSearchParams({ _method: method }))],
    query: [{ query: "_method" }, (method: string) => forged(method, "{}", { "content-type": "text/plain" })],
    header: [{ header: "x-method" }, (method: string) => forged(method, "{}", { "x-method": method })]
  } as const

  describe.each(Object.entries(ways))("by %s", (_, [options, request]) => {
    it.each(["GET", "HEAD", "OPTIONS", "DELETE"])("to %s does not disable the CSRF check", async (method) => {
      let handled = 0
      const app = new Hono().use(honoAuth(auth, { report: () => {} }))
      app.use(methodOverride({ app, ...options }))
      app.all("/x", async (c) => {
        await c.var.auth.getUser()
        handled += 1
        return c.text("handled")
      })
      const response = await app.fetch(request(method))
      expect([response.status >= 400, handled]).toEqual([true, 0])
    })

    it.each([
      "GET",
      "HEAD",
      "OPTIONS"
    ])("to %s does not disable it on Node, before or after latchkey", async (method) => {
      let handled = 0
      const app = new Hono()
      app.use(methodOverride({ app, ...options }))
      app.use(honoAuth(auth, { report: () => {} }))
      app.all("/x", async (c) => {
        await (c.var as HonoAuthEnv<MemoryUser, AnyFields>["Variables"]).auth.getUser()
        handled += 1
        return c.text("handled")
      })
      const response = await app.fetch(request(method), { incoming: { method: "POST" } })
      expect([response.status >= 400, handled]).toEqual([true, 0])
    })
  })

  it("does not change the method of a request for another path that a handler makes", async () => {
    const app = new Hono().use(honoAuth(auth, { csrfExempt: (c) => c.req.path === "/outer" }))
    app.get("/inner", (c) => c.text("inner"))
    app.post("/outer", () => app.fetch(new Request("https://app.example/inner")) as Promise<Response>)
    const response = await app.fetch(new Request("https://app.example/outer", { method: "POST" }))
    expect([response.status, await response.text()]).toEqual([200, "inner"])
  })
})
