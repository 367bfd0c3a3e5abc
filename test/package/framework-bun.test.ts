import { describe } from "vitest"
import { registryService } from "../rig/services.ts"
import { served } from "./framework.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("Bun", () => {
  const { asDocumented, url } = served("bun", async (app) => app.command("@oven/*/bin/bun", "server.ts"))
  itServes({ url, ownWords: "Bun's own words", rendered: "refused" })

  describe("the application of docs/fetch.md", () => {
    asDocumented("docs/apps", {
      start: async (app) => {
        app.edit("bun.ts", (code) =>
          code.replace(
            /Bun\.serve\(\{ port: 3000, (.*)\)/,
            'console.log(Bun.serve({ hostname: "127.0.0.1", port: 0, $1).url.origin)'
          )
        )
        return app.command("@oven/*/bin/bun", "bun.ts")
      }
    })
  })
})
