/**
 * An outage after the head of the response was sent. Its status and its cookies cannot change any more. The server goes
 * on, nothing of the session is written, and the next request succeeds.
 */
import { get, type IncomingMessage } from "node:http"
import { HeadersAlreadySent, StoreUnavailable } from "latchkey"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Page, passwordOf, type Site, startSite, whoIs } from "../full-stack/site.ts"
import { type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"

describe.skipIf(!service("postgres").available)("an outage after the head of the response was sent", () => {
  let server: PostgresServer
  let proxy: TcpProxy
  let site: Site
  let alice: Browser
  /** What the page caught. */
  let caught: unknown

  const strike = () => {
    proxy.refuse()
    proxy.reset()
  }
  /** Sends the head, then lets the outage begin, then does something with the session. */
  const after =
    (late: (context: Parameters<Page>[2]) => unknown, isCaught = true): Page =>
    async (_, res, context) => {
      res.write("first part")
      strike()
      try {
        await late(context)
      } catch (error) {
        caught = error
        if (!isCaught) throw error
      }
      res.end(", last part")
    }
  const pages: Readonly<Record<string, Page>> = {
    "/late-read": after(({ getUser }) => getUser(), false),
    "/late-caught": after(({ getUser }) => getUser()),
    "/late-write": after(({ session }) => session.set("marker", "late"))
  }

  beforeAll(async () => {
    server = await startPostgres()
    proxy = await startProxy(server)
    site = await startSite({ url: proxy.through(server.url) }, { pages })
    alice = browser()
    await alice.post(site, "/login", { username: "alice", password: passwordOf("alice") })
  })
  afterAll(async () => {
    await site?.stop()
    await proxy?.close()
    await server?.stop()
  })
  beforeEach(() => {
    caught = undefined
  })

  /** The head, the body as far as it came, and whether it came to its end. */
  const visit = async (path: string) => {
    const cookie = [...alice.jar].map(([name, value]) => `${name}=${value}`).join("; ")
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${site.url}${path}`, { headers: { cookie } }, resolve).on("error", reject)
    })
    let text = ""
    answer.setEncoding("utf8").on("data", (part: string) => {
      text += part
    })
    answer.on("error", () => {})
    await new Promise((resolve) => answer.on("close", resolve))
    proxy.heal()
    return { status: answer.statusCode, cookies: answer.headers["set-cookie"], text, complete: answer.complete }
  }

  const stays = async () => {
    expect(await whoIs(site, alice)).toBe("alice")
    expect(JSON.parse((await alice.get(site, "/session")).text)).not.toHaveProperty("marker")
  }

  it("a handler that fails because of it is reported, and the client sees that the body is not complete", async () => {
    const before = site.bugs.length
    const sent = { status: 200, cookies: undefined, text: "first part", complete: false }
    expect(await visit("/late-read")).toEqual(sent)
    expect(caught).toBeInstanceOf(StoreUnavailable)
    expect(site.bugs.slice(before)).toEqual([caught])
    await stays()
  })

  it("a handler that catches it sends the rest", async () => {
    const sent = { status: 200, cookies: undefined, text: "first part, last part", complete: true }
    expect(await visit("/late-caught")).toEqual(sent)
    expect(caught).toBeInstanceOf(StoreUnavailable)
    await stays()
  })

  it("a change of the session is refused without a query, and not written later", async () => {
    const sent = { status: 200, cookies: undefined, text: "first part, last part", complete: true }
    expect(await visit("/late-write")).toEqual(sent)
    expect(caught).toBeInstanceOf(HeadersAlreadySent)
    await stays()
  })
})
