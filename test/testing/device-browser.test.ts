/** The browser that binds sessions does what Chromium was seen to do. */
import { describe, expect, it } from "vitest"
import * as Limits from "../../src/testing/browser/chromium-limits.ts"
import { DeviceBrowser, testSite } from "../../src/testing/index.ts"
import { makeClock } from "../../src/testing/site/clock.ts"

const origin = "https://shop.example"
const short = "__Host-device"
const cookie = (age: number) => `${short}=good; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${age}`
const challenge = (text: string, id = "one") => ({ "secure-session-challenge": `"${text}";id="${id}"` })

const instructions = (id = "one") =>
  JSON.stringify({
    session_identifier: id,
    refresh_url: "/dbsc/refresh",
    scope: { include_site: false, scope_specification: [{ type: "exclude", path: "/static" }] },
    credentials: [{ type: "cookie", name: short, attributes: "Path=/; Secure; HttpOnly; SameSite=Lax" }]
  })

type Answer = (request: Request) => Response | Promise<Response>

/** A site whose endpoints answer as a test says. */
const script = () => {
  const { clock } = makeClock(Date.UTC(2026, 0, 2))
  const browser = new DeviceBrowser({ origin, clock })
  const seen: Array<string> = []
  const renewed: Answer = () => new Response(instructions(), { headers: { "set-cookie": cookie(600) } })
  const site = {
    register: renewed,
    proof: renewed,
    probe: (
      (): Answer => () =>
        new Response(null, { status: 403, headers: challenge("c") })
    )()
  }
  const handler = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const proof = request.headers.get("secure-session-response")
    const skipped = request.headers.get("secure-session-skipped")
    const has = request.headers.get("cookie")?.includes(`${short}=good`) === true
    if (pathname === "/dbsc/register") return site.register(request)
    if (pathname === "/dbsc/refresh") return (proof === null ? site.probe : site.proof)(request)
    seen.push(
      `${request.method} ${pathname} ${has ? "with" : "without"}${skipped === null ? "" : ` ${skipped.split(";")[0]}`}`
    )
    const offer = { "secure-session-registration": '(ES256 RS256);path="/dbsc/register";challenge="first"' }
    if (pathname === "/login") return new Response(null, { status: 302, headers: { location: "/", ...offer } })
    return pathname === "/hop"
      ? new Response(null, { status: 302, headers: { location: "/hopped" } })
      : new Response("")
  }
  const ask = (path: string, init = {}) => browser.fetch(handler, path, init)
  const sent = () => browser.exchanges.map(({ sent, status }) => `${sent} ${status}`)
  const login = async () => {
    await ask("/login")
    await browser.settled()
    seen.length = 0
  }
  return { ask, browser, clock, handler, login, seen, sent, site }
}

describe("a browser that binds sessions", () => {
  it("registers beside the page after the login, and not again when that fails", async () => {
    const { ask, browser, seen, sent, site } = script()
    site.register = () => new Response(null, { status: 503 })
    await ask("/login", { redirect: "follow" })
    await browser.settled()
    await ask("/")
    expect(seen).toEqual(["GET /login without", "GET / without", "GET / without"])
    expect(sent()).toEqual(["registration 503"])
  })

  it("holds a request until a refresh has ended, and sends it once", async () => {
    const { ask, browser, login, seen, sent } = script()
    await login()
    browser.deleteShortCookies()
    await Promise.all([ask("/", { form: { a: "1" } }), ask("/two"), ask("/static/x")])
    expect(seen.toSorted()).toEqual(["GET /static/x without", "GET /two with", "POST / with"])
    expect(sent()).toEqual(["registration 200", "probe 403", "proof 200"])
  })

  it("holds a request once in a chain of redirects", async () => {
    const { ask, browser, login, seen, site } = script()
    await login()
    site.proof = () => new Response(instructions())
    browser.deleteShortCookies()
    await ask("/hop", { redirect: "follow" })
    expect(seen).toEqual(["GET /hop without", "GET /hopped without"])
    expect(browser.exchanges.length).toBe(3)
  })

  it("refreshes ahead of time beside a request, when less than 120 s are left", async () => {
    const { ask, browser, clock, login, sent } = script()
    await login()
    clock.advance({ seconds: 600 - Limits.refreshAheadSeconds })
    await ask("/")
    expect(sent()).toEqual(["registration 200"])
    clock.advance({ seconds: 1 })
    await ask("/")
    await browser.settled()
    expect(sent()).toEqual(["registration 200", "probe 403", "proof 200"])
  })

  it("does not refresh for a page of another origin", async () => {
    const { ask, browser, login, seen } = script()
    await login()
    browser.deleteShortCookies()
    await ask("/", { from: "https://www.shop.example/" })
    expect(seen).toEqual(["GET / without"])
  })

  it.each([400, 401, 404, 429])("ends the bound session when a refresh is answered %i", async (status) => {
    const { ask, browser, login, site } = script()
    await login()
    site.probe = () => new Response(null, { status })
    browser.deleteShortCookies()
    await ask("/")
    expect(browser.boundSessions).toEqual([])
  })

  it.each([
    [407, "unreachable"],
    [500, "server_error"],
    [503, "server_error"]
  ])("keeps the bound session when a refresh is answered %i", async (status, reason) => {
    const { ask, browser, login, seen, site } = script()
    await login()
    site.probe = () => new Response(null, { status })
    browser.deleteShortCookies()
    await ask("/")
    expect(seen).toEqual([`GET / without ${reason}`])
    expect(browser.boundSessions).toEqual(["one"])
  })

  it("ends the bound session after five challenges, a redirect to HTML, or continue: false", async () => {
    for (const proof of [
      () => new Response(null, { status: 403, headers: challenge("again") }),
      () => new Response(null, { status: 302, headers: { location: "/dbsc/register" } }),
      () => Response.json({ continue: false })
    ]) {
      const { ask, browser, login, site } = script()
      await login()
      site.proof = proof
      site.register = () => new Response("log in", { headers: { "content-type": "text/html" } })
      browser.deleteShortCookies()
      await ask("/")
      expect(browser.boundSessions).toEqual([])
    }
  })

  it("sends the same proof again after an empty body, without a signature", async () => {
    const { ask, browser, login, sent, site } = script()
    await login()
    const proofs = new Set<string | null>()
    site.proof = ({ headers }) => {
      proofs.add(headers.get("secure-session-response"))
      return new Response(null, { headers: { "set-cookie": cookie(600) } })
    }
    for (let count = 0; count < 15; count++) {
      browser.deleteShortCookies()
      await ask("/")
    }
    expect(proofs.size).toBe(1)
    expect(sent().filter((one) => one === "probe 403").length).toBe(1)
  })

  it("signs six times in 540 s", async () => {
    const { ask, browser, clock, login, seen } = script()
    await login()
    for (let count = 0; count < 6; count++) {
      browser.deleteShortCookies()
      await ask("/")
    }
    expect(seen.map((line) => line.replace("GET / ", ""))).toEqual([
      ...Array.from({ length: 5 }, () => "with"),
      "without quota_exceeded"
    ])
    clock.advance({ seconds: Limits.quotaSeconds })
    await ask("/")
    expect(seen.at(-1)).toBe("GET / with")
  })

  it("sends held requests when a refresh has had no answer for 20 s", async () => {
    const { ask, browser, clock, login, seen, site } = script()
    await login()
    const { promise, resolve } = Promise.withResolvers<Response>()
    site.probe = () => promise
    browser.deleteShortCookies()
    const page = ask("/")
    clock.advance({ seconds: 19 })
    browser.releaseHeld()
    expect(seen).toEqual([])
    clock.advance({ seconds: 1 })
    browser.releaseHeld()
    await page
    expect(seen).toEqual(["GET / without unreachable"])
    resolve(new Response(null, { status: 503 }))
    await browser.settled()
    expect(browser.boundSessions).toEqual(["one"])
  })

  it("keeps older bound sessions until their refresh fails, and forgets all with Clear-Site-Data", async () => {
    const { ask, browser, handler, login, site } = script()
    await login()
    site.register = () => new Response(instructions("two"), { headers: { "set-cookie": cookie(600) } })
    await login()
    expect(browser.boundSessions).toEqual(["one", "two"])
    site.probe = ({ headers }) =>
      headers.get("sec-secure-session-id") === "one"
        ? new Response(null, { status: 404 })
        : new Response(null, { status: 403, headers: challenge("c", "two") })
    site.proof = () => new Response(instructions("two"), { headers: { "set-cookie": cookie(600) } })
    browser.deleteShortCookies()
    await ask("/")
    expect(browser.boundSessions).toEqual(["two"])
    const clearing = async (request: Request) => {
      const response = await handler(request)
      response.headers.set("clear-site-data", '"cookies"')
      return response
    }
    await browser.fetch(clearing, "/")
    expect([browser.boundSessions, browser.cookies]).toEqual([[], []])
  })

  it("backs off for five seconds after four failures", async () => {
    const { ask, browser, clock, login, sent, site } = script()
    await login()
    site.probe = () => new Response(null, { status: 503 })
    browser.deleteShortCookies()
    for (let count = 0; count < 6; count++) await ask("/")
    expect(sent().length).toBe(1 + Limits.failuresBeforeBackOff)
    clock.advance({ seconds: Limits.backOffSeconds })
    await ask("/")
    expect(sent().length).toBe(2 + Limits.failuresBeforeBackOff)
  })

  it("has keys of its own that its copy does not have", async () => {
    const { browser, login } = script()
    await login()
    expect(browser.keyOf("one")).toBeDefined()
    expect(browser.copy()).not.toBeInstanceOf(DeviceBrowser)
    expect(browser.copy().cookie(short)).toBe("good")
  })

  it("comes from a test site, with the name of its short cookie", () => {
    const site = testSite({
      origin,
      auth: { sessionCookie: { secure: true, name: "__Host-sid" }, deviceBound: { mode: "observe" } }
    })
    expect(site.deviceBound).toEqual({
      mode: "observe",
      cookieSeconds: 600,
      graceSeconds: 10,
      cookie: "__Host-sid-device"
    })
    expect(testSite().deviceBound).toBeUndefined()
    expect(site.deviceBrowser().boundSessions).toEqual([])
  })
})
