/** A server behind a proxy that authenticates users (RemoteUser), as its clients see it. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { createAuth, remoteUserBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../rig/free-port.ts"

describe("a Node server whose proxy names the user", () => {
  let server: Server
  let url: string

  beforeAll(async () => {
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { "django.contrib.auth.backends.RemoteUserBackend": remoteUserBackend(users) },
      remoteUser: { header: "X-Remote-User" }
    })
    server = createServer(
      nodeAuth(auth, async (_req, res, { getUser }) => {
        const user = await getUser()
        res.end(user?.username ?? "nobody")
      })
    )
    const port = await freePort()
    server.listen(port, "127.0.0.1")
    await once(server, "listening")
    url = `http://127.0.0.1:${port}/`
  })
  afterAll(() => server?.close())

  const ask = async (headers: Record<string, string>, method = "GET") => {
    const response = await fetch(url, { method, headers })
    const [session] = response.headers.getSetCookie().filter((line) => line.startsWith("sessionid="))
    return { status: response.status, text: await response.text(), session: session?.split(";")[0] }
  }

  it("logs the user in before the handler runs, and logs out when the header is missing", async () => {
    const first = await ask({ "x-remote-user": "alice" })
    expect(first).toMatchObject({ status: 200, text: "alice", session: expect.stringMatching(/^sessionid=\w{32}$/) })
    const cookie = first.session ?? ""
    expect(await ask({ "x-remote-user": "alice", cookie })).toEqual({ status: 200, text: "alice", session: undefined })
    expect(await ask({ cookie })).toEqual({ status: 200, text: "nobody", session: 'sessionid=""' })
    expect(await ask({ cookie })).toMatchObject({ text: "nobody" })
  })

  it("still requires a CSRF token for unsafe methods", async () => {
    expect(await ask({ "x-remote-user": "alice" }, "POST")).toMatchObject({ status: 403 })
  })
})
