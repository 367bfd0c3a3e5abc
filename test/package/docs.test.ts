/** The applications of docs/apps, which the docs show, with the package installed as users install it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Child } from "../rig/child.ts"
import { registryService } from "../rig/services.ts"
import { type Application, installLocked } from "./installed.ts"
import { itLogsIn } from "./login-journey.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const isAvailable = registryService().available

describe.skipIf(!isAvailable)("the applications that the docs show", () => {
  let packed: Packed
  let app: Application
  beforeAll(async () => {
    packed = pack()
    app = await installLocked("docs", packed.tarball, [])
    app.copy("docs/apps")
  }, 5 * minutes)
  afterAll(() => {
    app?.remove()
    packed?.remove()
  })

  describe.each(["node", "koa", "express", "fastify", "hono"])("%s", (name) => {
    let server: Child
    let url = ""
    beforeAll(async () => {
      server = app.start("--import", "./loopback.mjs", `${name}.ts`)
      const [, origin = ""] = await server.printed(/listening on (\S+)/, minutes)
      url = origin
    }, 2 * minutes)
    afterAll(() => server?.kill())
    itLogsIn(() => url)

    // Each on its own: two of them declare what the other's requests have.
    it("compiles", { timeout: 2 * minutes }, async () => {
      const project = `tsconfig.${name}.json`
      app.write(project, JSON.stringify({ extends: "./tsconfig.json", files: [`${name}.ts`] }))
      expect(await app.run("node_modules/typescript/bin/tsc", "-p", project)).toBe("")
    })
  })
})
