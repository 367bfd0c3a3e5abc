/**
 * The code of docs/next.md in a new application: builds without environment variables, and runs under next dev.
 */
import { mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgresJs from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { createAuth, modelBackend } from "../../src/index.ts"
import { parseSetCookie } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { registryService, service } from "../rig/services.ts"
import { type Application, install, locked } from "./installed.ts"
import { type Packed, pack, root } from "./packed.ts"

const minutes = 60_000
const isAvailable = [registryService(), service("postgres")].every(({ available }) => available)

const alice = { username: "alice", password: "correct horse" }
const secretKey = "a secret key for tests, long enough"
const saves = 20

/** The code blocks of the page, by the file name in the first line of each. */
const blocks = (): ReadonlyMap<string, string> => {
  const page = readFileSync(join(root, "docs", "next.md"), "utf8")
  return new Map(
    Array.from(page.matchAll(/^```tsx?\n(.*?\/\/ ([\w./[\]-]+\.tsx?)[\s\S]*?)^```$/gm), ([, code = "", file = ""]) => [
      file,
      code
    ])
  )
}

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
    const pg = postgres({ url: databaseUrl })
    await pg.createTables()
    const backends = { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
    await createAuth({ secretKey, sessions: pg.sessions, backends }).createUser(alice)
    await pg.close()
    app = await install("next-readme", packed.tarball, {
      ...locked("examples/next/package-lock.json", ["next", "react", "react-dom", "@types/react"]),
      ...locked("package-lock.json", ["@types/node", "postgres", "typescript"])
    })
    for (const [file, code] of blocks()) {
      mkdirSync(dirname(join(app.folder, file)), { recursive: true })
      app.write(file, code)
    }
  }, 5 * minutes)
  afterAll(async () => {
    app?.remove()
    await server?.stop()
    packed?.remove()
  }, 5 * minutes)

  it("is complete", () => {
    expect([...blocks().keys()]).toEqual([
      "lib/auth.ts",
      "app/csrf/route.ts",
      "app/api/login/route.ts",
      "app/login/actions.ts",
      "app/page.tsx",
      "proxy.ts"
    ])
  })

  it("builds without environment variables", { timeout: 5 * minutes }, async () => {
    const env = { SECRET_KEY: undefined, DATABASE_URL: undefined }
    expect(await app.under(env).run(next, "build")).toMatch(/ƒ \/api\/login[\s\S]*ƒ \/csrf/)
  })

  describe("under next dev", () => {
    let dev: Child
    let url: string
    const admin = () => postgresJs(server.url, { max: 1 })

    beforeAll(async () => {
      const port = await freePort()
      url = `http://127.0.0.1:${port}`
      const env = { SECRET_KEY: secretKey, DATABASE_URL: databaseUrl }
      dev = app.under(env).start(next, "dev", "-H", "127.0.0.1", "-p", String(port))
      await dev.printed(/Ready in/, minutes)
    }, 2 * minutes)
    afterAll(() => dev?.stop({ withinMs: minutes }), 2 * minutes)

    const jar = new Map<string, string>()
    /** A client that keeps cookies. The first request to a page is slow, because Next compiles it. */
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers)
      headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "))
      const response = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(2 * minutes) })
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

    it(`keeps its connections over ${saves} saves of lib/auth.ts, and its users logged in`, {
      timeout: 5 * minutes
    }, async () => {
      app.edit("app/page.tsx", (code) =>
        code.replace("{ auth }", "{ auth, save }").replace("stranger", 'stranger"}, save {save}{"')
      )
      const saved = async (count: number): Promise<string> => {
        app.write("lib/auth.ts", `${blocks().get("lib/auth.ts")}\nexport const save = "number ${count}"\n`)
        for (;;) {
          const page = (await (await ask("/")).text()).replaceAll("<!-- -->", "")
          if (page.includes(`save number ${count}`)) return page
          await sleep(50)
        }
      }
      const logIn = async (): Promise<number> => {
        const { token } = Object(await (await ask("/csrf")).json())
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
