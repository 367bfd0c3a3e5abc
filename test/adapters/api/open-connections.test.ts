/**
 * Open connections of sessions that end by time: those that are bound to a device, because the cookies of the opening
 * request prove it for a time only, and those with lifetimes.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, describe, expect, it, vi } from "vitest"
import { type Browser, testSite } from "../../../src/testing/index.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"
import type { TestAuthOptions } from "../../../src/testing/site/test-site.ts"

const everySeconds = 0.02
const stops: Array<() => void> = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const start = (auth: TestAuthOptions) => {
  const site = testSite({ origin: "https://shop.example", auth: { sessionCookie: { secure: true }, ...auth } })
  const { pages, users } = lawSiteOf(site)
  const bound = async () => {
    const browser = site.deviceBrowser()
    await pages.login(browser, users[0])
    await browser.settled()
    expect(browser.boundSessions).toHaveLength(1)
    return browser
  }
  /** Opens a connection with the cookies that the browser has now. */
  const open = (browser: Browser) => {
    const ends: Array<string> = []
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; ")
    const head = {
      method: "GET",
      target: "/",
      headers: [
        ["Host", "shop.example"],
        ["Cookie", cookie]
      ],
      transport: { secure: true, serverName: "shop.example", serverPort: "443" }
    } as const
    stops.push(site.auth.onSessionEnd(head, (why) => ends.push(why), { everySeconds }))
    return ends
  }
  return { bound, clock: site.clock, loggedIn: () => site.browserOf("alice"), open, visit: pages.visit }
}

const severalReadings = () => sleep(everySeconds * 10_000)

describe("a connection of a bound session", () => {
  it("ends when the short cookie of its opening request expires, and can be opened again after a renewal", async () => {
    const { bound, clock, open, visit } = start({ deviceBound: { mode: "enforce" } })
    const browser = await bound()
    const first = open(browser)
    clock.advance({ seconds: 600 })
    await severalReadings()
    expect(first).toEqual([])
    clock.advance({ seconds: 62 })
    await vi.waitFor(() => expect(first).toEqual(["ended"]), 20_000)
    await visit(browser)
    const second = open(browser)
    await severalReadings()
    expect(second).toEqual([])
  })

  it("that a copy of the session cookie opens ends immediately after the grace", async () => {
    const { bound, clock, open } = start({ deviceBound: { mode: "enforce" } })
    const browser = await bound()
    browser.deleteShortCookies()
    clock.advance({ seconds: 11 })
    const ends = open(browser.copy())
    await vi.waitFor(() => expect(ends).toEqual(["ended"]), 20_000)
  })

  it("stays open where the site only observes", async () => {
    const { bound, clock, open } = start({ deviceBound: { mode: "observe" } })
    const ends = open(await bound())
    clock.advance({ seconds: 662 })
    await severalReadings()
    expect(ends).toEqual([])
  })
})

describe("a connection of a session with lifetimes", () => {
  it.each([
    ["idle", 0],
    ["absolute", 1700]
  ])("ends when the %s lifetime is over, and is itself no use of the session", async (_, usedAfter) => {
    const { clock, loggedIn, open, visit } = start({ lifetime: { idleSeconds: 1800, absoluteSeconds: 3000 } })
    const browser = await loggedIn()
    const ends = open(browser)
    clock.advance({ seconds: usedAfter })
    await visit(browser)
    const left = usedAfter === 0 ? 1800 : 3000 - usedAfter
    clock.advance({ seconds: left - 1 })
    await severalReadings()
    expect(ends).toEqual([])
    clock.advance({ seconds: 1 })
    await vi.waitFor(() => expect(ends).toEqual(["ended"]), 20_000)
  })
})
