/** The verdicts about devices are counted, once for each request that loads its session. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type LawDeviceBound, testSite } from "../../../src/testing/index.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

describe.each(["observe", "enforce"] as const)("with %s", (mode) => {
  it("counts what each request has shown, and no login and no endpoint", async () => {
    const counted: Array<string> = []
    const site = testSite({
      origin: "https://shop.example",
      auth: {
        sessionCookie: { secure: true },
        deviceBound: { mode },
        telemetry: {
          count: (name, { verdict }) =>
            Effect.sync(() => void (name === "latchkey.device_verdict" && counted.push(String(verdict)))),
          measure: () => Effect.void
        }
      }
    })
    const { deviceBound, pages, users } = lawSiteOf(site)
    const device: LawDeviceBound = deviceBound ?? expect.fail("sessions are not bound")
    const browser = device.browser()
    await pages.visit(browser)
    await pages.login(browser, users[0])
    await browser.settled()
    expect(counted).toEqual([])
    const copy = browser.copy()
    copy.store([`${device.cookie}=; Path=/; Secure; Max-Age=0`])
    await pages.visit(copy)
    site.clock.advance({ seconds: 11 })
    await pages.visit(copy)
    await pages.visit(browser)
    browser.deleteShortCookies()
    await pages.visit(browser)
    expect(counted).toEqual(["Settling", "Unproven", "Proven", "Proven"])
  })
})
