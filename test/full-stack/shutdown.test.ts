/** The example as a process: how it stops, and what is still stored after a restart. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { stateFolder } from "../../examples/site/config.ts"
import { browser } from "../rig/browser.ts"
import { type Child, start } from "../rig/child.ts"
import { fastFolder } from "../rig/fast-folder.ts"
import { unpackDatabase } from "../rig/pglite-server.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const ENTRY = fileURLToPath(new URL("../../examples/node/server.ts", import.meta.url))

interface Running {
  readonly child: Child
  readonly url: string
}

const places = [
  {
    name: "PostgreSQL",
    available: service("postgres").available,
    open: async () => {
      const server = await startPostgres()
      return { env: { DATABASE_URL: server.url }, close: server.stop }
    }
  },
  {
    name: "its own embedded database",
    available: true,
    open: async (folder: string) => {
      await unpackDatabase(join(folder, stateFolder, "postgres"))
      return { env: {}, close: async () => {} }
    }
  }
]

for (const place of places)
  describe.skipIf(!place.available)(`the example on ${place.name}`, () => {
    let env: Readonly<Record<string, string>>
    let close: () => Promise<void> = async () => {}
    const children: Array<Child> = []
    /** Holds the secret key, and the embedded database. */
    const folder = fastFolder("example")

    beforeAll(async () => {
      const opened = await place.open(folder)
      env = opened.env
      close = opened.close
    })
    afterEach(async () => {
      for (const child of children.splice(0)) await child.kill()
    })
    afterAll(async () => {
      await close()
      rmSync(folder, { recursive: true, force: true })
    })

    const launch = async (): Promise<Running> => {
      const child = start(process.execPath, [ENTRY], {
        cwd: folder,
        env: {
          PORT: "0",
          PASSWORD_ITERATIONS: "1",
          LATCHKEY_SEED_USER: "demo:demo",
          SECRET_KEY: undefined,
          DATABASE_URL: undefined,
          NODE_ENV: undefined,
          ...env
        }
      })
      children.push(child)
      const [, url = ""] = await child.printed(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/m)
      return { child, url }
    }

    /** Milliseconds from the signal to the exit. The running request takes 1500 of them. */
    let endedAfterMs = Number.NaN

    it("finishes running requests on SIGTERM, accepts no new ones, and still has its sessions after a restart", async () => {
      const first = await launch()
      const visitor = browser()
      expect((await visitor.post(first, "/login", { username: "demo", password: "demo" })).status).toBe(200)
      const slow = visitor.get(first, "/slow?ms=3000&n=finished")
      // If an expectation fails before `await slow`, the rejection of this request must not be reported as a second error.
      slow.catch(() => {})
      await sleep(1500)
      const since = performance.now()
      const ended = first.child.stop()
      await sleep(200)
      await expect(fetch(`${first.url}/anon`, { headers: { connection: "close" } })).rejects.toThrow("fetch failed")
      const answer = await slow
      expect([answer.status, answer.text, answer.cookies.map(({ name }) => name)]).toEqual([200, "{}", ["sessionid"]])
      expect(await ended).toBe(0)
      endedAfterMs = performance.now() - since

      const second = await launch()
      expect((await visitor.get(second, "/me")).text).toBe('{"user":"demo"}')
      expect(JSON.parse((await visitor.get(second, "/session")).text)).toMatchObject({ slow: "finished" })
      expect(await second.child.stop()).toBe(0)
      for (const { child } of [first, second]) expect(child.output()).not.toMatch(/Error|Warning/)
    })

    it("does not wait for a client that keeps its connection open", () => {
      expect(endedAfterMs).toBeLessThan(6000) // Node keeps an idle connection for five seconds
    })
  })
