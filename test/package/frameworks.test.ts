/**
 * The frameworks and runtimes that the README names for `latchkey/fetch` and `latchkey/hono`, started as their users
 * start them. Each serves `apps/shared/pages.ts` twice: with latchkey around the whole application, and beneath
 * `/alone` with latchkey around each page. Then the application that the framework's page in docs shows.
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { browser } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import { registryService } from "../rig/services.ts"
import { type Application, installLocked } from "./installed.ts"
import { itServes } from "./journey.ts"
import { itLogsIn } from "./login-journey.ts"
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

const served = (name: string, start: Start): Served => {
  let app: Application
  let server: Child
  let url = ""
  const go = async (begin = start): Promise<void> => {
    server = await begin(app)
    const [, origin = ""] = await server.printed(/(http:\/\/127\.0\.0\.1:\d+)/, minutes)
    url = origin
  }
  beforeAll(async () => {
    app = await installLocked(name, packed.tarball)
    await go()
  }, 5 * minutes)
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
      }, 5 * minutes)
      itLogsIn(() => url)
    }
  }
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

suite("React Router", () => {
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

suite("Astro", () => {
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

suite("Bun", () => {
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

suite("Deno", () => {
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
