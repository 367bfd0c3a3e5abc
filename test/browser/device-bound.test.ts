/** Sessions that are bound to a device, in Debian's Chromium. */
import type { BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { longSuite, service } from "../rig/services.ts"
import { type TrustedFolder, trusting } from "./device-bound-chromium.ts"
import { type DeviceBoundSite, shortCookie, startSite } from "./device-bound-site.ts"

const needs = [longSuite(), service("chromium"), service("certutil"), service("openssl"), service("postgres")]

/** Chromium makes six signatures for a site in nine minutes, so that each test has a site of its own. */
const hosts = Array.from({ length: 16 }, (_, at) => `app.site${at}.test`)

describe.skipIf(!needs.every(({ available }) => available))("a device-bound session in Chromium", () => {
  let folder: TrustedFolder
  let site: DeviceBoundSite
  let chromium: BrowserContext
  let page: Page
  let host = ""
  let used = 0

  const url = (path: string): string => `https://${host}:${site.port}${path}`
  const deleteShortCookie = async (): Promise<void> => {
    const tools = await chromium.newCDPSession(page)
    await tools.send("Network.deleteCookies", { name: shortCookie, url: url("/") })
    await tools.detach()
  }
  const has = async (name: string): Promise<boolean> =>
    (await chromium.cookies(url("/"))).some((cookie) => cookie.name === name)
  const shown = (): Promise<string> => page.locator("p").innerText()
  const visit = async (path: string): Promise<string> => {
    await page.goto(url(path))
    return shown()
  }
  const lines = (): ReadonlyArray<string> => site.received().map(({ line, status }) => `${line} ${status}`)
  /** Logs in on a site of its own, waits for the registration and then for the end of its grace. */
  const logIn = async (): Promise<void> => {
    host = hosts[used++] ?? ""
    await page.goto(url("/enter"))
    await page.click("button")
    await page.waitForURL(url("/"))
    await expect.poll(() => has(shortCookie), { timeout: 20_000 }).toBe(true)
    site.advance(6)
  }

  beforeAll(async () => {
    folder = trusting([...hosts, "mail.other.test"])
    site = await startSite(folder)
    chromium = await folder.launch()
    chromium.setDefaultTimeout(8000)
    page = await chromium.newPage()
  })
  afterAll(async () => {
    await chromium?.close()
    await site?.close()
    folder?.remove()
  })

  it("is bound at a login that answers with a redirect, whose page shows the user", async () => {
    await logIn()
    expect(await shown()).toBe("alice undefined")
    expect(lines()).toContain("POST /dbsc/register proof 200")
  })

  it("goes on without its short cookie: a page, and a form that is held and sent once", async () => {
    await logIn()
    await deleteShortCookie()
    site.received()
    expect(await visit("/")).toBe("alice undefined")
    expect(lines()).toEqual(["POST /dbsc/refresh 403", "POST /dbsc/refresh proof 200", "GET / 200"])
    await deleteShortCookie()
    await page.click("button")
    await page.waitForURL(url("/note"))
    expect(await shown()).toBe("alice 1")
    expect(lines()).toEqual(["POST /dbsc/refresh 403", "POST /dbsc/refresh proof 200", "POST /note 200"])
  })

  it("shows a copy of the cookies neither user nor data, and goes on in the browser", async () => {
    await logIn()
    await page.click("button")
    await page.waitForURL(url("/note"))
    const cookies = (await chromium.cookies(url("/"))).map(({ name, value }) => `${name}=${value}`).join("; ")
    const copy = (path: string) => site.as(host, cookies, path)
    expect(await copy("/"), "while its short cookie is valid").toContain("<p>alice 1</p>")
    site.advance(661)
    expect(await copy("/")).toContain("<p>anonymous undefined</p>")
    // The server deletes the short cookie that has ended by its clock, and Chromium comes again.
    await page.goto(url("/"))
    await expect.poll(() => page.locator("p").count()).toBe(1)
    expect(await shown()).toBe("alice 1")
    expect(await copy("/")).toContain("<p>anonymous undefined</p>")
  })

  it("is dead in a second Chromium with all cookies of the first, and goes on in the first", async () => {
    await logIn()
    await page.click("button")
    await page.waitForURL(url("/note"))
    const jar = await chromium.cookies(url("/"))
    const second = await folder.launch("profile of an attacker")
    try {
      second.setDefaultTimeout(8000)
      await second.addCookies(jar)
      const theirs = await second.newPage()
      const seen = async (path: string): Promise<string> => {
        await theirs.goto(url(path))
        await expect.poll(() => theirs.locator("p").count()).toBe(1)
        return theirs.locator("p").innerText()
      }
      expect(await seen("/"), "while its short cookie is valid").toBe("alice 1")
      site.advance(661)
      expect(await seen("/"), "the user and the data").toBe("anonymous undefined")
      await theirs.click("button")
      await expect.poll(() => lines().at(-1)).toMatch(/^POST \/note (401|403)$/)
      expect(await seen("/")).toBe("anonymous undefined")
    } finally {
      await second.close()
    }
    await page.goto(url("/"))
    await expect.poll(() => page.locator("p").count()).toBe(1)
    expect(await shown()).toBe("alice 1")
  })

  it("goes on at a link on another site", async () => {
    await logIn()
    await deleteShortCookie()
    await page.goto(`https://mail.other.test:${site.port}/?to=${encodeURIComponent(url("/"))}`)
    site.received()
    await page.click("a")
    await expect.poll(async () => ((await page.locator("p").count()) === 1 ? shown() : "")).toBe("alice undefined")
    expect(lines()).toEqual(["GET / 401", "POST /dbsc/refresh 403", "POST /dbsc/refresh proof 200", "GET / 200"])
  })

  it("keeps its binding with a new key and a new password", async () => {
    await logIn()
    for (const path of ["/cycle", "/password"]) {
      expect(await visit(path)).toBe("alice undefined")
      await deleteShortCookie()
      site.received()
      expect(await visit("/")).toBe("alice undefined")
      expect(lines()).toContain("POST /dbsc/refresh proof 200")
    }
  })

  it("does not end by an outage: PostgreSQL is shut down and started again", async () => {
    await logIn()
    await deleteShortCookie()
    site.received()
    await site.downDuring(async () => {
      expect((await page.goto(url("/")))?.status()).toBe(503)
      expect(lines()).toContain("POST /dbsc/refresh proof 503")
      expect(await has("sessionid"), "the session cookie stays").toBe(true)
    })
    expect(await visit("/")).toBe("alice undefined")
    expect(await has(shortCookie)).toBe(true)
    expect(lines()).toContain("POST /dbsc/refresh proof 200")
  })

  it("is bound by a page that repeats the offer, when the registration has failed", async () => {
    site.failRegistrations = true
    host = hosts[used++] ?? ""
    await page.goto(url("/enter"))
    await page.click("button")
    await page.waitForURL(url("/"))
    await expect.poll(lines).toContain("POST /dbsc/register proof 503")
    site.failRegistrations = false
    expect(await visit("/"), "too early for another offer").toBe("alice undefined")
    site.advance(3)
    expect(await visit("/")).toBe("alice undefined")
    await expect.poll(() => has(shortCookie), { timeout: 20_000 }).toBe(true)
    expect(lines().filter((line) => line.includes("register"))).toEqual(["POST /dbsc/register proof 200"])
  })

  it("does not end by a restart of the browser", async () => {
    await logIn()
    // Chromium writes its cookies to the disk later.
    await page.waitForTimeout(1000)
    await chromium.close()
    chromium = await folder.launch()
    chromium.setDefaultTimeout(8000)
    page = await chromium.newPage()
    expect(await visit("/")).toBe("alice undefined")
    await deleteShortCookie()
    site.received()
    expect(await visit("/")).toBe("alice undefined")
    expect(lines()).toContain("POST /dbsc/refresh proof 200")
  })

  it("ends by a logout, which the next request tells the browser", async () => {
    await logIn()
    await page.goto(url("/logout"))
    expect([await has("sessionid"), await has(shortCookie)]).toEqual([false, false])
    expect(await visit("/")).toBe("anonymous undefined")
    site.received()
    expect(await visit("/")).toBe("anonymous undefined")
    expect(lines()).toEqual(["GET / 200"])
  })
})
