/** A browser stores cookies with name prefixes (`__Host-`, `__Secure-`), and deletes them when the site does. */
import { createServer } from "node:http"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { service } from "../rig/services.ts"
import { launch } from "./chromium.ts"
import { listen } from "./listening.ts"

describe.skipIf(!service("chromium").available)("a session cookie in Chromium", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.each([
    "sid",
    "__Secure-sid",
    "__secure-sid",
    "__Host-sid",
    "__host-sid",
    "__Http-sid",
    "__Host-Http-sid"
  ])("named %s is stored, and deleted when the session ends", async (name) => {
    const stores = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions: stores.sessions,
      backends: { model: modelBackend(stores.users) },
      sessionCookie: { name, secure: true }
    })
    const server = createServer(
      nodeAuth(auth, async (req, res, { session }) => {
        if (req.url === "/begin") await session.set("a", 1)
        if (req.url === "/end") await session.flush()
        res.end("done")
      })
    )
    const context = await browser.newContext({ baseURL: `http://localhost:${await listen(server)}` })
    try {
      const page = await context.newPage()
      const names = async (path: string) => {
        await page.goto(path)
        return (await context.cookies()).map((cookie) => cookie.name)
      }
      expect(await names("/begin")).toEqual([name])
      expect(await names("/end")).toEqual([])
    } finally {
      await context.close()
      server.closeAllConnections()
      server.close()
    }
  })
})
