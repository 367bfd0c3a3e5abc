/** The cookies of sessions with lifetimes in a browser: they end with the session, or with the browser. */
import { createServer, type Server } from "node:http"
import type { Browser, BrowserContext } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { service } from "../rig/services.ts"
import { launch } from "./chromium.ts"
import { listen } from "./listening.ts"

const minute = 60_000

describe.skipIf(!service("chromium").available)("sessions with lifetimes in Chromium", () => {
  let browser: Browser
  let server: Server
  let url: string
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead }
  beforeAll(async () => {
    browser = await launch()
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      lifetime: {
        idleSeconds: 1800,
        absoluteSeconds: 3600,
        renewalSeconds: 60,
        remembered: { idleSeconds: 86_400, absoluteSeconds: 172_800 }
      },
      clockAndRandom: { now: () => clock.now() }
    })
    await auth.createUser({ username: "alice", password: "alice's" })
    server = createServer(
      nodeAuth(auth, async (req, res, { authenticate, getUser, login }) => {
        const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost")
        const remember = searchParams.get("remember")
        if (pathname === "/login") {
          const user = await authenticate({ username: "alice", password: "alice's" })
          if (user !== undefined) await login(user, remember === null ? {} : { remember: remember === "yes" })
        }
        res.end((await getUser())?.username ?? "anonymous")
      })
    )
    url = `http://localhost:${await listen(server)}`
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
  })

  const visit = async (context: BrowserContext, path = "/"): Promise<string> => {
    const page = await context.newPage()
    await page.goto(url + path)
    const text = await page.innerText("body")
    await page.close()
    return text
  }
  /** The seconds until the browser removes the session cookie; -1: when it is closed; `undefined`: there is none. */
  const secondsLeft = async (context: BrowserContext): Promise<number | undefined> => {
    const cookie = (await context.cookies()).find(({ name }) => name === "sessionid")
    return cookie === undefined || cookie.expires === -1
      ? cookie?.expires
      : Math.round((cookie.expires - Date.now() / 1000) / 10) * 10
  }

  it("the cookie lasts as long as the session, is renewed by reading pages, and not beyond the absolute end", async () => {
    clock.ahead = 0
    const context = await browser.newContext()
    expect([await visit(context, "/login"), await secondsLeft(context)]).toEqual(["alice", 1800])
    clock.ahead = 20 * minute
    expect([await visit(context), await secondsLeft(context)]).toEqual(["alice", 1800])
    clock.ahead = 40 * minute
    expect([await visit(context), await secondsLeft(context)]).toEqual(["alice", 1200])
    clock.ahead = 60 * minute
    expect([await visit(context), await secondsLeft(context)]).toEqual(["anonymous", undefined])
    await context.close()
  })

  it("an idle session is over, and the browser forgets the cookie", async () => {
    clock.ahead = 0
    const context = await browser.newContext()
    await visit(context, "/login")
    clock.ahead = 30 * minute
    expect([await visit(context), await secondsLeft(context)]).toEqual(["anonymous", undefined])
    await context.close()
  })

  it("remember me is decided by each login", async () => {
    clock.ahead = 0
    const context = await browser.newContext()
    expect([await visit(context, "/login?remember=yes"), await secondsLeft(context)]).toEqual(["alice", 86_400])
    expect([await visit(context, "/login?remember=no"), await secondsLeft(context)]).toEqual(["alice", -1])
    clock.ahead = 30 * minute
    expect(await visit(context)).toBe("anonymous")
    await context.close()
  })
})
