import { describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import { registryService } from "../rig/services.ts"
import { built, served } from "./framework.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("SvelteKit", () => {
  const { asDocumented, url } = served(
    "sveltekit",
    built(["node_modules/vite/bin/vite.js", "build"], ["build/index.js"])
  )
  itServes({ url, ownWords: "SvelteKit's own words", rendered: "SvelteKit's own words" })
  describe("without the hook", () => {
    itServes({ url, prefix: "/alone", ownWords: "SvelteKit's own words", rendered: "SvelteKit's own words" })
  })
  it("redirects from the load function of a page, for browsers and for SvelteKit's client router", async () => {
    const page = await browser().get({ url: url() }, "/account")
    expect([page.status, page.headers.get("location"), page.cookies.length]).toEqual([303, "/login", 1])
    const data = await browser().get({ url: url() }, "/account/__data.json")
    expect([data.status, JSON.parse(data.text), data.cookies.length]).toEqual([
      200,
      expect.objectContaining({ type: "redirect", location: "/login" }),
      1
    ])
  })

  describe("the application of docs/sveltekit.md", () => asDocumented("docs/apps/sveltekit", { removed: "src/routes" }))
})
