/** Cross-site requests with nodeAuth and connectAuth on real sockets: which ones are refused. */
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import express from "express"
import { type AnyFields, type Auth, type AuthContext, createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { type MemoryUser, memory } from "latchkey/memory"
import { connectAuth, nodeAuth, type WithAuth } from "latchkey/node"
import { afterEach, describe, expect, it } from "vitest"

type Context = AuthContext<MemoryUser, AnyFields>

const stops: Array<() => void> = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const authWith = (useSessions: boolean): Auth<MemoryUser, AnyFields> => {
  const stores = memory()
  return createAuth({
    secretKey: "secret",
    sessions: stores.sessions,
    backends: { model: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["127.0.0.1"],
    csrfUseSessions: useSessions
  })
}

const listen = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Gets a token as a page would. */
const visit = async (url: string) => {
  const page = await fetch(`${url}/token`)
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ")
  return { token: await page.text(), cookie }
}

describe.each([
  ["in a cookie", false],
  ["in the session", true]
])("a CSRF secret %s", (_, useSessions) => {
  const site = (options = {}, handler?: (context: Context, body: () => Promise<string>) => Promise<string>) => {
    const auth = authWith(useSessions)
    return listen(
      nodeAuth(
        auth,
        async (req, res, context) => {
          const body = async () => {
            let text = ""
            for await (const chunk of req) text += chunk
            return text
          }
          if (req.url === "/token") return void res.end(await context.getCsrfToken())
          const answer = await handler?.(context, body)
          await context.session.set("changed", true)
          res.end(answer ?? "done")
        },
        { report: () => {}, ...options }
      )
    )
  }
  const post = (url: string, cookie: string, headers: Record<string, string> = {}, body = "{}") =>
    fetch(url, { method: "POST", headers: { cookie, "content-type": "application/json", ...headers }, body })

  it("lets in requests with a valid token, and no others", async () => {
    const url = await site()
    const { cookie, token } = await visit(url)
    expect((await post(url, cookie, { "x-csrftoken": token })).status).toBe(200)
    for (const refused of [
      await post(url, cookie),
      await post(url, "", { "x-csrftoken": token }),
      await post(url, cookie, { "x-csrftoken": "a".repeat(64) }),
      await post(url, cookie, { "x-csrftoken": token, origin: "http://evil.example" })
    ]) {
      expect([refused.status, await refused.json()]).toEqual([403, { error: "csrf", reason: expect.any(String) }])
      expect(refused.headers.getSetCookie().filter((line) => line.startsWith("sessionid=") && !useSessions)).toEqual([])
    }
    expect((await fetch(url, { headers: { cookie } })).status).toBe(200)
  })

  it("is not checked for exempt handlers", async () => {
    const url = await site({ csrfExempt: (req: { url?: string }) => req.url === "/webhook" })
    expect((await post(`${url}/webhook`, "")).status).toBe(200)
    expect((await post(`${url}/other`, "")).status).toBe(403)
  })

  describe("of a form", () => {
    const form = { "content-type": "application/x-www-form-urlencoded" }
    const verifying = () =>
      site({}, async ({ verifyCsrf }, body) => {
        await verifyCsrf(new URLSearchParams(await body()))
        return "verified"
      })

    it("is checked when the handler calls verifyCsrf after reading the form", async () => {
      const url = await verifying()
      const { cookie, token } = await visit(url)
      const good = await post(url, cookie, form, `csrfmiddlewaretoken=${token}`)
      expect([good.status, await good.text()]).toEqual([200, "verified"])
      for (const body of ["", "csrfmiddlewaretoken=", `csrfmiddlewaretoken=${"a".repeat(64)}`])
        expect((await post(url, cookie, form, body)).status).toBe(403)
    })

    it("is checked before anything of latchkey's can change", async () => {
      const url = await site({}, async ({ logout, session }) => {
        await expect(session.set("stored", true)).rejects.toThrow("verifyCsrf")
        await expect(logout()).rejects.toThrow("verifyCsrf")
        return "unverified"
      })
      const { cookie, token } = await visit(url)
      expect((await post(url, cookie, form, `csrfmiddlewaretoken=${token}`)).status).toBe(500)
    })

    it("that the handler did not check is not answered by the handler, and stores nothing", async () => {
      const auth = authWith(useSessions)
      const url = await listen(
        nodeAuth(
          auth,
          async (req, res, { getCsrfToken }) => {
            res.end(req.url === "/token" ? await getCsrfToken() : "unverified")
          },
          { report: () => {} }
        )
      )
      const { cookie, token } = await visit(url)
      const reply = await post(url, cookie, form, `csrfmiddlewaretoken=${token}`)
      expect([reply.status, reply.headers.getSetCookie()]).toEqual([500, []])
      process.env["NODE_ENV"] = "production"
      try {
        expect((await post(url, cookie, form, `csrfmiddlewaretoken=${token}`)).status).toBe(403)
      } finally {
        process.env["NODE_ENV"] = "test"
      }
    })
  })

  it("is taken from a form that Express has parsed", async () => {
    const auth = authWith(useSessions)
    const app = express()
    app.use(express.urlencoded({ extended: false }))
    app.use(connectAuth(auth))
    app.get("/token", async (req, res) => {
      res.send(await (req as typeof req & WithAuth<MemoryUser, AnyFields>).auth.getCsrfToken())
    })
    app.post("/", (_req, res) => void res.send("done"))
    const url = await listen(app)
    const { cookie, token } = await visit(url)
    const form = { "content-type": "application/x-www-form-urlencoded" }
    expect((await post(url, cookie, form, `csrfmiddlewaretoken=${token}`)).status).toBe(200)
    expect((await post(url, cookie, form, "csrfmiddlewaretoken=wrong")).status).toBe(403)
  })

  it("is a new one after a login", async () => {
    const auth = authWith(useSessions)
    await auth.createUser({ username: "alice", password: "p" })
    const url = await listen(
      nodeAuth(auth, async (req, res, { authenticate, getCsrfToken, login }) => {
        if (req.url === "/token") return void res.end(await getCsrfToken())
        if (req.url === "/login") {
          const user = await authenticate({ username: "alice", password: "p" })
          if (user !== undefined) await login(user)
        }
        res.end()
      })
    )
    const { cookie, token } = await visit(url)
    const reply = await post(`${url}/login`, cookie, { "x-csrftoken": token })
    const after = reply.headers
      .getSetCookie()
      .map((line) => line.split(";", 1)[0])
      .join("; ")
    expect([reply.status, (await post(url, after, { "x-csrftoken": token })).status]).toEqual([200, 403])
  })
})
