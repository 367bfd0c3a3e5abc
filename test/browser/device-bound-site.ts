/**
 * A site with device-bound sessions, on https and on PostgreSQL. Its clock can be ahead, so that no test waits until a short
 * cookie has ended: that takes six minutes at least. The clock is the option `clockAndRandom` of the site alone; Chromium
 * and PostgreSQL keep the real time.
 */

import { once } from "node:events"
import { request as ask, createServer } from "node:https"
import { text } from "node:stream/consumers"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import type { TrustedFolder } from "./device-bound-chromium.ts"
import { listen } from "./listening.ts"

export const shortCookie = "__Host-sessionid-device"

/** A request that the site got. */
export interface Received {
  readonly line: string
  readonly status: number
  readonly hasShortCookie: boolean
}

export interface DeviceBoundSite {
  readonly port: number
  /** The requests since the last call. Icons are left out. */
  readonly received: () => ReadonlyArray<Received>
  /** Shuts PostgreSQL down for as long as a function takes. */
  readonly downDuring: (run: () => Promise<void>) => Promise<void>
  /** Whether registrations are answered 503. */
  failRegistrations: boolean
  /** Moves the server's clock. */
  readonly advance: (seconds: number) => void
  /** A request of a client that is no browser, with these cookies. */
  readonly as: (host: string, cookies: string, path: string) => Promise<string>
  readonly close: () => Promise<void>
}

const form = (action: string, token: string): string =>
  `<form method=post action=${action}><input type=hidden name=csrfmiddlewaretoken value=${token}><input name=note value=milk><button>Send</button></form>`

export const startSite = async ({ authority, certificate, key }: TrustedFolder): Promise<DeviceBoundSite> => {
  const database = await startPostgres()
  const stores = postgres({ ...patient, url: database.url, max: 4 })
  await stores.createTables()
  let ahead = 0
  const site = { failRegistrations: false }
  const auth = createAuth({
    secretKey: "chromium-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
    sessions: stores.sessions,
    backends: { model: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    csrfCookie: { secure: true },
    allowedHosts: [".test"],
    deviceBound: { mode: "enforce", graceSeconds: 5, exempt: ["/favicon.ico"], djangoChecks: false },
    clockAndRandom: { now: () => Date.now() + ahead }
  })
  await auth.createUser({ username: "alice", password: "first" })
  let received: ReadonlyArray<Received> = []
  const handler = nodeAuth(auth, async (req, res, context) => {
    const { authenticate, getCsrfToken, getUser, login, logout, session, setPassword, updateSessionAuthHash } = context
    const path = req.url ?? ""
    res.setHeader("content-type", "text/html")
    if (req.method === "POST") await context.verifyCsrf(new URLSearchParams(await text(req)))
    if (path === "/enter") return void res.end(form("/login", await getCsrfToken()))
    if (path === "/login") {
      const user = await authenticate({ username: "alice", password: "first" })
      if (user !== undefined) await login(user)
      res.statusCode = 302
      res.setHeader("location", "/")
      return void res.end()
    }
    const user = await getUser()
    if (path === "/note") {
      const notes = Number((await session.get("notes")) ?? 0)
      await session.set("notes", notes + 1)
    }
    if (path === "/cycle") await session.cycleKey()
    if (path === "/password" && user !== undefined) {
      await setPassword(user, "first")
      await updateSessionAuthHash(user)
    }
    if (path === "/logout") await logout()
    res.end(
      `<p>${user?.username ?? "anonymous"} ${String(await session.get("notes"))}</p>${form("/note", await getCsrfToken())}`
    )
  })
  const server = createServer({ key, cert: certificate }, (req, res) => {
    const { headers, method, url = "" } = req
    if (headers.host?.startsWith("mail.") === true) {
      res.setHeader("content-type", "text/html")
      return void res.end(`<a href="${new URL(url, "https://mail.test").searchParams.get("to")}">a link</a>`)
    }
    const hasShortCookie = headers.cookie?.includes(`${shortCookie}=`) === true
    res.once("finish", () => {
      const line = `${method} ${url}${headers["secure-session-response"] === undefined ? "" : " proof"}`
      if (url !== "/favicon.ico") received = [...received, { line, status: res.statusCode, hasShortCookie }]
    })
    if (url === "/dbsc/register" && site.failRegistrations) return void res.writeHead(503).end()
    void handler(req, res)
  })
  const port = await listen(server)
  return Object.assign(site, {
    port,
    downDuring: async (run: () => Promise<void>) => {
      await database.shutDown()
      try {
        await run()
      } finally {
        await database.startAgain()
      }
    },
    received: (): ReadonlyArray<Received> => {
      const all = received
      received = []
      return all
    },
    advance: (seconds: number) => {
      ahead += seconds * 1000
    },
    as: async (host: string, cookie: string, path: string) => {
      const headers = { host: `${host}:${port}`, cookie }
      const sent = ask({ host: "127.0.0.1", port, path, ca: authority, servername: host, headers }).end()
      const [response] = await once(sent, "response")
      let body = ""
      for await (const part of response) body += part
      return body
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await stores.close()
      await database.stop()
    }
  })
}
