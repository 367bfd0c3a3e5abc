/** What the testing kit's Browser sends by itself, and how it says what is wrong. */
import { createServer } from "node:http"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { Browser, forceLogin, type RequestHandler, testSite } from "../../src/testing/index.ts"

const echo: RequestHandler = async (request) =>
  Response.json({
    method: request.method,
    path: new URL(request.url).pathname,
    body: await request.text(),
    ...Object.fromEntries(request.headers)
  })

const sent = async (response: Response): Promise<Record<string, string>> => JSON.parse(await response.text())

describe("a browser", () => {
  it("refuses what is no handler, and says what to write for a Koa application", async () => {
    const koa: object = { callback: () => () => {} }
    await expect(new Browser().fetch(koa as never)).rejects.toThrow(
      "browser.fetch: the first argument is a handler, an application with `fetch`, or the URL of a server; write listener(app)"
    )
  })
})

describe("the CSRF token of a browser", () => {
  it("is made by the browser at first, as if it had visited a page: as a field of forms, as a header of scripts", async () => {
    const browser = new Browser()
    const form = await sent(await browser.fetch(echo, "/", { form: { a: "b" } }))
    const token = browser.cookie("csrftoken")
    expect(form).toMatchObject({
      method: "POST",
      body: `a=b&csrfmiddlewaretoken=${token}`,
      cookie: `csrftoken=${token}`
    })
    expect(form).not.toHaveProperty("x-csrftoken")
    const script = await sent(await browser.fetch(echo, "/", { method: "DELETE" }))
    expect(script).toMatchObject({ "x-csrftoken": token, origin: "http://localhost" })
  })

  it("has the site's own names", async () => {
    const site = testSite({ auth: { csrfCookie: { name: "xsrf" }, csrfHeaderName: "X-XSRF" } })
    const alice = await site.browserOf("alice")
    const app = withAuth(site.auth, async (_, { getUser }) => Response.json((await getUser())?.username))
    expect(await (await alice.fetch(app, "/", { json: {} })).json()).toBe("alice")
    expect(alice.cookies.map(({ name }) => name).sort()).toEqual(["sessionid", "xsrf"])
  })

  it("is that of the last page where the site keeps the secret in the session", async () => {
    const site = testSite({ auth: { csrfUseSessions: true } })
    const app = withAuth(site.auth, async (request, { getCsrfToken, verifyCsrf }) => {
      if (request.method === "POST") await verifyCsrf(await request.formData())
      const field = `<form><input type=hidden value='${await getCsrfToken()}' name=csrfmiddlewaretoken></form>`
      return new Response(field, { headers: { "content-type": "text/html" } })
    })
    const browser = site.browser()
    await browser.fetch(app, "/")
    expect((await browser.fetch(app, "/", { form: {} })).status).toBe(200)
    expect((await browser.copy().fetch(app, "/", { form: {} })).status).toBe(200)
  })

  it("is left out, replaced, or not known to another origin", async () => {
    const browser = new Browser()
    await browser.fetch(echo, "/", { form: {} })
    const bodies = [
      { csrf: false },
      { csrf: "mine" },
      { from: "https://other.example" },
      { from: "http://localhost:81" }
    ]
    const all = await Promise.all(
      bodies.map(async (how) => sent(await browser.fetch(echo, "/", { form: {}, ...how } as never)))
    )
    expect(all.map(({ body }) => body)).toEqual(["", "csrfmiddlewaretoken=mine", "", ""])
    expect(all.map(({ origin }) => origin)).toEqual([
      "http://localhost",
      "http://localhost",
      "https://other.example",
      "http://localhost:81"
    ])
  })
})

describe("the Referer of a browser", () => {
  it.each([
    [{}, undefined],
    [{ form: {} }, "http://localhost/"],
    [{ from: "http://localhost/page?q" }, "http://localhost/page?q"],
    [{ from: "https://other.example/page?q" }, "https://other.example/"]
  ])("%j: %s", (init, referer) => {
    expect(new Browser().request("/", init).headers.get("referer") ?? undefined).toBe(referer)
  })
})

describe("redirects", () => {
  const redirecting =
    (status: number, location = "/next"): RequestHandler =>
    (request) =>
      new URL(request.url).pathname === "/"
        ? new Response(null, { status, headers: { location, "set-cookie": "seen=1" } })
        : echo(request)

  it("are the answer by default", async () => {
    expect((await new Browser().fetch(redirecting(302), "/")).status).toBe(302)
  })

  it.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [302, "PUT", "PUT"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"]
  ])("%i after %s asks with %s", async (status, method, then) => {
    const seen: Array<string> = []
    const app: RequestHandler = (request) => {
      seen.push(`${request.method} ${request.headers.get("cookie") ?? ""}`.replace(/csrftoken=\w+(; )?/, ""))
      return redirecting(status)(request)
    }
    const body = method === "HEAD" ? {} : { body: "text" }
    await new Browser().fetch(app, "/", { method, ...body, redirect: "follow" })
    expect(seen).toEqual([`${method} `, `${then} seen=1`])
  })

  it("to another origin do not carry Authorization or cookies of this one", async () => {
    const init = { headers: { authorization: "secret" }, redirect: "follow" } as const
    const other = await sent(await new Browser().fetch(redirecting(302, "https://other.example/next"), "/", init))
    expect(other).toMatchObject({ host: "other.example", referer: "http://localhost/" })
    expect(other).not.toHaveProperty("authorization")
    expect(other).not.toHaveProperty("cookie")
    const same = await sent(await new Browser().fetch(redirecting(302), "/", init))
    expect(same).toMatchObject({ authorization: "secret", cookie: "seen=1" })
  })

  it("that never end are an error", async () => {
    const loop: RequestHandler = () => new Response(null, { status: 302, headers: { location: "/" } })
    await expect(new Browser().fetch(loop, "/", { redirect: "follow" })).rejects.toThrow("more than 20 redirects")
  })
})

describe("a browser at a server", () => {
  const site = testSite()
  const server = createServer(
    nodeAuth(site.auth, async (req, res, { getUser, session }) => {
      if (req.method === "POST") await session.set("n", 1)
      res.setHeader("content-type", "application/json")
      res.end(JSON.stringify([req.url, (await getUser())?.username, await session.get("n"), req.headers.host]))
    })
  )
  let url: string
  beforeEach(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    url = `http://localhost:${typeof address === "object" ? address?.port : ""}`
  })
  afterEach(() => void server.close())

  it("sends its cookies and CSRF token there, to every port of its host, as browsers do", async () => {
    const alice = await site.browserOf("alice")
    await alice.fetch(`${url}/write?a=b`, undefined, { json: {} })
    const { host } = new URL(url)
    expect(await (await alice.fetch(url, "/x")).json()).toEqual(["/x", "alice", 1, host])
    expect(await (await alice.fetch(`${url}/y?a=b`)).json()).toEqual(["/y?a=b", "alice", 1, host])
  })
})

describe("a browser says what is wrong", () => {
  const browser = new Browser()
  it.each([
    [{ method: "GET", json: {} }, "a GET request has no body: leave out `json`, or write another method"],
    [{ josn: {} }, "josn: there is no such option; the options are method, headers"],
    [{ redirect: "error" }, 'redirect: write "manual" or "follow"'],
    [{ csrf: true }, "csrf: write false, or a string"],
    [{ json: {}, form: {} }, "a request has one body: write only one of `body`, `form` and `json`"]
  ])("%j", async (init, message) => {
    await expect(browser.fetch(echo, "/", init as never)).rejects.toThrow(message)
  })

  it("when a handler returns no Response", async () => {
    // @ts-expect-error a handler returns a Response
    const broken = browser.fetch(() => undefined, "/page")
    await expect(broken).rejects.toThrow("GET /page: the handler answered undefined; it has to return a Response")
  })

  it("when its origin is none", () => {
    expect(() => new Browser({ origin: "shop.example" })).toThrow('"shop.example" is not an origin; write one as in')
  })

  it("when the site's cookies are not for its origin", async () => {
    const site = testSite({
      auth: { sessionCookie: { secure: true, domain: "shop.example" }, allowedHosts: ["shop.example"] }
    })
    await expect(forceLogin(site.auth, site.user("alice"))).rejects.toThrow(
      "a browser at http://localhost does not accept the cookie sessionid; pass a browser at the address of your site"
    )
    const there = new Browser({ origin: "https://shop.example", clock: site.clock })
    expect((await forceLogin(site.auth, site.user("alice"), { browser: there })).cookie("sessionid")).toBeDefined()
  })
})
