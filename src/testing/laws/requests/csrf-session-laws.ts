/** The law about CSRF tokens that are bound to the session. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { type LawSite, loggedIn, userOf } from "../law-site.ts"
import { tokenFor } from "./csrf-laws.ts"

export const tokenOfSession: LawText = {
  id: "a-csrf-token-is-of-one-session",
  title:
    "where CSRF tokens are bound to the session, a token is refused in another session, also with the cookie that belongs to it",
  why: "An attacker who controls another host of the domain sets the cookie that the attacker's own token fits, and sends a form in the name of the user.",
  needs: ["csrfOfSession", "pages.csrfToken", "pages.logoutWithToken"],
  finds: ["a site whose CSRF tokens fit a cookie"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    const acceptsOwn = async (browser: Browser) => {
      const response = await site.pages.logoutWithToken?.(browser, await tokenFor(site, browser))
      const user = await userOf(site, browser)
      must(user === undefined, () => `its own token is refused with ${response?.status}: the user cannot log out`)
    }
    const refusesToken = async (browser: Browser, token: string) => {
      const response = await site.pages.logoutWithToken?.(browser, token)
      const user = await userOf(site, browser)
      must(user === alice.username, () => `the user is logged out (status ${response?.status})`)
    }
    const attackers: Readonly<Record<string, () => Browser | Promise<Browser>>> = {
      "an anonymous visitor": () => site.browser(),
      "another user": () => loggedIn(site, bob),
      "another session of the same user": () => loggedIn(site, alice)
    }
    for (const [whose, make] of Object.entries(attackers))
      for (const has of ["a token of its own", "no token of its own"] as const)
        await run.situation(`a form with token and cookie of ${whose}, in a browser that has ${has}`, async () => {
          await site.csrfOfSession?.()
          const browser = await loggedIn(site, alice)
          if (has === "a token of its own") await tokenFor(site, browser)
          const attacker = await make()
          const token = await tokenFor(site, attacker)
          takeCookies(site, browser, attacker)
          await refusesToken(browser, token)
          await acceptsOwn(browser)
        })
    await run.situation("a form with token and cookie from before a logout and the next login", async () => {
      await site.csrfOfSession?.()
      const browser = await loggedIn(site, alice)
      const token = await tokenFor(site, browser)
      const before = browser.copy()
      await site.pages.logout(browser)
      await loggedIn(site, alice, browser)
      takeCookies(site, browser, before)
      await refusesToken(browser, token)
      await acceptsOwn(browser)
    })
  }
}

/** Gives a browser all cookies of another one but the session cookie, as another host of the domain can. */
const takeCookies = (site: LawSite, browser: Browser, other: Browser): void => {
  const cookies = other.cookies.filter(({ name }) => name !== site.cookie)
  browser.store(cookies.map(({ name, value }) => `${name}=${value}; Path=/`))
}
