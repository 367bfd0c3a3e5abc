/** The testing kit's Browser keeps the cookies that Chromium keeps, and sends what Chromium sends. */
import { createServer, type Server } from "node:http"
import type { BrowserContext, Browser as Chromium, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { Browser, forceLogin, type PageInit, testSite } from "../../src/testing/index.ts"
import { service } from "../rig/services.ts"
import { launch } from "./chromium.ts"
import { listen } from "./listening.ts"

/** `/…/set` sets the cookies of the query's lines; every other path answers the headers that it got. */
const echo = (): Server =>
  createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost")
    if (pathname.endsWith("/set")) res.setHeader("set-cookie", searchParams.getAll("line"))
    if (pathname.endsWith("/page")) return void res.setHeader("content-type", "text/html").end("<p>a page")
    res.setHeader("content-type", "text/plain").end(JSON.stringify(req.headers))
  })

describe.skipIf(!service("chromium").available)("the testing kit's Browser beside Chromium", () => {
  let chrome: Chromium
  let server: Server
  let port: number
  let context: BrowserContext
  let page: Page
  let ours: Browser

  beforeAll(async () => {
    server = echo()
    port = await listen(server)
    chrome = await launch("--host-resolver-rules=MAP * 127.0.0.1") // every host name leads to this machine
    context = await chrome.newContext()
    page = await context.newPage()
    ours = new Browser()
  })
  afterAll(async () => {
    await chrome?.close()
    server?.closeAllConnections()
    server?.close()
  })

  const url = (host: string, path: string): URL => new URL(path, `http://${host}:${port}`)
  const names = (header: string): ReadonlyArray<string> => (header === "" ? [] : header.replace(/x+/, "x").split("; "))

  const setBoth = async (host: string, path: string, lines: ReadonlyArray<string>): Promise<void> => {
    const target = url(host, path)
    for (const line of lines) target.searchParams.append("line", line)
    await page.goto(target.href)
    ours.store(lines, target)
  }
  const sentByChromium = async (host: string, path: string): Promise<ReadonlyArray<string>> => {
    const response = await page.goto(url(host, path).href)
    const headers = JSON.parse((await response?.text()) ?? "{}")
    return names(headers.cookie ?? "")
  }

  it("keeps the same cookies, and sends them in the same order", async () => {
    const future = "Wed, 01 Jan 2070 00:00:00 GMT"
    await setBoth("shop.example", "/dir/set", [
      "plain=1",
      "sub=1; Path=/; Domain=shop.example",
      "dotted=1; Path=/; Domain=.SHOP.example",
      "foreign=1; Path=/; Domain=other.example",
      "tooWide=1; Path=/; Domain=example",
      "below=1; Path=/; Domain=a.shop.example",
      "deeper=1; Path=/dir/deeper",
      "noSlash=1; Path=dir",
      "lastPath=1; Path=/nowhere; Path=/",
      "secure=1; Path=/; Secure",
      "none=1; Path=/; SameSite=None",
      "strict=1; Path=/; SameSite=Strict",
      "odd=1; Path=/; SameSite=Whatever",
      `age=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT`,
      `gone=1; Path=/; Max-Age=0; Expires=${future}`,
      "negative=1; Path=/; Max-Age=-5",
      "badAge=1; Path=/; Max-Age=soon",
      `until=1; Path=/; Expires=${future}`,
      "ended=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "badDate=1; Path=/; Expires=Thu, 32 Foo 1970",
      "oddDate=1; Path=/; Expires=1-Jan-2070, 10:20:30",
      '  spaced  =  "a b"  ;  Path = / ',
      "nameless; Path=/",
      "=alsoNameless; Path=/",
      "eq=a=b; Path=/",
      "empty=; Path=/",
      `long=${"x".repeat(4092)}; Path=/`,
      `tooLong=${"x".repeat(4090)}; Path=/`,
      // The last: Chromium counts a cookie with a new value as set later, and RFC 6265bis does not.
      "rooted=1; Path=/"
    ])
    await setBoth("localhost", "/dir/set", [
      "secure=1; Path=/; Secure",
      "none=1; Path=/; SameSite=None; Secure",
      "__Secure-yes=1; Path=/; Secure",
      "__Secure-no=1; Path=/",
      "__Host-yes=1; Path=/; Secure",
      "__Host-path=1; Path=/dir; Secure",
      "__Host-default=1; Secure",
      "__Host-domain=1; Path=/; Secure; Domain=localhost",
      "__host-lower=1; Path=/",
      "=__Host-nameless=1; Path=/",
      "own=1; Path=/; Domain=localhost"
    ])
    await setBoth("127.0.0.1", "/set", ["address=1; Path=/; Domain=127.0.0.1", "part=1; Path=/; Domain=0.0.1"])
    await setBoth("a.b.shop.example", "/set", ["up=1; Path=/; Domain=b.shop.example", "plain=2; Path=/dir"])
    // The same name, host and path is the same cookie; it keeps its place. Another path is another cookie.
    await setBoth("shop.example", "/dir/set", ["rooted=2; Path=/", "rooted=3; Path=/dir", "sub=; Path=/; Max-Age=0"])

    const probes = [
      ["shop.example", "/"],
      ["shop.example", "/dir"],
      ["shop.example", "/dir/x"],
      ["shop.example", "/dirx"],
      ["shop.example", "/dir/deeper/"],
      ["a.shop.example", "/"],
      ["b.shop.example", "/"],
      ["a.b.shop.example", "/dir/"],
      ["localhost", "/"],
      ["localhost", "/dir/x"],
      ["a.localhost", "/"],
      ["127.0.0.1", "/"]
    ] as const
    for (const [host, path] of probes)
      expect([host, path, names(ours.cookieHeader(url(host, path)))]).toEqual([
        host,
        path,
        await sentByChromium(host, path)
      ])
    expect(ours.cookies.length).toBeGreaterThan(20)
  })

  it("sends the same Origin, Referer, cookies and fetch metadata", async () => {
    // Without cookies that name no SameSite: for two minutes Chromium sends those with the forms of other sites.
    await context.clearCookies()
    ours.clearCookies()
    const lines = ["lax=1; SameSite=Lax", "strict=1; SameSite=Strict", "none=1; SameSite=None; Secure"]
    await setBoth("localhost", "/set", lines)
    const compared = [
      "origin",
      "referer",
      "sec-fetch-site",
      "sec-fetch-mode",
      "sec-fetch-dest",
      "content-type",
      "cookie"
    ]
    const seen = (headers: Record<string, string>) =>
      Object.fromEntries(compared.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))

    const target = url("localhost", "/echo")
    const compare = async (from: URL, script: string, init: PageInit): Promise<void> => {
      await page.goto(from.href)
      const arrived = page.waitForResponse((response) => response.url().startsWith(target.href))
      await page.evaluate(script)
      const chromes = JSON.parse(await (await arrived).text())
      const response = await ours.fetch(target, "/echo", { ...init, from, csrf: false })
      expect([script, seen(JSON.parse(await response.text()))]).toEqual([script, seen(chromes)])
    }
    const link = `{ const a = document.createElement("a"); a.href = "${target}"; document.body.append(a); a.click() }`
    const form = `{ const f = document.createElement("form"); f.method = "post"; f.action = "${target}";
      f.innerHTML = "<input name=a value=b>"; document.body.append(f); f.submit() }`
    const script = `fetch("${target}", { method: "POST", body: "{}", headers: { "content-type": "application/json" } })`
    for (const host of ["localhost", "evil.example", "a.localhost"]) {
      await compare(url(host, "/dir/page?q"), link, {})
      await compare(url(host, "/dir/page?q"), form, { form: { a: "b" } })
    }
    await compare(url("localhost", "/dir/page?q"), script, { json: {} })
  })
})

describe.skipIf(!service("chromium").available)("the cookies of the testing kit in Chromium", () => {
  it("open a page as the user who was logged in", async () => {
    const site = testSite({ auth: { sessionCookie: { name: "__Host-sid", secure: true } } })
    const alice = await forceLogin(site.auth, site.user("alice"))
    const server = createServer(
      nodeAuth(site.auth, async (_, res, { getUser, session }) => {
        res.setHeader("content-type", "text/html").end(`${(await getUser())?.username} ${await session.get("n")}`)
      })
    )
    const url = `http://localhost:${await listen(server)}`
    const chrome = await launch("--host-resolver-rules=MAP * 127.0.0.1") // every host name leads to this machine
    try {
      const context = await chrome.newContext({ storageState: alice.storageState(url) })
      const page = await context.newPage()
      await page.goto(url)
      expect(await page.innerText("body")).toBe("alice undefined")
      await alice.fetch(withAuth(site.auth, async (_, { session }) => session.set("n", 1).then(() => new Response())))
      await page.reload()
      expect(await page.innerText("body")).toBe("alice 1")
    } finally {
      await chrome.close()
      server.closeAllConnections()
      server.close()
    }
  })
})
