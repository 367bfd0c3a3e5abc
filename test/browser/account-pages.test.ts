/** The account pages in Chromium: what a keyboard, a screen reader, a narrow and a dark screen find. Without scripts. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { createRequire } from "node:module"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { htmlRenderer } from "../../src/core/accounts/html/html-renderer.ts"
import type { AccountPageName } from "../../src/core/accounts/pages/account-page.ts"
import { allPageNames, samplePage } from "../core/accounts/pages/sample-pages.ts"
import { longSuite, service } from "../rig/services.ts"
import { launch, visitor } from "./chromium.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const isPageName = (name: string): name is AccountPageName => allPageNames.some((known) => known === name)

/** `/login`: the page without problems, `/login?problems` with all problems that it can have. */
const servePages = async (): Promise<{ readonly url: string; readonly server: Server }> => {
  const renderer = htmlRenderer()
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost")
    const name = pathname.slice(1)
    if (name === "style.css") {
      res.setHeader("content-type", "text/css").end(renderer.stylesheet)
      return
    }
    if (!isPageName(name)) {
      res.writeHead(404).end()
      return
    }
    const page = samplePage(name, searchParams.get("text") ?? "shop.example", searchParams.has("problems"))
    const acceptLanguage = req.headers["accept-language"]
    const { headers = {}, html } = renderer.page(page, { acceptLanguage, stylesheet: "/style.css" })
    const strict = searchParams.has("strict") ? { "content-security-policy": "default-src 'self'" } : {}
    res.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers, ...strict }).end(html)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return { url: `http://127.0.0.1:${address.port}`, server }
}

/** Loads axe into the current page. */
const loadAxe = (page: Page): Promise<unknown> => page.evaluate(axe)

/** Rules that axe finds broken on the current page, or cannot decide. @param rules all, or only these */
const violations = (page: Page, rules?: ReadonlyArray<string>): Promise<ReadonlyArray<unknown>> =>
  page.evaluate<ReadonlyArray<unknown>>(`axe.run(document, ${JSON.stringify({
    resultTypes: ["violations", "incomplete"],
    ...(rules === undefined ? {} : { runOnly: rules })
  })}).then(({ incomplete, violations }) =>
    [...violations, ...incomplete].map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => html + " " + failureSummary)]))`)

/** The tag, the accessible name or the text of the element that has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const { activeElement: at } = document
    return at.getAttribute("role") ?? at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? (at.textContent.trim() || at.tagName)
  })()`)

const needed = [service("chromium"), longSuite()]

describe.skipIf(!needed.every(({ available }) => available))("the account pages in Chromium", () => {
  let browser: Browser
  let site: { readonly url: string; readonly server: Server }
  beforeAll(async () => {
    ;[browser, site] = await Promise.all([launch(), servePages()])
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })
  afterAll(async () => {
    await browser?.close()
    site?.server.close()
  })

  it("break no rule of axe on a screen of 320 pixels, in light and in dark", async () => {
    const page = await visitor(browser, site, { viewport: { width: 320, height: 640 }, locale: "en-GB" })
    for (const name of allPageNames) {
      for (const query of ["", "?problems"]) {
        await page.emulateMedia({ colorScheme: "light" })
        await page.goto(`/${name}${query}`)
        await loadAxe(page)
        expect([name, query, "light", ...(await violations(page))]).toEqual([name, query, "light"])
        await page.emulateMedia({ colorScheme: "dark" })
        expect([name, query, "dark", ...(await violations(page, ["color-contrast"]))]).toEqual([name, query, "dark"])
      }
    }
  })

  it.each(["en", "de"])("are in the visitor's language, and do not scroll sideways: %s", async (locale) => {
    const page = await visitor(browser, site, { viewport: { width: 320, height: 640 }, locale })
    for (const name of allPageNames) {
      await page.goto(`/${name}?problems`)
      expect([name, await page.evaluate("document.documentElement.lang")]).toEqual([name, locale])
      expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 320])
    }
  })

  it("have a light and a dark background, as the visitor prefers", async () => {
    const page = await visitor(browser, site)
    await page.goto("/login")
    const colours: Array<string> = []
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme })
      colours.push(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"))
    }
    expect(colours).toEqual(["rgb(255, 255, 255)", "rgb(23, 23, 27)"])
  })

  it("are styled under a policy that allows only files of the site", async () => {
    const page = await visitor(browser, site)
    const messages: Array<string> = []
    page.on("console", (message) => messages.push(message.text()))
    for (const query of ["", "?strict"]) {
      await page.goto(`/login${query}`)
      expect(await page.evaluate("getComputedStyle(document.body).maxWidth")).toBe("480px")
    }
    expect(messages.filter((text) => !text.includes("favicon"))).toEqual([])
  })

  it("do not scroll sideways because of a long word", async () => {
    const page = await visitor(browser, site, { viewport: { width: 320, height: 640 } })
    for (const name of allPageNames) {
      await page.goto(`/${name}?problems&text=${"Mozilla/5.0(".repeat(20)}`)
      expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 320])
    }
  })

  describe("without scripts", () => {
    const arrives = () => visitor(browser, site, { javaScriptEnabled: false })

    it("move the focus to the problems, from which links lead to the fields", async () => {
      const page = await arrives()
      await page.goto("/login?problems")
      await expect.poll(() => focused(page)).toBe("alert") // the page is drawn before its element gets the focus
      await page.keyboard.press("Tab")
      expect(await focused(page)).toBe("Username: This field is required.")
      await page.keyboard.press("Enter")
      await page.keyboard.press("Tab")
      expect(await focused(page)).toMatch(/^(Username|Password)$/)
      expect(page.url()).toMatch(/#id_username$/)
    })

    it("let the keyboard reach everything in reading order", async () => {
      const page = await arrives()
      await page.goto("/login")
      const order: Array<string> = []
      for (let tabs = 0; tabs < 7; tabs++) {
        await page.keyboard.press("Tab")
        order.push(await focused(page))
      }
      expect(order).toEqual([
        "shop.example",
        "Username",
        "Password",
        "Stay logged in",
        "Log in",
        "Forgotten your password?",
        "Sign up"
      ])
    })

    it("describe a field by its problems", async () => {
      const page = await arrives()
      await page.goto("/signUp?problems")
      const field = page.getByLabel("Username")
      expect(await field.getAttribute("aria-invalid")).toBe("true")
      const ids = (await field.getAttribute("aria-describedby"))?.split(" ") ?? []
      const texts = await Promise.all(ids.map((id) => page.locator(`#${id}`).innerText()))
      expect(texts).toEqual(["Error: This field is required.", "Error: shop.example"])
    })

    it("show the texts of a client as texts", async () => {
      const page = await arrives()
      const text = `"><img src=x onerror=alert(1)></title><script>alert(2)</script>'`
      for (const name of allPageNames) {
        await page.goto(`/${name}?problems&text=${encodeURIComponent(text)}`)
        expect(await page.locator("img, script").count(), name).toBe(0)
        expect(await page.locator("header").innerText(), name).toBe(text)
      }
    })
  })
})
