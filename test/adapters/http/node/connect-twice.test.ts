/** `connectAuth` more than once in the middleware of one request. */
import type { RequestListener } from "node:http"
import express, { type Express, type Request } from "express"
import { afterEach, describe, expect, it } from "vitest"
import { authErrors, connectAuth, nodeAuth, type WithAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"
import type { Served } from "../contract/adapter.ts"
import { faultyMemory } from "../contract/faults.ts"
import { listen } from "../contract/node-server.ts"

const stores = faultyMemory()
const { auth } = await application({ sessions: stores.sessions, allowedHosts: ["*"] })
const { auth: other } = await application({ allowedHosts: ["*"], sessionCookie: { name: "other" } })

const authOf = (req: unknown) => (req as Request & WithAuth<MemoryUser, AnyFields>).auth

let served: Served
afterEach(() => served?.close())

const serve = async (use: (app: Express) => unknown): Promise<void> => {
  const app = express()
  app.set("env", "test")
  app.use(express.urlencoded())
  app.use(connectAuth(auth, { csrfExempt: (req) => req.url?.includes("exempt") === true }))
  use(app)
  app.use(authErrors)
  served = await listen(app)
  stores.heal()
}
const ask = (path: string, init: RequestInit = {}) => fetch(served.url + path, { redirect: "manual", ...init })
const cookieOf = (reply: Response) =>
  reply.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ")
const namesIn = (reply: Response) => reply.headers.getSetCookie().map((line) => line.split("=", 1)[0])

const logIn = async (): Promise<string> => {
  const page = await ask("/exempt/login", { method: "POST" })
  return cookieOf(page)
}
const logsIn: RequestListener = async (req, res) => {
  const { authenticate, login } = authOf(req)
  const user = await authenticate({ username: "alice", password: "alice's" })
  if (user !== undefined) await login(user)
  res.end(user?.username)
}

describe("a second connectAuth", () => {
  it("uses the session that the first one opened: one load, one commit, one cookie", async () => {
    await serve((app) => {
      app.use(async (req, _res, next) => {
        await authOf(req).session.set("first", 1)
        next()
      })
      app.use(connectAuth(auth))
      app.get("/", async (req, res) => {
        await authOf(req).session.set("second", 2)
        res.json(await authOf(req).session.keys())
      })
    })
    const reply = await ask("/")
    expect([await reply.json(), namesIn(reply), stores.commits()]).toEqual([["first", "second"], ["sessionid"], 1])
    const again = await ask("/", { headers: { cookie: cookieOf(reply) } })
    expect([await again.json(), stores.asked().sessions]).toEqual([["first", "second"], 1])
  })

  it("may be stricter: for users only", async () => {
    await serve((app) => {
      app.post("/exempt/login", logsIn)
      app.use("/account", connectAuth(auth, { loginRequired: true }))
      app.get(["/", "/account"], async (req, res) => res.send((await authOf(req).getUser())?.username ?? "visitor"))
    })
    expect(await (await ask("/")).text()).toBe("visitor")
    const refused = await ask("/account?tab=2")
    expect([refused.status, refused.headers.get("location")]).toEqual([302, "/accounts/login/?next=/account%3Ftab%3D2"])
    const cookie = await logIn()
    expect(await (await ask("/account", { headers: { cookie } })).text()).toBe("alice")
  })

  it("may be stricter: without an exemption from CSRF", async () => {
    await serve((app) => {
      app.use("/exempt/not-here", connectAuth(auth))
      app.post(["/exempt", "/exempt/not-here"], (_req, res) => res.send("handled"))
    })
    const post = async (path: string) => (await ask(path, { method: "POST" })).status
    expect([await post("/exempt"), await post("/exempt/not-here")]).toEqual([200, 403])
  })

  it("accepts a form that was verified after the first one", async () => {
    await serve((app) => {
      app.get("/", async (req, res) => res.send(await authOf(req).getCsrfToken()))
      app.use((req, _res, next) => {
        req.body = undefined
        next()
      })
      app.use(connectAuth(auth, { loginRequired: false }))
      app.post("/", async (req, res) => {
        await authOf(req).session.set("a", 1)
        res.send("handled")
      })
    })
    const page = await ask("/")
    const body = new URLSearchParams({ csrfmiddlewaretoken: await page.text() })
    const reply = await ask("/", { method: "POST", headers: { cookie: cookieOf(page) }, body })
    expect([reply.status, await reply.text()]).toEqual([200, "handled"])
  })

  it.each([
    ["the token", 200],
    ["another token", 403]
  ])("checks a form that was parsed after the first, exempt or not: %s", async (which, status) => {
    const app = express()
    app.set("env", "test")
    app.use(connectAuth(auth))
    app.use(express.urlencoded())
    app.use(connectAuth(auth, { csrfExempt: true }))
    app.get("/", async (req, res) => res.send(await authOf(req).getCsrfToken()))
    app.post("/", async (req, res) => {
      await authOf(req).session.set("a", 1)
      res.send("handled")
    })
    app.use(authErrors)
    served = await listen(app)
    const page = await ask("/")
    const token = await page.text()
    const body = new URLSearchParams({ csrfmiddlewaretoken: which === "the token" ? token : "a".repeat(64) })
    const reply = await ask("/", { method: "POST", headers: { cookie: cookieOf(page) }, body })
    expect(reply.status).toBe(status)
  })

  it("of another application is separate: two sessions, two cookies", async () => {
    await serve((app) => {
      app.use(async (req, _res, next) => {
        await authOf(req).session.set("a", 1)
        next()
      })
      app.use(connectAuth(other))
      app.use(connectAuth(auth))
      app.use(connectAuth(other))
      app.get("/", async (req, res) => {
        await authOf(req).session.set("b", 2)
        res.json(await authOf(req).session.keys())
      })
    })
    const reply = await ask("/")
    expect([await reply.json(), namesIn(reply).sort()]).toEqual([["b"], ["other", "sessionid"]])
  })
})

it("nodeAuth as a route beneath connectAuth uses the session that connectAuth opened", async () => {
  await serve((app) => {
    app.use(async (req, _res, next) => {
      await authOf(req).session.set("first", 1)
      next()
    })
    app.use(
      nodeAuth(auth, async (_req, res, { session }) => {
        res.end(String(await session.get("first")))
      })
    )
  })
  const reply = await ask("/")
  expect([await reply.text(), namesIn(reply), stores.commits()]).toEqual(["1", ["sessionid"], 1])
})
