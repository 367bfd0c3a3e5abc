/** Laws about the cookies that a browser sends besides the session cookie. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { permutations } from "../law-run.ts"
import { dataOf, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"

/** A browser that sends these cookies in this order. */
const sending = (site: LawSite, cookies: ReadonlyArray<string>): Browser => {
  const browser = site.browser()
  for (const cookie of cookies) browser.store([`${cookie}; Path=/`])
  return browser
}

export const anyOrder: LawText = {
  id: "the-order-of-cookies-does-not-matter",
  title: "a browser is logged in with its session cookie at any place among other cookies, with names nearly the same",
  why: "Browsers send cookies of several programs in an order that no page controls. A site that confuses them logs users out, or reads the session key from a cookie that another host has set.",
  needs: [],
  finds: [
    "a site that reads only the first of many cookies",
    "a site that reads the cookie whose name ends in that of its own"
  ],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const others = [`x${site.cookie}=other`, `${site.cookie}x=other`, "=without a name"]
    await run.situation("a session cookie among others, in every order", async () => {
      const own = `${site.cookie}=${keyOf(site, await loggedIn(site, alice))}`
      for (const cookies of permutations([own, ...others])) {
        const user = await userOf(site, sending(site, cookies))
        must(user === alice.username, () => `the user is ${user} with the cookies ${shown(site, cookies)}`)
      }
    })
    await run.situation("a session key under other names", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      const cookies = [`x${site.cookie}=${key}`, `${site.cookie}x=${key}`, `=${key}`]
      const user = await userOf(site, sending(site, cookies))
      must(user === undefined, () => `the user is ${user} without a session cookie`)
    })
  }
}

export const oneOfTwo: LawText = {
  id: "every-page-reads-the-same-cookie",
  title: "if a browser sends two session cookies, every page uses the same one: its user, its data and its end",
  why: "Another host of the domain can add a session cookie of its own. If one page reads the first and another page the last, a user works in the session of the attacker without seeing it.",
  needs: [],
  finds: [
    "a site whose logout reads another cookie than its pages",
    "a site that writes into the session of the first cookie"
  ],
  holds: async (run) => {
    const { site } = run
    const { logout, write } = site.pages
    for (const turned of [false, true])
      await run.situation(`the cookie of users[0] is sent ${turned ? "last" : "first"}`, async () => {
        const keys = [
          keyOf(site, await loggedIn(site, site.users[0])),
          keyOf(site, await loggedIn(site, site.users[1]))
        ]
        // A browser has one cookie of each name. A cookie without a name is sent as its value, as if it had one.
        const cookies = [`${site.cookie}=${keys[0]}`, `=${site.cookie}=${keys[1]}`]
        const browser = sending(site, turned ? cookies.toReversed() : cookies)
        const seen = await userOf(site, browser)
        const [at, other] = seen === site.users[1].username ? [1, 0] : [0, 1]
        for (let visit = 0; visit < 2; visit++) {
          const user = await userOf(site, browser)
          must(user === seen, () => `the user is ${seen}, and ${user} at another visit`)
        }
        if (write !== undefined && site.data !== undefined) {
          await write(browser.copy(), "a", 1)
          const written = await Promise.all(keys.map((key) => dataOf(site, sending(site, [`${site.cookie}=${key}`]))))
          if (seen !== undefined)
            must(written[at]?.["a"] === 1, () => `${seen} wrote, and the session of ${seen} has nothing`)
          must(written[other]?.["a"] === undefined, () => `${seen} wrote, and the other session has it`)
        }
        await logout(browser)
        const names = site.users.map(({ username }) => username)
        const left = await Promise.all(keys.map((key) => userOfKey(site, key)))
        must(left[other] === names[other], () => `${seen} logged out, and the session of ${names[other]} has ended`)
        if (seen !== undefined)
          must(left[at] === undefined, () => `${seen} logged out, and the session still acts as ${seen}`)
      })
  }
}

const shown = (site: LawSite, cookies: ReadonlyArray<string>): string =>
  cookies.map((cookie) => (cookie.startsWith(`${site.cookie}=`) ? `${site.cookie}=…` : cookie)).join("; ")
