import { describe, expect, it } from "vitest"
import { registryService } from "../rig/services.ts"
import { served } from "./framework.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("Hono on Node", () => {
  const { url } = served("hono", async (app) => app.start("server.ts"))
  itServes({ url, ownWords: "Hono's own words", rendered: "refused" })
  describe("without the middleware", () => {
    itServes({ url, prefix: "/alone", ownWords: "Hono's own words", rendered: "refused" })
  })
  it("keeps the cookie and Vary inside cors", async () => {
    const page = await fetch(`${url()}/refused`, { headers: { origin: "https://app.example" } })
    expect(page.headers.get("access-control-allow-origin")).toBe("https://app.example")
    expect(page.headers.get("vary")?.split(", ").sort()).toEqual(["Cookie", "Origin"])
    expect(page.headers.getSetCookie()).toHaveLength(1)
  })
})
