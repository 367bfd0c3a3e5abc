import { once } from "node:events"
import { createServer, request } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { SettingsOptions } from "../../../../src/adapters/api/options/settings-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { CsrfFailed } from "../../../../src/adapters/errors/errors.ts"
import * as Fetch from "../../../../src/adapters/http/fetch.ts"
import { nodeAuth, requestHead } from "../../../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"

const stores = memory()
const authWith = (options: Partial<SettingsOptions> = {}) =>
  createAuth({
    secretKey: "s",
    sessions: stores.sessions,
    backends: { model: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    csrfTrustedOrigins: ["https://partner.example"],
    ...options
  })

const auth = authWith()
const server = createServer(
  nodeAuth(
    auth,
    async (_req, res, { authenticate, login }) => {
      const user = await authenticate({ username: "ada", password: "p" })
      if (user !== undefined) await login(user)
      res.end()
    },
    { csrfExempt: true }
  )
)
server.on("upgrade", async (req, socket) => {
  try {
    const { getUser, verifyOrigin } = auth.reader(requestHead(req))
    verifyOrigin()
    const user = await getUser()
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: test\r\nX-User: ${user?.username}\r\n\r\n`
    )
  } catch (error) {
    socket.end(`HTTP/1.1 403 Forbidden\r\nX-Reason: ${error instanceof CsrfFailed ? error.reason : error}\r\n\r\n`)
  }
})

describe("a WebSocket upgrade", () => {
  let port = 0
  let cookie = ""
  beforeAll(async () => {
    await auth.createUser({ username: "ada", password: "p" })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    port = typeof address === "object" && address !== null ? address.port : 0
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST" })
    cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(";", 1)[0])
      .join("; ")
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const upgrade = (headers: Readonly<Record<string, string>>) =>
    new Promise<{ readonly status: number | undefined; readonly user: unknown; readonly reason: unknown }>(
      (resolve, reject) => {
        const sent = request({
          port,
          host: "127.0.0.1",
          headers: { connection: "upgrade", upgrade: "test", cookie, ...headers }
        })
        const answered = (response: { statusCode?: number | undefined; headers: Readonly<Record<string, unknown>> }) =>
          resolve({
            status: response.statusCode,
            user: response.headers["x-user"],
            reason: response.headers["x-reason"]
          })
        sent.on("upgrade", (response, socket) => {
          socket.destroy()
          answered(response)
        })
        sent.on("response", answered).on("error", reject).end()
      }
    )

  it("from a page of this site, or of a trusted one, gets the user", async () => {
    for (const origin of [`http://127.0.0.1:${port}`, "https://partner.example"])
      expect(await upgrade({ origin })).toMatchObject({ status: 101, user: "ada" })
  })

  it.each([
    "https://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "https://partner.example.evil.example"
  ])("is refused for a page of the origin %j", async (origin) => {
    expect(await upgrade({ origin })).toMatchObject({
      status: 403,
      user: undefined,
      reason: expect.stringContaining("Origin checking failed")
    })
  })

  it("is refused without an Origin, which every browser sends", async () => {
    expect(await upgrade({})).toMatchObject({ status: 403, reason: "Origin checking failed - no Origin." })
    expect(await upgrade({ referer: `http://127.0.0.1:${port}/` })).toMatchObject({ status: 403 })
  })

  it("is also checked beside a Django version that ignores Origin, and for a Request", () => {
    const old = authWith({ djangoVersion: "3.2" })
    const at = (origin: string) => () =>
      old
        .reader(
          Fetch.requestHead(
            new Request("http://localhost:3000/socket", { headers: { origin, host: "localhost:3000" } })
          )
        )
        .verifyOrigin()
    expect(at("https://evil.example")).toThrow(CsrfFailed)
    expect(at("http://localhost:3000")).not.toThrow()
  })
})
