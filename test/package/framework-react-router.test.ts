import { describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import { registryService } from "../rig/services.ts"
import { built, served } from "./framework.ts"
import { itServes } from "./journey.ts"

describe.skipIf(!registryService().available)("React Router", () => {
  const { asDocumented, url } = served(
    "react-router",
    built(
      ["node_modules/@react-router/dev/bin.cjs", "build"],
      ["node_modules/@react-router/serve/bin.cjs", "build/server/index.js"]
    )
  )
  const ownWords = "Unexpected Server Error"
  itServes({ url, ownWords, rendered: "refused" })
  describe("without the middleware", () => {
    itServes({ url, prefix: "/alone", ownWords, rendered: "refused" })
  })
  it.each([
    "/account?refused",
    "/alone-account",
    "/alone-account?response"
  ])("renders the error boundary of a page whose loader throws, and the cookie arrives: %s", async (path) => {
    const page = await browser().get({ url: url() }, path)
    expect([page.status, page.cookies.map(({ name }) => name)]).toEqual([418, ["sessionid"]])
    expect(page.text).toContain("boundary: 418 refused")
  })
  it("a loader with its own withAuth uses the session that the middleware opened", async () => {
    const page = await browser().get({ url: url() }, "/both")
    expect([page.text, page.cookies.map(({ name }) => name)]).toEqual(['{"mark":"both"}', ["sessionid"]])
  })
  it("redirects from the loader of a page, for browsers and for React Router's client router", async () => {
    const page = await browser().get({ url: url() }, "/account")
    expect([page.status, page.headers.get("location"), page.cookies.length]).toEqual([303, "/login", 1])
    const data = await browser().get({ url: url() }, "/account.data")
    expect([data.text.includes("SingleFetchRedirect"), data.cookies.length]).toEqual([true, 1])
  })

  describe("the application of docs/react-router.md", () => asDocumented("docs/apps/react-router", { removed: "app" }))
})
