/** The advice that an operator gets when requests are refused because a setting lacks the site's own address. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it, vi } from "vitest"
import type { AuthOptions } from "../../../src/adapters/api/options/auth-options.ts"
import { serverAction } from "../../../src/adapters/http/next/handlers/server-action.ts"
import { type NodeAuthOptions, nodeAuth } from "../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import { ask, request } from "../../full-stack/wire.ts"
import { application, logIn } from "../request/site.ts"

const stops: Array<() => void> = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const secretKey = "host-advice-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const secret = "abcdefghijklmnopqrstuvwxyz012345"
const token = [`Cookie: csrftoken=${secret}`, `X-CSRFToken: ${secret}`, "Content-Type: application/json"]

const serve = async (settings: Partial<AuthOptions<MemoryUser, AnyFields>>, options: NodeAuthOptions = {}) => {
  const { auth } = await application({ secretKey, ...settings })
  const server = createServer(
    nodeAuth(
      auth,
      async (req, res, context) => {
        if (req.url === "/account") return void res.end((await context.requireUser()).username)
        await logIn()(context)
        res.end("logged in")
      },
      options
    )
  )
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    post: (host: string, ...lines: ReadonlyArray<string>) =>
      ask(port, request("POST", "/login", [`Host: ${host}`, ...token, ...lines], "{}")),
    get: (host: string, target: string) => ask(port, request("GET", target, [`Host: ${host}`]))
  }
}

const inProduction = () => {
  vi.stubEnv("NODE_ENV", "production")
  // Warnings at the start are covered by another test.
  vi.spyOn(console, "warn").mockImplementation(() => {})
}

describe("a login page of a host that allowedHosts does not name", () => {
  it("is refused; in production the log names the missing setting once, and the answer does not", async () => {
    inProduction()
    const log = vi.spyOn(console, "error").mockImplementation(() => {})
    const site = await serve({})
    for (const host of ["shop.example", "shop.example", "shop.example:8000"]) {
      const reply = await site.post(host, `Origin: http://${host}`)
      expect([reply.status, reply.body.includes("allowedHosts")]).toEqual([403, false])
    }
    expect(log.mock.calls.map(([line]) => String(line).split("\n", 1)[0])).toEqual([
      expect.stringMatching(/^CsrfFailed: Origin checking failed.*allowedHosts: \["shop.example"\]/)
    ])
  })

  it("is refused; in development the answer names the missing setting", async () => {
    const reported: Array<unknown> = []
    const site = await serve({ allowedHosts: ["other.example"] }, { report: (error) => reported.push(error) })
    const reply = await site.post("shop.example", "Origin: http://shop.example")
    expect([reply.status, JSON.parse(reply.body).reason]).toEqual([
      403,
      expect.stringContaining('allowedHosts: ["shop.example"]')
    ])
    expect(reported).toHaveLength(1)
  })

  it("is named by the error that a Server Action throws, which Next logs", async () => {
    inProduction()
    const { auth } = await application({ secretKey })
    const action = serverAction({
      headers: async () => new Headers({ host: "shop.example", origin: "https://shop.example" }),
      cookies: async () => ({ getAll: () => [], set: () => {} }),
      redirect: () => expect.fail("no redirect")
    })(auth, async () => "called")
    await expect(action()).rejects.toThrow('allowedHosts: ["shop.example"]')
  })
})

describe("a request that is not caused by a missing setting", () => {
  it("gives no advice: other sites, and hosts that no page names", async () => {
    inProduction()
    const reported: Array<unknown> = []
    const site = await serve({ allowedHosts: ["shop.example"] }, { report: (error) => reported.push(error) })
    for (const lines of [
      ["Origin: http://evil.example"],
      ["Origin: null"],
      ["Origin: http://shop.example.evil.example"]
    ])
      expect((await site.post("shop.example", ...lines)).status).toBe(403)
    expect((await site.post("evil.example", "Origin: http://shop.example")).status).toBe(403)
    expect((await site.get("evil.example", "/account")).status).toBe(400)
    expect(reported).toEqual([])
  })

  it("cannot fill a log, even if a client sends many invented hosts", async () => {
    inProduction()
    const reported: Array<unknown> = []
    const site = await serve({}, { report: (error) => reported.push(error) })
    for (let n = 0; n < 150; n += 1) await site.post(`h${n}.example`, `Origin: http://h${n}.example`)
    expect(reported.length).toBeLessThanOrEqual(100)
  })
})

describe("a page for users, requested from a host that is not in allowedHosts", () => {
  it("is 400, and names allowedHosts; without any allowed host the log names the one to add", async () => {
    inProduction()
    const reported: Array<unknown> = []
    const site = await serve({}, { report: (error) => reported.push(error) })
    const reply = await site.get("shop.example", "/account")
    expect([reply.status, JSON.parse(reply.body)]).toEqual([400, { error: "this host is not one of allowedHosts" }])
    expect(String(reported)).toContain('allowedHosts: ["shop.example"]')
  })
})

describe("a page of another server on this machine, such as the development server of a front end", () => {
  const pages = ["http://localhost:5173", "http://127.0.0.1:5173", "https://shop.localhost:5173", "http://[::1]:5173"]

  it.each(pages)("is refused; in development the answer and the log name the missing setting: %s", async (page) => {
    const reported: Array<unknown> = []
    const site = await serve({}, { report: (error) => reported.push(error) })
    const reply = await site.post("localhost:3000", `Origin: ${page}`)
    expect([reply.status, JSON.parse(reply.body).reason]).toEqual([
      403,
      expect.stringMatching(/^Origin checking failed.*write csrfTrustedOrigins: /)
    ])
    expect(reply.body).toContain(`csrfTrustedOrigins: [\\"${page}\\"]`)
    expect(reported).toHaveLength(1)
    const trusting = await serve({ csrfTrustedOrigins: [page] })
    expect((await trusting.post("localhost:3000", `Origin: ${page}`)).status).toBe(200)
  })

  it("gets no advice in production, and other pages get none at all", async () => {
    const reported: Array<unknown> = []
    const refused = async (page: string) => {
      const site = await serve({ allowedHosts: ["localhost"] }, { report: (error) => reported.push(error) })
      expect((await site.post("localhost:3000", `Origin: ${page}`)).status).toBe(403)
    }
    for (const page of ["http://evil.example", "http://localhost.evil.example", "http://evil.example:5173"])
      await refused(page)
    inProduction()
    for (const page of pages) await refused(page)
    expect(reported).toEqual([])
  })
})

describe("a page that came over https through a proxy", () => {
  it("is refused until secureProxyHeader is set, and the log names the setting", async () => {
    inProduction()
    const reported: Array<unknown> = []
    const site = await serve({ allowedHosts: ["shop.example"] }, { report: (error) => reported.push(error) })
    expect((await site.post("shop.example", "Origin: https://shop.example")).status).toBe(403)
    expect(String(reported)).toContain("set secureProxyHeader")
  })
})
