/** The applications that the docs show for each framework. */
import { beforeAll, describe, expect, it } from "vitest"
import { registryService } from "../rig/services.ts"
import { documented } from "./docs-application.ts"
import { itLogsIn } from "./login-journey.ts"

describe.skipIf(!registryService().available)("the docs", () => {
  const { compile, serve } = documented()

  describe.each(["node", "koa", "express", "fastify", "hono", "effect"])("the application of docs/%s.md", (name) => {
    let url = ""
    beforeAll(async () => {
      url = (await serve([`${name}.ts`], { SECRET_KEY: "the key of a test" })).url
    })
    itLogsIn(() => url)

    it("compiles", async () => {
      expect(await compile(name)).toBe("")
    })
  })

  describe("the application of docs/fetch.md", () => {
    let url = ""
    beforeAll(async () => {
      url = (await serve(["serve.mjs", "./fetch.ts"])).url
    })
    itLogsIn(() => url)

    it("compiles", async () => {
      expect(await compile("fetch")).toBe("")
    })
  })
})
