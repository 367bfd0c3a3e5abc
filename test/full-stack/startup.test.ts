/** The example as a process: what it prints when it cannot start. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { stateFolder } from "../../examples/site/config.ts"
import { type Child, start } from "../rig/child.ts"
import { fastFolder } from "../rig/fast-folder.ts"
import { unpackDatabase } from "../rig/pglite-server.ts"

const ENTRY = fileURLToPath(new URL("../../examples/node/server.ts", import.meta.url))

/** The embedded database starts slowly on a busy machine. */
const longestMs = 120_000

describe("the example that cannot start", () => {
  const folders: Array<string> = []
  /** A folder with an empty embedded database, because to create one takes seconds. `npm run demo` is tested without. */
  const folder = async (): Promise<string> => {
    const made = fastFolder("startup")
    folders.push(made)
    await unpackDatabase(join(made, stateFolder, "postgres"))
    return made
  }
  const launch = (cwd: string, env: Readonly<Record<string, string>>): Child =>
    start(process.execPath, [ENTRY], {
      cwd,
      env: { PASSWORD_ITERATIONS: "1", SECRET_KEY: undefined, DATABASE_URL: undefined, NODE_ENV: undefined, ...env }
    })

  let home: string
  let first: Child
  let port: string

  beforeAll(async () => {
    home = await folder()
    first = launch(home, { PORT: "0" })
    const [, printed = ""] = await first.printed(/listening on http:\/\/127\.0\.0\.1:(\d+)/, longestMs)
    port = printed
  })
  afterAll(async () => {
    await first.stop()
    for (const made of folders) rmSync(made, { recursive: true, force: true })
  })

  it("names the port that is in use", async () => {
    const second = launch(await folder(), { PORT: port })
    await second.printed(new RegExp(`^port ${port} is taken: .*PORT$`, "m"), longestMs)
    expect(await second.ended).toBe(1)
  })

  it("refuses an embedded database that another process uses, and names that process", async () => {
    const second = launch(home, { PORT: "0" })
    await second.printed(new RegExp(`is in use by process ${first.pid}: .*DATABASE_URL`), longestMs)
    expect(await second.ended).toBe(1)
    expect((await fetch(`http://127.0.0.1:${port}/me`)).status).toBe(401)
  })

  it("opens the embedded database after a crash of the process that had it", async () => {
    await first.kill()
    first = launch(home, { PORT: port })
    await first.printed(/listening on/, longestMs)
  })

  it("names the environment variable whose value is not valid", async () => {
    const second = launch(await folder(), { PORT: "many" })
    await second.printed(/PORT is not a whole number/, longestMs)
    expect(await second.ended).toBe(1)
  })
})
