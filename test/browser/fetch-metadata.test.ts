/**
 * CSRF protection without tokens, and `Clear-Site-Data` at a logout, in Chromium. The session cookie is sent with requests
 * of every page (`SameSite=None`), so that only the check of latchkey refuses. Chromium sends `Sec-Fetch-Site` to hosts of
 * `localhost`, and not to `shop.test` over http.
 */
import { request } from "node:http"
import { text } from "node:stream/consumers"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { service } from "../rig/services.ts"
import { launch } from "./chromium.ts"
import { listeningServers } from "./listening.ts"

describe.skipIf(!service("chromium").available)("in Chromium", () => {
  let browser: Browser
  const servers = listeningServers()

  /** Ports: the shop, a server of other sites, and a gateway to the shop that removes the headers of browsers. */
  const port = { shop: 0, other: 0, gateway: 0 }
  const saved: Array<string> = []

  beforeAll(async () => {
    browser = await launch("--host-resolver-rules=MAP *.test 127.0.0.1")
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      csrfMode: "fetch-metadata",
      allowedHosts: ["shop.localhost", "shop.test"],
      sessionCookie: { sameSite: "None", secure: true },
      secureProxyHeader: ["x-test-proto", "https"],
      clearSiteData: ["cookies", "storage"]
    })
    const alice = await auth.createUser({ username: "alice", password: "alice's" })
    port.shop = await servers.serve(
      nodeAuth(auth, async (req, res, { getCsrfToken, getUser, login, logout, verifyCsrf }) => {
        if (req.method === "POST") {
          const form = new URLSearchParams(await text(req))
          await verifyCsrf(form)
          saved.push(`${form.get("by")} for ${(await getUser())?.username ?? "anonymous"}`)
          return void res.end("saved")
        }
        if (req.url === "/login" && alice !== undefined) await login(alice)
        if (req.url === "/logout") await logout()
        const token = req.url === "/token" ? await getCsrfToken() : ""
        const user = (await getUser())?.username
        res.setHeader("content-type", "text/html")
        res.setHeader("referrer-policy", req.url === "/no-referrer" ? "no-referrer" : "same-origin")
        const hidden = `<input type="hidden" name="csrfmiddlewaretoken" value="${token}">`
        res.end(
          `<p>${user ?? "anonymous"}</p><form method="post" action="/">${hidden}<button name="by" value="own">Send</button></form>`
        )
      })
    )
    // The page of another site, whose form goes to the address in its URL.
    port.other = await servers.serve((req, res) => {
      const action = new URL(req.url ?? "/", "http://localhost").searchParams.get("to")
      res.setHeader("content-type", "text/html")
      res.end(`<form method="post" action="${action}"><button name="by" value="other">Send</button></form>`)
    })
    port.gateway = await servers.serve((req, res) => {
      const { origin: _, "sec-fetch-site": __, ...headers } = req.headers
      const { method = "GET", url: path = "/" } = req
      const secure = req.url === "/logout" ? { "x-test-proto": "https" } : {}
      const asked = request(
        { port: port.shop, host: "127.0.0.1", method, path, headers: { ...headers, ...secure } },
        (answer) => {
          res.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(res)
        }
      )
      req.pipe(asked)
    })
  })
  afterAll(async () => {
    await browser?.close()
    servers.close()
  })

  /** Sends the form of this page. Returns the status, and what the shop has saved. */
  const sent = async (page: Page, url: string): Promise<readonly [number | undefined, ReadonlyArray<string>]> => {
    await page.goto(url)
    saved.length = 0
    const answered = page.waitForResponse((response) => response.request().method() === "POST")
    await page.getByRole("button").click()
    return [(await answered).status(), [...saved]]
  }
  const loggedIn = async (url: string): Promise<{ readonly context: BrowserContext; readonly page: Page }> => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${url}/login`)
    return { context, page }
  }
  /** The page of another site, with a form that goes to the shop. */
  const formAt = (host: string, shop: string): string =>
    `http://${host}:${port.other}/?to=${encodeURIComponent(`${shop}/`)}`

  it("a form of the site passes without a token; those of a subdomain and of other sites are refused", async () => {
    const shop = `http://shop.localhost:${port.shop}`
    const { context, page } = await loggedIn(shop)
    expect(await sent(page, shop)).toEqual([200, ["own for alice"]])
    expect(await sent(page, `${shop}/no-referrer`)).toEqual([200, ["own for alice"]])
    for (const host of ["blog.shop.localhost", "evil.localhost", "evil.test"])
      expect([host, await sent(page, formAt(host, shop))]).toEqual([host, [403, []]])
    // The browser has sent the cookie: a page that may be opened from anywhere shows the user.
    await page.goto(formAt("evil.localhost", shop))
    await page.evaluate(`location.assign("${shop}")`)
    await page.getByText("alice").waitFor()
    await context.close()
  })

  it("a script of another site is refused too", async () => {
    const shop = `http://shop.localhost:${port.shop}`
    const { context, page } = await loggedIn(shop)
    await page.goto(formAt("evil.localhost", shop))
    saved.length = 0
    const answered = page.waitForResponse((response) => response.request().method() === "POST")
    await page.evaluate(
      (url) =>
        fetch(url, {
          method: "POST",
          mode: "no-cors",
          credentials: "include",
          body: new URLSearchParams({ by: "script" })
        }).then(
          () => {},
          () => {}
        ),
      `${shop}/`
    )
    expect([(await answered).status(), saved]).toEqual([403, []])
    await context.close()
  })

  it("without Sec-Fetch-Site, as over http, the Origin decides", async () => {
    const shop = `http://shop.test:${port.shop}`
    const context = await browser.newContext()
    const page = await context.newPage()
    expect(await sent(page, shop)).toEqual([200, ["own for anonymous"]])
    expect(await sent(page, `${shop}/no-referrer`)).toEqual([403, []])
    for (const host of ["blog.shop.test", "evil.test", "evil.localhost"])
      expect([host, await sent(page, formAt(host, shop))]).toEqual([host, [403, []]])
    await context.close()
  })

  it("without both headers, the token decides", async () => {
    const shop = `http://shop.localhost:${port.gateway}`
    const { context, page } = await loggedIn(shop)
    expect(await sent(page, `${shop}/token`)).toEqual([200, ["own for alice"]])
    expect(await sent(page, shop)).toEqual([403, []])
    expect(await sent(page, formAt("evil.localhost", shop))).toEqual([403, []])
    await context.close()
  })

  it("a logout over https clears cookies and storage, and one over http only deletes the session cookie", async () => {
    const shop = `http://shop.localhost:${port.gateway}`
    for (const [url, isCleared] of [
      [`http://shop.localhost:${port.shop}`, false],
      [shop, true]
    ] as const) {
      const { context, page } = await loggedIn(url)
      await page.evaluate(() => localStorage.setItem("draft", "of a letter"))
      await context.addCookies([{ name: "theme", value: "dark", url }])
      await page.goto(`${url}/logout`)
      await page.goto(url)
      const names = (await context.cookies(url)).map(({ name }) => name).filter((name) => name !== "csrftoken")
      const draft = await page.evaluate(() => localStorage.getItem("draft"))
      expect([names, draft]).toEqual(isCleared ? [[], null] : [["theme"], "of a letter"])
      await context.close()
    }
  })
})
