import { describe } from "vitest"
import type { Child } from "../rig/child.ts"
import { registryService } from "../rig/services.ts"
import { served } from "./framework.ts"
import type { Application } from "./installed.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("Deno", () => {
  const run = (app: Application, file: string): Child =>
    app.command("@deno/*/deno", "run", "--allow-net", "--allow-env", "--allow-read", file)
  const { asDocumented, url } = served("deno", async (app) => run(app, "server.ts"))
  itServes({ url, ownWords: "Deno's own words", rendered: "refused" })

  describe("the application of docs/fetch.md", () => {
    asDocumented("docs/apps", {
      start: async (app) => {
        app.edit("deno.ts", (code) => code.replace("port: 3000", 'hostname: "127.0.0.1", port: 0'))
        return run(app, "deno.ts")
      }
    })
  })
})
