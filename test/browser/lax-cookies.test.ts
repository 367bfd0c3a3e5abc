/** Which requests of other sites have the session cookie, in Chromium, with the `SameSite` that it has by default. */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { service } from "../rig/services.ts"
import { launch } from "./chromium.ts"
import { listeningServers } from "./listening.ts"

describe.skipIf(!service("chromium").available)("the session cookie in Chromium", { timeout: 60_000 }, () => {
  let browser: Browser
  let page: Page
  const servers = listeningServers()
  const port = { shop: 0, other: 0 }
  /** Who sent each request to the shop, in the eyes of its handler. */
  const seen: Array<string> = []
  const shop = () => `http://shop.test:${port.shop}`
  const evil = (path: string) => `http://evil.test:${port.other}${path}`

  beforeAll(async () => {
    browser = await launch("--host-resolver-rules=MAP *.test 127.0.0.1")
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      allowedHosts: ["shop.test"]
    })
    const alice = await auth.createUser({ username: "alice", password: "alice's" })
    const listener = nodeAuth(
      auth,
      async (req, res, { getUser, login }) => {
        if (req.url === "/login" && alice !== undefined) await login(alice)
        const user = (await getUser())?.username ?? "anonymous"
        if (req.url !== "/favicon.ico") seen.push(`${req.method} ${req.url?.split("?")[0]}: ${user}`)
        res.setHeader("content-type", "text/html").end(`<p>${user}</p>`)
      },
      // The check would refuse the forms of other sites before the handler sees them.
      { csrfExempt: () => true }
    )
    port.shop = await servers.serve(listener)
    port.other = await servers.serve((_, res) => {
      res.setHeader("content-type", "text/html").end(`
        <form method="post" action="${shop()}/post"><button>post</button></form>
        <form method="get" action="${shop()}/get"><button>get</button></form>
        <a href="${shop()}/link">link</a>`)
    })
    page = await browser.newPage()
    await page.goto(`${shop()}/login`)
  })
  afterAll(async () => {
    await browser?.close()
    servers.close()
  })

  /** What the shop sees of an action on the page of another site. */
  const whatShopSees = async (act: () => Promise<unknown>): Promise<ReadonlyArray<string>> => {
    await page.goto(evil("/"))
    seen.length = 0
    await act()
    await expect.poll(() => seen.length).toBeGreaterThan(0)
    return [...seen]
  }

  it("cannot be read by a script of its own site", async () => {
    await page.goto(`${shop()}/page`)
    // The cookie of CSRF is for scripts, as in Django.
    expect(await page.evaluate("document.cookie")).toMatch(/^csrftoken=\w+$/)
    const cookies = (await page.context().cookies()).map(({ httpOnly, name, sameSite }) => [name, httpOnly, sameSite])
    expect(cookies.toSorted()).toEqual([
      ["csrftoken", false, "Lax"],
      ["sessionid", true, "Lax"]
    ])
  })

  it("is not sent with a POST form of another site", async () => {
    const sent = await whatShopSees(() => page.getByRole("button", { name: "post" }).click())
    expect(sent).toEqual(["POST /post: anonymous"])
  })

  it("is not sent with a script, an image or a frame of another site", async () => {
    const sends: Readonly<Record<string, string>> = {
      script: `fetch("${shop()}/script", { method: "POST", mode: "no-cors", credentials: "include" }).then(() => {}, () => {})`,
      image: `document.body.append(Object.assign(new Image(), { src: "${shop()}/image" }))`,
      frame: `document.body.append(Object.assign(document.createElement("iframe"), { src: "${shop()}/frame" }))`
    }
    for (const [name, code] of Object.entries(sends)) {
      const [sent] = await whatShopSees(() => page.evaluate(code))
      expect(sent).toMatch(new RegExp(`^(POST|GET) /${name}: anonymous$`))
    }
  })

  it("is sent with links and GET forms of another site", async () => {
    expect(await whatShopSees(() => page.getByRole("link").click())).toEqual(["GET /link: alice"])
    expect(await whatShopSees(() => page.getByRole("button", { name: "get" }).click())).toEqual(["GET /get: alice"])
  })
})
