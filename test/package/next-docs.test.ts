/**
 * The application of docs/next.md: passes its own tests, builds without environment variables, and runs under next dev.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgresJs from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../src/testing/index.ts"
import { parseSetCookie } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { registryService, service } from "../rig/services.ts"
import { type Application, install, locked } from "./installed.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const isAvailable = [registryService(), service("postgres")].every(({ available }) => available)

const alice = { username: "alice", password: "correct horse" }
const secretKey = "a secret key for tests, long enough"
const saves = 20

describe.skipIf(!isAvailable)("the application of docs/next.md", () => {
  const next = "node_modules/next/dist/bin/next"
  let packed: Packed
  let app: Application
  let server: PostgresServer
  let databaseUrl: string

  beforeAll(async () => {
    packed = pack()
    server = await startPostgres()
    databaseUrl = await server.createDatabase()
    app = await install("next-docs", packed.tarball, {
      ...locked("examples/next/package-lock.json", ["next", "react", "react-dom", "@types/react", "@types/react-dom"]),
      ...locked("package-lock.json", ["@types/node", "fast-check", "postgres", "typescript", "vitest"])
    })
    app.copy("docs/apps/next")
    await app.under({ SECRET_KEY: secretKey, DATABASE_URL: databaseUrl }).run("scripts/create-tables.mts")
  }, 20 * minutes)
  afterAll(async () => {
    app?.remove()
    await server?.stop()
  }, 20 * minutes)

  it("passes its own tests, which need no server and no database", async () => {
    const env = { SECRET_KEY: undefined, DATABASE_URL: undefined, NO_COLOR: "1", FORCE_COLOR: undefined }
    expect(await app.under(env).run("node_modules/vitest/vitest.mjs", "run")).toMatch(/Tests +\d{2,} passed/)
  })

  it("does not load latchkey/testing/next in production", async () => {
    const load = [
      "--input-type=module",
      "--eval",
      'await import("latchkey/testing/next"); console.log("loaded")'
    ] as const
    expect(await app.under({ NODE_ENV: "test" }).run(...load)).toContain("loaded")
    await expect(app.under({ NODE_ENV: "production" }).run(...load)).rejects.toThrow("NODE_ENV is production")
    const allowed = { NODE_ENV: "production", LATCHKEY_TESTING_IN_PRODUCTION: "allowed" }
    expect(await app.under(allowed).run(...load)).toContain("loaded")
  })

  it("builds without environment variables", { timeout: 20 * minutes }, async () => {
    const env = { SECRET_KEY: undefined, DATABASE_URL: undefined }
    expect(await app.under(env).run(next, "build")).toMatch(/ƒ \/api\/csrf[\s\S]*ƒ \/api\/login/)
  })

  it("runs under next start, and the server logs no error", async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const env = { SECRET_KEY: secretKey, DATABASE_URL: databaseUrl, ALLOWED_HOSTS: "127.0.0.1" }
    const site = app.under(env).start(next, "start", "-H", "127.0.0.1", "-p", new URL(url).port)
    await site.printed(/Ready in/, 5 * minutes)
    const browser = new Browser({ origin: url })
    expect((await browser.fetch(url, "/account")).headers.get("location")).toBe("/login?next=/account")
    expect((await browser.fetch(url, "/api/login", { json: alice })).status).toBe(200)
    for (const [path, text] of [
      ["/account", "<h1>alice</h1>"],
      ["/", "Hello "]
    ] as const)
      expect(await (await browser.fetch(url, path)).text()).toContain(text)
    await sleep(500) // Next renders a page ahead of the next request when the answer of this one has been sent.
    await site.stop({ withinMs: 5 * minutes })
    expect(site.output()).not.toMatch(/error/i)
  })

  describe("under next dev", () => {
    let dev: Child
    let url: string
    const admin = () => postgresJs(server.url, { max: 1 })
    let auth: string
    /** Saves lib/auth.ts, with an export that the start page shows. */
    const save = (count: number): void => app.write("lib/auth.ts", `${auth}\nexport const save = "number ${count}"\n`)

    beforeAll(async () => {
      auth = readFileSync(join(app.folder, "lib/auth.ts"), "utf8")
      app.edit("app/page.tsx", (code) =>
        code
          .replace("{ auth }", "{ auth, save }")
          .replace("Hello stranger.", "Hello stranger, save {save}.")
          .replace("Hello {user.username}.", "Hello {user.username}, save {save}.")
      )
      save(0)
      const port = await freePort()
      url = `http://127.0.0.1:${port}`
      const env = { SECRET_KEY: secretKey, DATABASE_URL: databaseUrl }
      dev = app.under(env).start(next, "dev", "-H", "127.0.0.1", "-p", String(port))
      await dev.printed(/Ready in/, 5 * minutes)
    })
    afterAll(() => dev?.stop({ withinMs: 5 * minutes }), 20 * minutes)

    const jar = new Map<string, string>()
    /** A client that keeps cookies. The first request to a page is slow, because Next compiles it. */
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers)
      headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "))
      const response = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(10 * minutes) })
      for (const { name, value } of response.headers.getSetCookie().map(parseSetCookie)) jar.set(name, value)
      return response
    }

    /** Open connections of the application's database. */
    const connections = async (): Promise<number> => {
      const sql = admin()
      try {
        const database = new URL(databaseUrl).pathname.slice(1)
        const [row] = await sql`select count(*)::int as open from pg_stat_activity where datname = ${database}`
        return row?.["open"]
      } finally {
        await sql.end()
      }
    }

    it("logs in with its form, without JavaScript, and answers as in its own tests", {
      timeout: 20 * minutes
    }, async () => {
      const refused = await ask("/account", { redirect: "manual" })
      expect([refused.status, refused.headers.get("location")]).toEqual([302, "/login?next=/account"])
      jar.set("sessionid", "a".repeat(32))
      const stale = await ask("/account", { redirect: "manual" })
      expect([stale.status, stale.headers.get("location")]).toEqual([307, "/login?next=/account"])

      const page = await (await ask("/login?next=/account")).text()
      const send = (password: string) => {
        const body = new FormData()
        for (const [input] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
          const [name = "", value = ""] = ["name", "value"].map(
            (key) => new RegExp(`${key}="([^"]*)"`).exec(input)?.[1]
          )
          body.set(name, value.replaceAll("&quot;", '"'))
        }
        for (const [name, value] of Object.entries({ ...alice, password })) body.set(name, value)
        return ask("/login", { method: "POST", body, headers: { origin: url }, redirect: "manual" })
      }
      expect(await (await send("wrong")).text()).toContain("Wrong user name or password.")
      const answer = await send(alice.password)
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/account"])
      expect(await (await ask("/account")).text()).toContain("<h1>alice</h1>")
    })

    it(`keeps its connections over ${saves} saves of lib/auth.ts, and its users logged in`, {
      timeout: 20 * minutes
    }, async () => {
      const saved = async (count: number): Promise<string> => {
        save(count)
        for (;;) {
          const page = (await (await ask("/")).text()).replaceAll("<!-- -->", "")
          if (page.includes(`save number ${count}`)) return page
          await sleep(50)
        }
      }
      const logIn = async (): Promise<number> => {
        const { token } = Object(await (await ask("/api/csrf")).json())
        const headers = { "x-csrftoken": token, "content-type": "application/json" }
        return (await ask("/api/login", { method: "POST", headers, body: JSON.stringify(alice) })).status
      }
      await saved(0)
      expect(await logIn()).toBe(200)
      const opened = await connections()
      expect(opened).toBeGreaterThan(0)
      for (let count = 1; count <= saves; count++) {
        expect(await saved(count)).toContain("alice")
        expect(await logIn()).toBe(200)
      }
      expect(await connections()).toBe(opened)
    })
  })
})
