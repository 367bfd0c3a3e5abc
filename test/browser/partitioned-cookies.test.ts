/**
 * Partitioned cookies (CHIPS) in Chromium: an application inside frames of other sites has one session for each of them.
 * Chromium accepts `Secure` cookies from hosts of `localhost` over http.
 */
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

describe.skipIf(!service("chromium").available)("in Chromium, in frames of other sites", () => {
  let browser: Browser
  const servers = listeningServers()
  /** The shop, and a page of any other site with the shop in a frame. */
  const shop = async (partitioned: boolean) => {
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      sessionCookie: { name: "__Host-sid", secure: true, sameSite: "None", partitioned },
      csrfCookie: { name: "__Host-csrf", secure: true, sameSite: "None", partitioned }
    })
    const alice = await auth.createUser({ username: "alice", password: "alice's" })
    const port = await servers.serve(
      nodeAuth(auth, async (req, res, { getUser, login, logout }) => {
        if (req.url === "/login" && alice !== undefined) await login(alice)
        if (req.url === "/logout") await logout()
        res.setHeader("content-type", "text/html")
        res.end(`<p>${(await getUser())?.username ?? "anonymous"}</p>`)
      })
    )
    const framing = await servers.serve((req, res) => {
      res.setHeader("content-type", "text/html")
      res.end(`<iframe src="http://shop.localhost:${port}${req.url}"></iframe>`)
    })
    const context = await browser.newContext()
    const page = await context.newPage()
    return {
      page,
      cookies: async () => (await context.cookies()).map(({ name, partitionKey }) => `${name} ${partitionKey ?? ""}`),
      /** What the shop shows in a frame of a page of this host. */
      framedBy: (host: string, path: string) => shown(page, `http://${host}:${framing}${path}`),
      itself: (path: string) => shown(page, `http://shop.localhost:${port}${path}`)
    }
  }
  const shown = async (page: Page, url: string): Promise<string> => {
    await page.goto(url, { waitUntil: "load" })
    return page.frames().at(-1)?.locator("p").innerText() ?? "no frame"
  }

  beforeAll(async () => {
    // As in a browser that blocks other cookies of frames of other sites: only partitioned cookies are sent there.
    browser = await launch("--host-resolver-rules=MAP *.localhost 127.0.0.1", "--test-third-party-cookie-phaseout")
  })
  afterAll(async () => {
    await browser?.close()
    servers.close()
  })

  it("a login is one for the site that embeds the application, and ends with its logout", async () => {
    const { cookies, framedBy, itself, page } = await shop(true)
    expect(await framedBy("news.localhost", "/login")).toBe("alice")
    expect(await framedBy("news.localhost", "/")).toBe("alice")
    expect(await framedBy("blog.localhost", "/")).toBe("anonymous")
    expect(await itself("/")).toBe("anonymous")
    expect(await framedBy("blog.localhost", "/login")).toBe("alice")
    expect(await framedBy("news.localhost", "/logout")).toBe("anonymous")
    expect(await framedBy("news.localhost", "/")).toBe("anonymous")
    expect(await framedBy("blog.localhost", "/")).toBe("alice")
    expect((await cookies()).filter((cookie) => cookie.startsWith("__Host-sid"))).toEqual([
      expect.stringContaining("blog.localhost")
    ])
    await page.context().close()
  })

  it("a cookie that is not partitioned is not stored there", async () => {
    const { framedBy, itself, page } = await shop(false)
    expect(await framedBy("news.localhost", "/login")).toBe("alice")
    expect(await framedBy("news.localhost", "/")).toBe("anonymous")
    expect(await itself("/login")).toBe("alice")
    expect(await itself("/")).toBe("alice")
    expect(await framedBy("news.localhost", "/")).toBe("anonymous")
    await page.context().close()
  })
})
