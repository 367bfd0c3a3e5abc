/** The example on Next with sessions that are bound to a device, in Debian's Chromium. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { freePort } from "../rig/free-port.ts"
import { longSuite, service } from "../rig/services.ts"
import { placeOf, said, send, sendLogin } from "./chromium.ts"
import { type TrustedFolder, trusting } from "./device-bound-chromium.ts"
import { shortCookie } from "./device-bound-site.ts"
import { exampleOf, type Person, type RunningExample, run } from "./examples.ts"
import { type HttpsGateway, startHttpsGateway } from "./https-gateway.ts"

const next = exampleOf("next")
const needs = [longSuite(), service("chromium"), service("certutil"), service("openssl"), service("postgres"), next]

/** Chromium makes six signatures for a site in nine minutes, so that each test has a site of its own. */
const hosts = Array.from({ length: 9 }, (_, at) => `app.site${at}.test`)

const env = {
  AUTH_OPTIONS: JSON.stringify({
    sessionCookie: { secure: true },
    csrfCookie: { secure: true },
    secureProxyHeader: ["X-Forwarded-Proto", "https"],
    deviceBound: { mode: "enforce", graceSeconds: 5, exempt: ["/_next", "/style.css"], djangoChecks: false }
  }),
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "moved-clock.ts"))}`
}
const renewal = ["POST /dbsc/refresh 403", "POST /dbsc/refresh proof 200"]
const isForStaticFile = ({ url = "" }): boolean => /^\/(_next\/|(account\/)?style\.css|favicon\.ico)/.test(url)

describe.skipIf(!needs.every(({ available }) => available))("a device-bound session of Next in Chromium", () => {
  let folder: TrustedFolder
  let site: RunningExample
  let gateway: HttpsGateway
  let person: Person
  let chromium: BrowserContext
  let page: Page
  let host = ""
  let used = 0

  const url = (path: string): string => `https://${host}:${gateway.port}${path}`
  const has = async (name: string): Promise<boolean> =>
    (await chromium.cookies(url("/"))).some((cookie) => cookie.name === name)
  const deleteShortCookie = async (): Promise<void> => {
    const tools = await chromium.newCDPSession(page)
    await tools.send("Network.deleteCookies", { name: shortCookie, url: url("/") })
    await tools.detach()
  }
  /** It has effect on the next page, until the tab is closed. */
  const turnOffJavaScript = async (): Promise<void> => {
    const tools = await chromium.newCDPSession(page)
    await tools.send("Emulation.setScriptExecutionDisabled", { value: true })
  }
  /** Moves the clock of the server until the grace and the short cookie have ended. */
  const moveClock = async (): Promise<void> => {
    const { length } = site.output()
    process.kill(site.pid, "SIGUSR2")
    await expect.poll(() => site.output().slice(length)).toContain("the clock is")
  }
  /** Logs in on a site of its own, and waits for the registration. */
  const logIn = async (form: string, next: string): Promise<void> => {
    await sendLoginAt(form, next)
    await isBound()
  }
  const sendLoginAt = async (form: string, next: string): Promise<void> => {
    host = hosts[used++] ?? ""
    await page.goto(url(form))
    gateway.received()
    await sendLogin(page, person)
    await page.waitForURL(url(next))
  }
  const isBound = (): Promise<void> => expect.poll(() => has(shortCookie), { timeout: 20_000 }).toBe(true)
  const openCart = async (tab = page): Promise<string> => {
    await tab.goto(url("/cart/"))
    await tab.getByRole("heading", { name: "Your cart" }).waitFor()
    return said(tab)
  }
  const addToCart = async (tab: Page, item: string): Promise<void> => {
    await tab.getByLabel("Item").fill(item)
    await send(tab, "Add to cart")
  }

  beforeAll(async () => {
    folder = trusting(hosts)
    ;[site, chromium] = await Promise.all([run(next, env), folder.launch()])
    gateway = await startHttpsGateway(site.url, folder, (request) => !isForStaticFile(request))
    person = await site.person()
    chromium.setDefaultTimeout(8000)
  })
  beforeEach(async () => {
    page = await chromium.newPage()
  })
  afterEach(() => page?.close())
  afterAll(async () => {
    await chromium?.close()
    gateway?.close()
    await site?.stop()
    folder?.remove()
  })

  it("is bound by the answer of a route handler that logs in and redirects", async () => {
    await logIn("/account/login", "/")
    expect(await said(page)).toContain(`You are logged in as ${person.username}.`)
    expect(gateway.received()).toEqual(
      expect.arrayContaining(["POST /account/login 302", "GET / 200", "POST /dbsc/register proof 200"])
    )
  })

  for (const { isEnabled, name, status } of [
    { name: "with JavaScript", isEnabled: true, status: 200 },
    { name: "without JavaScript", isEnabled: false, status: 303 }
  ]) {
    it(`is bound by the page after a login in a Server Action, ${name}`, async () => {
      if (!isEnabled) await turnOffJavaScript()
      await logIn("/accounts/login/", "/accounts/profile/")
      expect(await said(page)).toContain(person.username)
      expect(gateway.received()).toEqual([
        `POST /accounts/login/ ${status}`,
        "GET /accounts/profile/ 200",
        "POST /dbsc/register proof 200"
      ])
    })

    it(`goes on without its short cookie: a page, and a Server Action that is held and sent once, ${name}`, async () => {
      if (!isEnabled) await turnOffJavaScript()
      await logIn("/accounts/login/", "/accounts/profile/")
      await moveClock()
      await deleteShortCookie()
      gateway.received()
      expect(await openCart()).toContain("It is empty.")
      expect(gateway.received()).toEqual([...renewal, "GET /cart/ 200"])
      await deleteShortCookie()
      await addToCart(page, "milk")
      await page.getByText("milk", { exact: true }).waitFor()
      expect(gateway.received()).toEqual([...renewal, `POST /cart/ ${status}`, "GET /cart/ 200"])
      expect(await page.getByText("milk", { exact: true }).count()).toBe(1)
    })
  }

  it("is bound by the next whole page, if the answer of the Server Action has the page after the login", async () => {
    const port = await freePort()
    const before = { site, gateway, person }
    // Next requests that page from itself, over https unless this says otherwise.
    const origin = { PORT: String(port), __NEXT_PRIVATE_ORIGIN: `http://127.0.0.1:${port}` }
    site = await run(next, { ...env, ...origin })
    gateway = await startHttpsGateway(site.url, folder, (request) => !isForStaticFile(request))
    try {
      person = await site.person()
      await sendLoginAt("/accounts/login/", "/accounts/profile/")
      await moveClock()
      expect([gateway.received(), await has(shortCookie)]).toEqual([["POST /accounts/login/ 200"], false])
      expect(await openCart(), "later than the grace").toContain("It is empty.")
      await isBound()
      expect(gateway.received()).toEqual(["GET /cart/ 200", "POST /dbsc/register proof 200"])
      await moveClock()
      await deleteShortCookie()
      await addToCart(page, "milk")
      await page.getByText("milk", { exact: true }).waitFor()
      expect(gateway.received()).toEqual([...renewal, "POST /cart/ 200"])
    } finally {
      gateway.close()
      await site.stop()
      ;({ site, gateway, person } = before)
    }
  })

  it("is dead in a second Chromium with all cookies of the first: user, data and actions", async () => {
    await logIn("/account/login", "/")
    await openCart()
    await addToCart(page, "milk")
    await page.getByText("milk", { exact: true }).waitFor()
    const second = await folder.launch("profile of an attacker")
    try {
      second.setDefaultTimeout(8000)
      await second.addCookies(await chromium.cookies(url("/")))
      const theirs = await second.newPage()
      expect(await openCart(theirs), "while its short cookie is valid").toContain("milk")
      await moveClock()
      gateway.received()
      await addToCart(theirs, "beer")
      await expect.poll(() => gateway.received()).toEqual(["POST /cart/ 500"])
      expect(await openCart(theirs)).toContain("It is empty.")
      await theirs.goto(url("/"))
      expect(await said(theirs)).toContain("You are not logged in.")
      await theirs.goto(url("/accounts/profile/"))
      expect(placeOf(theirs)).toBe("/accounts/login/?next=/accounts/profile/")
      expect(gateway.received().filter((line) => line.includes("dbsc"))).toEqual([])
    } finally {
      await second.close()
    }
    const cart = await openCart()
    expect([cart.includes("milk"), cart.includes("beer")]).toEqual([true, false])
  })

  it("goes on at a link on another site, also to a page whose proxy opens the session itself", async () => {
    await logIn("/account/login", "/")
    await moveClock()
    for (const path of ["/cart/", "/accounts/profile/"]) {
      await deleteShortCookie()
      await page.goto(`data:text/html,<a href="${url(path)}">a link</a>`)
      gateway.received()
      await page.click("a")
      await page.getByRole("button", { name: "Log out" }).waitFor()
      expect(gateway.received()).toEqual([`GET ${path} 401`, ...renewal, `GET ${path} 200`])
    }
  })

  it("ends by a logout, which the next request tells the browser", async () => {
    await logIn("/account/login", "/")
    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByText("You are not logged in.").waitFor()
    expect([await has("sessionid"), await has(shortCookie)]).toEqual([false, false])
    gateway.received()
    await page.goto(url("/accounts/profile/"))
    expect(placeOf(page)).toBe("/accounts/login/?next=/accounts/profile/")
    expect(gateway.received()).toEqual([
      "GET /accounts/profile/ 307",
      "GET /accounts/login/?next=/accounts/profile/ 200"
    ])
  })
})
