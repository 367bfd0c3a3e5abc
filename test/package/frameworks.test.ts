/**
 * The frameworks and runtimes that the README names for `latchkey/fetch` and `latchkey/hono`, started as their users
 * start them. Each serves `apps/shared/pages.ts` twice: with latchkey around the whole application, and beneath
 * `/alone` with latchkey around each page.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { registryService } from "../rig/services.ts"
import { type Application, installLocked } from "./installed.ts"
import { itServes } from "./journey.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const isAvailable = registryService().available

let packed: Packed
beforeAll(() => {
  if (isAvailable) packed = pack()
}, minutes)
afterAll(() => packed?.remove())

/** An application that prints where it listens. */
type Start = (app: Application) => Promise<Child>

/** An application that has to be built, and gets its port from the test. */
const built =
  (build: ReadonlyArray<string>, serve: ReadonlyArray<string>): Start =>
  async (app) => {
    const [builder = "", ...options] = build
    const [server = "", ...args] = serve
    const port = String(await freePort())
    const env = { HOST: "127.0.0.1", PORT: port, ORIGIN: `http://127.0.0.1:${port}`, NODE_ENV: "production" }
    await app.under(env).run(builder, ...options)
    return app.under(env).start(server, ...args)
  }

const served = (name: string, start: Start): { readonly url: () => string } => {
  let app: Application
  let server: Child
  let url = ""
  beforeAll(async () => {
    app = await installLocked(name, packed.tarball)
    server = await start(app)
    const [, origin = ""] = await server.printed(/(http:\/\/127\.0\.0\.1:\d+)/, minutes)
    url = origin
  }, 5 * minutes)
  afterAll(async () => {
    await server?.kill()
    app?.remove()
  })
  return { url: () => url }
}

const suite = describe.skipIf(!isAvailable)

suite("Hono on Node", () => {
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

suite("SvelteKit", () => {
  const { url } = served("sveltekit", built(["node_modules/vite/bin/vite.js", "build"], ["build/index.js"]))
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
})

suite("React Router", () => {
  const { url } = served(
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
})

suite("Astro", () => {
  const { url } = served("astro", built(["node_modules/astro/bin/astro.mjs", "build"], ["dist/server/entry.mjs"]))
  itServes({ url, ownWords: "Astro's own words", rendered: "refused" })
  describe("without the middleware", () => {
    itServes({ url, prefix: "/alone", ownWords: "Astro's own words", rendered: "refused" })
  })
  it("redirects from a page", async () => {
    const page = await browser().get({ url: url() }, "/account")
    expect([page.status, page.headers.get("location"), page.cookies.length]).toEqual([303, "/login", 1])
  })
})

suite("Bun", () => {
  const { url } = served("bun", async (app) => app.command("@oven/*/bin/bun", "server.ts"))
  itServes({ url, ownWords: "Bun's own words", rendered: "refused" })
})

suite("Deno", () => {
  const { url } = served("deno", async (app) =>
    app.command("@deno/*/deno", "run", "--allow-net", "--allow-env", "--allow-read", "server.ts")
  )
  itServes({ url, ownWords: "Deno's own words", rendered: "refused" })
})
