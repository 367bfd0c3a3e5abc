/** Laws about requests that change nothing. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, dataOf, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import type { ParallelRequest } from "../parallel-requests.ts"
import { storedKeys } from "../stored-keys.ts"

export const sameAnswer: LawText = {
  id: "the-same-user-each-time",
  title: "the same cookie gives the same user at each request, until a request ends the session",
  why: "Users cannot trust a site that logs them out at random, or sometimes shows them another user's pages.",
  needs: [],
  finds: ["a load finds a session only every second time"],
  holds: async (run) => {
    const { site } = run
    for (const user of site.users)
      await run.situation(`${user.username} visits a page three times`, async () => {
        const browser = await loggedIn(site, user)
        for (let visit = 0; visit < 3; visit++) {
          const found = await userOf(site, browser)
          must(found === user.username, () => `visit ${visit + 1} is by ${found ?? "no user"}`)
        }
        must((await userOfKey(site, keyOf(site, browser))) === user.username, () => "another browser is not the user")
      })
  }
}

export const visitsChangeNothing: LawText = {
  id: "a-visit-changes-nothing",
  title: "a visit creates, ends and renews no session, and sets or deletes no session cookie",
  why: "Other sites, link previews and prefetching browsers send such requests without the user's knowledge.",
  needs: ["rows"],
  finds: ["a page that stores a session for every visitor", "a page that renews the session for every visitor"],
  holds: async (run) => {
    const { site } = run
    const { write } = site.pages
    const visitors: Readonly<Record<string, () => Promise<Browser>>> = {
      "a browser without cookies": async () => site.browser(),
      "a logged-in user": () => loggedIn(site, site.users[0]),
      ...(write === undefined
        ? {}
        : {
            "an anonymous visitor with a session": async () => {
              const browser = site.browser()
              await write(browser, "a", 1)
              return browser
            }
          })
    }
    const shown = async () => [...(await storedKeys(site))].toSorted().join()
    for (const [name, visitor] of Object.entries(visitors))
      await run.situation(`two visits by ${name}`, async () => {
        const browser = await visitor()
        const [rows, known] = [await shown(), keyOf(site, browser)]
        const data = JSON.stringify(await dataOf(site, browser))
        const { headers } = await site.pages.visit(browser)
        const isExtended = site.clock?.isExtendedByVisits === true && known !== undefined
        must(isExtended || !isAboutSession(site, headers), () => "the answer sets or deletes the session cookie")
        must(keyOf(site, browser) === known, () => "the session cookie changed")
        must((await shown()) === rows, () => "other sessions are stored than before")
        must(JSON.stringify(await dataOf(site, browser)) === data, () => "the session has other data than before")
      })
  }
}

const isAboutSession = ({ cookie }: LawSite, headers: Headers): boolean =>
  headers.getSetCookie().some((line) => line.startsWith(`${cookie}=`))

export const emptyHanded: LawText = {
  id: "no-session-without-data",
  title: "an anonymous request that stores nothing makes no session and sets no session cookie",
  why: "Otherwise an attacker can fill the store with sessions, and pages cannot be cached.",
  needs: ["rows"],
  finds: ["a page that stores a session for every visitor"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const wrong = { username: alice.username, password: "wrong" }
    const idle: Readonly<Record<string, ParallelRequest>> = {
      visit: site.pages.visit,
      logout: site.pages.logout,
      "a wrong login": (browser) => site.pages.login(browser, wrong)
    }
    // As in Django, a site that saves every request gives a new session to a browser whose session is over.
    const isSaved = site.clock?.isExtendedByVisits === true
    const cookies = [undefined, ...(isSaved ? [] : ["short", "akeythatnobodyhasissuedofthislength"])]
    for (const [name, request] of Object.entries(idle))
      for (const cookie of cookies)
        await run.situation(`${name} with the cookie ${cookie}`, async () => {
          const browser = browserWith(site, cookie)
          await request(browser)
          const rows = (await storedKeys(site)).size
          must(rows === 0, () => `${rows} sessions are stored`)
          const now = keyOf(site, browser)
          must(now === undefined || now === cookie, () => "the browser got a session cookie")
        })
    for (const [name, request] of Object.entries(idle))
      await run.situation(`${name} without a cookie`, async () => {
        const { headers } = await request(site.browser())
        must(!isAboutSession(site, headers), () => "a session cookie is deleted that the browser does not have")
      })
  }
}
