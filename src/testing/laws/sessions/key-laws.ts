/** Laws about where session keys come from. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, dataOf, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { isLogin, newPassword, parallelRequestsOf } from "../parallel-requests.ts"
import { isStored } from "../stored-keys.ts"

/** A key that no site has issued. */
export const unissued = "achosenkeythatthesitehasnotissued"

export const noUnissuedKey: LawText = {
  id: "no-unissued-keys",
  title: "the site never uses a session key that it has not issued itself",
  why: "If clients can choose keys, an attacker can choose the key of a victim.",
  needs: ["pages.write"],
  finds: ["an Update inserts a row that is gone"],
  holds: async (run) => {
    const { site } = run
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      await run.situation(name, async () => {
        const browser = browserWith(site, unissued)
        await request(browser)
        await site.pages.write?.(browser, "a", 1)
        must(keyOf(site, browser) !== unissued, () => "the browser still has the key that it chose")
        must(!(await isStored(site, unissued)), () => "a session is stored under the key that the client chose")
      })
    // A key that was issued, and whose session is over, counts as one that was not.
    await run.everyOrder("a write while the session ends", async () => {
      const browser = await loggedIn(site, site.users[0])
      const known = keyOf(site, browser)
      return {
        requests: [
          () => site.pages.logout(browserWith(site, known)),
          async () => site.pages.write?.(browserWith(site, known), "a", 1)
        ],
        check: async () => {
          const shown = Object.keys(await dataOf(site, browserWith(site, known)))
          must(shown.length === 0, () => "the session that was ended has data again")
          must(!(await isStored(site, known)), () => "the session that was ended is there again")
        }
      }
    })
  }
}

/** The requests that give a session a new key, and the user whose session they need. */
const renewals = ({ pages, users: [, bob] }: LawSite): Readonly<Record<string, (browser: Browser) => unknown>> => {
  const { changePassword, cycle, write } = pages
  return {
    "log in": (browser) => pages.login(browser, bob),
    ...(write === undefined ? {} : { "a first write": (browser) => write(browser, "a", 1) }),
    ...(cycle === undefined ? {} : { "renew the key": cycle }),
    ...(changePassword === undefined
      ? {}
      : { "change the password": (browser) => changePassword(browser, newPassword) })
  }
}

export const noRepeatedKey: LawText = {
  id: "a-key-in-use-is-not-given-again",
  title: "no session gets the key of another one, also if the random generator repeats a key",
  why: "After a restored snapshot of a virtual machine, or with a weak generator, a key can come twice: two users would share a session.",
  needs: ["nextSessionKeys", "pages.write", "data"],
  finds: ["an Insert overwrites a row that has the key"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    for (const [name, request] of Object.entries(renewals(site)))
      for (const repetitions of [1, 2, 3, 5])
        await run.situation(`${name}, and the site draws a key in use ${repetitions} times`, async () => {
          const own = await loggedIn(site, alice)
          await site.pages.write?.(own, "mine", 1)
          const key = keyOf(site, own) ?? ""
          const isRenewal = name !== "log in" && name !== "a first write"
          const browser = isRenewal ? await loggedIn(site, bob) : site.browser()
          const known = keyOf(site, browser)
          site.nextSessionKeys?.(...Array.from({ length: repetitions }, () => key))
          const response = await request(browser)
          const { status } = response instanceof Response ? response : { status: 500 }
          // A generator that repeats itself without end is broken: then the request fails, and nothing changes.
          must(status < 400 || (repetitions > 2 && status >= 500), () => `it is answered with ${status}`)
          const issued = keyOf(site, browser)
          must(issued !== key, () => "the browser got the key of another session")
          if (status >= 500) must(issued === known, () => "a failed request changed the session cookie")
          const shown = JSON.stringify(await dataOf(site, browserWith(site, key)))
          must(shown === '{"mine":1}', () => `the other session has ${shown}`)
          must((await userOfKey(site, key)) === alice.username, () => "the other session acts as another user")
          // A change of the password whose new key could not be stored ends the session, as every change elsewhere
          // does.
          if (name !== "a first write" && status < 400)
            must((await userOfKey(site, issued)) === bob.username, () => "the own session does not act as its user")
        })
  }
}

export const renewedKey: LawText = {
  id: "a-key-from-before-a-renewal-is-over",
  title:
    "once a session has a new key, no request with the old one acts as the user, gets the new key or ends the session",
  why: "A key that an attacker has copied must be worth nothing after a renewal, and a late request of an old tab must not log the user out.",
  needs: ["pages.cycle"],
  finds: ["a Move keeps the old row", "a Move writes the new data under both keys"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    // A logout ends the session that the user means, and a login opens one.
    const late = Object.entries(parallelRequestsOf(site)).filter(([name]) => name !== "logout" && !isLogin(name))
    for (const [renewal, renew] of Object.entries(renewals(site))) {
      if (renewal === "a first write" || renewal === "log in") continue
      for (const [name, request] of late)
        await run.situation(`${renewal}, and then with the old key: ${name}`, async () => {
          const browser = await loggedIn(site, alice)
          const tab = browser.copy()
          await renew(browser)
          const key = keyOf(site, browser)
          must(key !== keyOf(site, tab), () => "the key is the same as before")
          await request(tab)
          must(keyOf(site, tab) !== key, () => "the request got the new key")
          const user = await userOf(site, tab)
          must(user === undefined, () => `the browser with the old key acts as ${user}`)
          must((await userOfKey(site, key)) === alice.username, () => "the session has ended")
        })
    }
  }
}
