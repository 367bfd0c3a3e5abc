/** The law about the owner of a bound session: none of the requests of their browser logs them out. */
import type { DeviceBrowser } from "../../browser/device-browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { keyOf, userOf } from "../law-site.ts"
import {
  afterGrace,
  bound,
  changesOf,
  type DeviceSite,
  deviceSiteOf,
  navigated,
  otherSite,
  said
} from "./device-scenes.ts"

export const ownerGoesOn: LawText = {
  id: "the-owner-of-the-key-stays-logged-in",
  title: "a browser that has the key of its session stays logged in, with every other request of it at the same time",
  why: "Browsers register beside the page after a login, refresh beside other requests, and do not refresh for links on other sites: each of these has logged users out.",
  needs: ["deviceBound", "clock"],
  finds: [
    "a site that answers 404 to a proof for a session that has moved",
    "a site that does not heal links from other sites",
    "a site that offers a registration only at the login"
  ],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    const [alice] = site.users
    const isAlice = async (response: Response) =>
      response.status < 400 && (await site.user(response)) === alice.username
    await run.everyOrder("a registration beside the page after the login", () => {
      const browser = device.browser()
      const request = async () => {
        await site.pages.login(browser, alice)
        const page = await site.pages.visit(browser)
        await browser.settled()
        return page
      }
      return {
        requests: [request],
        check: async ([page]: ReadonlyArray<Response>) => {
          must(page !== undefined && (await isAlice(page)), () => "the page after the login shows no user")
          must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
        }
      }
    })
    await run.situation("a registration that ends before the page after the login is judged", async () => {
      const browser = device.browser()
      await site.pages.login(browser, alice)
      const page = browser.copy()
      await browser.settled()
      must(browser.boundSessions.length === 1, () => "the login binds no session")
      must((await userOf(site, page)) === alice.username, () => "the page after the login shows no user")
    })
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a registration beside ${name}`, () => {
        const browser = device.browser()
        const request = async () => {
          await site.pages.login(browser, alice)
          const answer = await change(browser)
          await browser.settled()
          return answer
        }
        return {
          requests: [request],
          check: async () => {
            must(browser.boundSessions.length === 1, () => `the session is not bound: ${said(browser)}`)
            afterGrace(on)
            browser.deleteShortCookies()
            must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
          }
        }
      })
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a refresh ahead of time beside ${name}`, async () => {
        const { browser } = await bound(on)
        clock.advance({ seconds: device.cookieSeconds - 60 })
        const request = async () => {
          const answer = await change(browser)
          await browser.settled()
          return answer
        }
        return {
          requests: [request],
          check: async () => {
            must(browser.boundSessions.length === 1, () => "the browser has ended the bound session")
            browser.deleteShortCookies()
            must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
          }
        }
      })
    for (const [state, prepare] of Object.entries(statesOf(on)))
      for (const [name, change] of Object.entries(changesOf(on)))
        await run.everyOrder(`two tabs: a visit beside ${name}, ${state}`, async () => {
          const { browser } = await bound(on)
          prepare(browser)
          return {
            requests: [() => site.pages.visit(browser), () => change(browser)],
            check: async ([page]: ReadonlyArray<Response>) => {
              await browser.settled()
              const isSeen = name !== "a visit" || (page !== undefined && (await isAlice(page)))
              must(isSeen, () => "a page shows no user")
              must(browser.boundSessions.length === 1, () => `the bound session has ended: ${said(browser)}`)
              // As at a site that binds no sessions, a page that came with the former key may delete the cookie.
              if (name !== "a visit" && keyOf(site, browser) === undefined) return
              browser.deleteShortCookies()
              must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
            }
          }
        })
    await run.everyOrder("two tabs: a login in each", () => {
      const browser = device.browser()
      const request = async () => {
        await site.pages.login(browser, alice)
        await browser.settled()
      }
      return {
        requests: [request, request],
        check: async () => {
          must(await isAlice(await navigated(on, browser)), () => "the page after the login shows no user")
          afterGrace(on)
          must(await isAlice(await navigated(on, browser)), () => `the user is logged out: ${said(browser)}`)
        }
      }
    })
    await run.situation("a link on another site, without a short cookie", async () => {
      const { browser } = await bound(on)
      afterGrace(on)
      browser.deleteShortCookies()
      must(await isAlice(await navigated(on, browser, otherSite)), () => "the page shows no user")
    })
  }
}

/** In which state a browser of a bound session refreshes. */
const statesOf = (on: DeviceSite): Readonly<Record<string, (browser: DeviceBrowser) => void>> => ({
  "without a short cookie": (browser) => {
    afterGrace(on)
    browser.deleteShortCookies()
  },
  "less than two minutes before its short cookie expires": () =>
    on.clock.advance({ seconds: on.device.cookieSeconds - 60 })
})
