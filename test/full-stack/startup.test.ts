/** The example as a process: what it says when it cannot start. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type Child, start } from "../rig/child.ts"

const ENTRY = fileURLToPath(new URL("../../examples/node/server.ts", import.meta.url))

/** The embedded database takes its time to start on a busy machine. */
const longestMs = 120_000
vi.setConfig({ testTimeout: longestMs, hookTimeout: longestMs })

describe("the example that cannot start", () => {
  const folders: Array<string> = []
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), "latchkey-startup-"))
    folders.push(made)
    return made
  }
  const launch = (cwd: string, env: Readonly<Record<string, string>>): Child =>
    start(process.execPath, [ENTRY], {
      cwd,
      env: { PASSWORD_ITERATIONS: "1", SECRET_KEY: undefined, DATABASE_URL: undefined, NODE_ENV: undefined, ...env }
    })

  const home = folder()
  let first: Child
  let port: string

  beforeAll(async () => {
    first = launch(home, { PORT: "0" })
    const [, printed = ""] = await first.printed(/listening on http:\/\/127\.0\.0\.1:(\d+)/, longestMs)
    port = printed
  })
  afterAll(async () => {
    await first.stop()
    for (const made of folders) rmSync(made, { recursive: true, force: true })
  })

  it("names the port that is taken", async () => {
    const second = launch(folder(), { PORT: port })
    await second.printed(new RegExp(`^port ${port} is taken: .*PORT$`, "m"), longestMs)
    expect(await second.ended).toBe(1)
  })

  it("leaves an embedded database alone that another process uses, and names that", async () => {
    const second = launch(home, { PORT: "0" })
    await second.printed(new RegExp(`is in use by process ${first.pid}: .*DATABASE_URL`), longestMs)
    expect(await second.ended).toBe(1)
    expect((await fetch(`http://127.0.0.1:${port}/me`)).status).toBe(401)
  })

  it("takes over from a process that crashed", async () => {
    await first.kill()
    first = launch(home, { PORT: port })
    await first.printed(/listening on/, longestMs)
  })

  it("names the variable that makes no sense", async () => {
    const second = launch(folder(), { PORT: "many" })
    await second.printed(/PORT is not a whole number/, longestMs)
    expect(await second.ended).toBe(1)
  })
})
