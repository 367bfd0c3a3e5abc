/** The law about the end of bound sessions. */
import type { DeviceBrowser } from "../../browser/device-browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { userOf } from "../law-site.ts"
import { newPassword } from "../parallel-requests.ts"
import { afterGrace, bound, deviceSiteOf, leewaySeconds, message, refreshPath, said } from "./device-scenes.ts"

export const endedEverywhere: LawText = {
  id: "an-ended-session-ends-in-its-browser",
  title: "a bound session that has ended on the site ends in its browser at the next two refreshes",
  why: "Otherwise the browser holds each request for a session that does not come back.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that answers 503 to refreshes without a session cookie"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    await run.situation("a logout with a copy of the cookies", async () => {
      const { browser } = await bound(on)
      await site.pages.logout(browser.copy())
      browser.deleteShortCookies()
      await site.pages.visit(browser)
      await site.pages.visit(browser)
      must(browser.boundSessions.length === 0, () => `the bound session goes on: ${said(browser)}`)
    })
    const { passwords } = site
    if (passwords !== undefined)
      await run.situation("a password that was changed elsewhere", async () => {
        const { browser } = await bound(on)
        clock.advance({ seconds: device.cookieSeconds + leewaySeconds + 1 })
        await passwords.set(site.users[0], newPassword)
        await site.pages.visit(browser)
        must((await userOf(site, browser)) === undefined, () => "the session goes on")
        await site.pages.visit(browser)
        must(browser.boundSessions.length === 0, () => `the bound session goes on: ${said(browser)}`)
      })
    await run.situation("a logout of the browser", async () => {
      const { browser, id } = await bound(on)
      await site.pages.logout(browser)
      must(browser.cookie(device.cookie) === undefined, () => "the short cookie is still there")
      const { status } = await message(on, browser, refreshPath, { "sec-secure-session-id": id })
      must(status >= 400 && status < 500 && status !== 403, () => `a refresh is answered ${status}`)
    })
    const ends: Readonly<Record<string, (browser: DeviceBrowser) => Promise<unknown>>> = {
      "a logout with a copy of the cookies": (browser) => site.pages.logout(browser.copy()),
      "a logout in another tab": (browser) => site.pages.logout(browser),
      ...(passwords === undefined
        ? {}
        : { "a change of the password elsewhere": () => passwords.set(site.users[0], newPassword) })
    }
    for (const [name, end] of Object.entries(ends))
      await run.everyOrder(`${name} beside a refresh`, async () => {
        const { browser } = await bound(on)
        afterGrace(on)
        browser.deleteShortCookies()
        return {
          requests: [() => site.pages.visit(browser), () => end(browser)],
          check: async () => {
            await browser.settled()
            browser.deleteShortCookies()
            must((await userOf(site, browser)) === undefined, () => "the session goes on")
            await site.pages.visit(browser)
            must(browser.boundSessions.length === 0, () => `the bound session goes on: ${said(browser)}`)
          }
        }
      })
  }
}
