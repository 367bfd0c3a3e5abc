import { describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import { registryService } from "../rig/services.ts"
import { built, served } from "./framework.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("Astro", () => {
  const { asDocumented, url } = served(
    "astro",
    built(["node_modules/astro/bin/astro.mjs", "build"], ["dist/server/entry.mjs"])
  )
  itServes({ url, ownWords: "Astro's own words", rendered: "refused" })
  describe("without the middleware", () => {
    itServes({ url, prefix: "/alone", ownWords: "Astro's own words", rendered: "refused" })
  })
  it("redirects from a page", async () => {
    const page = await browser().get({ url: url() }, "/account")
    expect([page.status, page.headers.get("location"), page.cookies.length]).toEqual([303, "/login", 1])
  })

  describe("the application of docs/astro.md", () => asDocumented("docs/apps/astro", { removed: "src/pages" }))
})
