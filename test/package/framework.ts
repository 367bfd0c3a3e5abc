/**
 * The frameworks and runtimes that the README names for `latchkey/fetch` and `latchkey/hono`, started as their users
 * start them. Each serves `apps/shared/pages.ts` twice: with latchkey around the whole application, and beneath
 * `/alone` with latchkey around each page. Then the application that the framework's page in docs shows. Each has a
 * test file, so that two are built at the same time.
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { type Application, installLocked } from "./installed.ts"
import { itLogsIn } from "./login-journey.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000

/** An application that prints where it listens. */
type Start = (app: Application) => Promise<Child>

/** An application that has to be built, and gets its port from the test. */
export const built =
  (build: ReadonlyArray<string>, serve: ReadonlyArray<string>): Start =>
  async (app) => {
    const [builder = "", ...options] = build
    const [server = "", ...args] = serve
    const port = String(await freePort())
    const env = { HOST: "127.0.0.1", PORT: port, ORIGIN: `http://127.0.0.1:${port}`, NODE_ENV: "production" }
    await app.under(env).run(builder, ...options)
    return app.under(env).start(server, ...args)
  }

interface Served {
  readonly url: () => string
  /**
   * In a nested suite: replaces the application by the one of a page of the docs.
   *
   * @param removed files of the application that the other one does not have
   */
  readonly asDocumented: (
    docs: string,
    options: { readonly removed?: string; readonly start?: Start | undefined }
  ) => void
}

/** In a suite: installs and starts the application in `apps/NAME`. */
export const served = (name: string, start: Start): Served => {
  let packed: Packed
  let app: Application
  let server: Child
  let url = ""
  const go = async (begin = start): Promise<void> => {
    server = await begin(app)
    const [, origin = ""] = await server.printed(/(http:\/\/127\.0\.0\.1:\d+)/, 5 * minutes)
    url = origin
  }
  beforeAll(async () => {
    packed = pack()
    app = await installLocked(name, packed.tarball)
    await go()
  }, 20 * minutes)
  afterAll(async () => {
    await server?.kill()
    app?.remove()
  })
  return {
    url: () => url,
    asDocumented: (docs, options) => {
      beforeAll(async () => {
        await server.kill()
        if (options.removed !== undefined) rmSync(join(app.folder, options.removed), { recursive: true })
        app.copy(docs)
        await go(options.start)
      }, 20 * minutes)
      itLogsIn(() => url)
    }
  }
}
