/** Laws about the time at which a session ends. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, keyOf, loggedIn, userOf, userOfKey } from "../law-site.ts"

export const expiry: LawText = {
  id: "sessions-expire",
  title:
    "a session acts as its user until it expires, and not from that instant on; a visit does not make it last longer, unless the site wants that",
  why: "A cookie that an attacker has kept must become invalid, for any clock of the browser and any expiry of the cookie.",
  needs: ["clock"],
  finds: [
    "a load returns expired sessions until they are cleared",
    "a load returns a session at the instant of its expiry",
    "a load extends the session's expiry"
  ],
  holds: async (run) => {
    const { site } = run
    const { clock } = site
    if (clock === undefined) return
    for (const visits of [0, 1, 3])
      await run.situation(`${visits} visits before the session expires`, async () => {
        const key = keyOf(site, await loggedIn(site, site.users[0]))
        let end = clock.now() + clock.sessionSeconds * 1000
        for (let each = 0; each < visits; each++) {
          clock.advance({ milliseconds: Math.floor((end - clock.now()) / 2) })
          const user = await userOfKey(site, key)
          must(user === site.users[0].username, () => `the session is over at visit ${each + 1}`)
          if (clock.isExtendedByVisits === true) end = clock.now() + clock.sessionSeconds * 1000
        }
        clock.advance({ milliseconds: end - 1 - clock.now() })
        if (clock.isExtendedByVisits !== true)
          must((await userOfKey(site, key)) === site.users[0].username, () => "the session is over a millisecond early")
        clock.advance({ milliseconds: 1 })
        must((await userOfKey(site, key)) === undefined, () => "the session acts as its user at the instant of its end")
        clock.advance({ days: 1 })
        must((await userOfKey(site, key)) === undefined, () => "the session acts as its user a day after its end")
      })
  }
}

export const earlierEnd: LawText = {
  id: "a-session-ends-when-it-says",
  title: "a session that was given another expiry ends at that time, in the browser and at the site",
  why: "A user on a shared computer asks for a short session. Another request of the session must not make it longer again.",
  needs: ["clock", "pages.expire"],
  finds: ["a load returns expired sessions until they are cleared", "a site that forgets the expiry of a session"],
  holds: async (run) => {
    const { site } = run
    const { clock, pages } = site
    if (clock === undefined) return
    const [alice] = site.users
    const seconds = Math.min(60, Math.floor(clock.sessionSeconds / 2))
    const cookieEnd = (browser: ReturnType<typeof site.browser>) =>
      browser.cookies.find(({ name }) => name === site.cookie)?.expiresAt
    await run.situation(`a session that ends after ${seconds} seconds`, async () => {
      const browser = await loggedIn(site, alice)
      await pages.expire?.(browser, seconds)
      const [key, end] = [keyOf(site, browser), clock.now() + seconds * 1000]
      must(cookieEnd(browser) === end, () => `the cookie ends at ${cookieEnd(browser)}, and the session at ${end}`)
      clock.advance({ milliseconds: seconds * 1000 - 1 })
      // Where each visit extends the session, this one would.
      if (clock.isExtendedByVisits !== true)
        must((await userOfKey(site, key)) === alice.username, () => "the session is over a millisecond early")
      clock.advance({ milliseconds: 1 })
      must((await userOfKey(site, key)) === undefined, () => "the session acts as its user at the instant of its end")
      must((await userOf(site, browser)) === undefined, () => "the browser is still logged in")
    })
    await run.situation("a session that ends with the browser", async () => {
      const browser = await loggedIn(site, alice)
      await pages.expire?.(browser, 0)
      must(cookieEnd(browser) === undefined, () => "the browser keeps the cookie when it is closed")
      const key = keyOf(site, browser)
      clock.advance({ seconds: clock.sessionSeconds - 1 })
      must((await userOfKey(site, key)) === alice.username, () => "the session is over while the browser is open")
      browser.restart()
      must((await userOf(site, browser)) === undefined, () => "the browser is logged in after it was closed")
    })
    const { write } = pages
    if (write === undefined) return
    await run.situation("a write in a session that ends early", async () => {
      const browser = await loggedIn(site, alice)
      await pages.expire?.(browser, seconds)
      clock.advance({ seconds: seconds - 1 })
      await write(browser, "a", 1)
      must(cookieEnd(browser) === clock.now() + seconds * 1000, () => "the cookie does not end as the session says")
      clock.advance({ seconds })
      must(
        (await userOfKey(site, keyOf(site, browser))) === undefined,
        () => "the session acts as its user after its end"
      )
    })
    await run.everyOrder("a write while the session gets an earlier end", async () => {
      const browser = await loggedIn(site, alice)
      const [tab, key] = [browser.copy(), keyOf(site, browser)]
      return {
        requests: [async () => pages.expire?.(browser, seconds), async () => write(tab, "a", 1)],
        check: async () => {
          must(cookieEnd(browser) === clock.now() + seconds * 1000, () => "the cookie does not end as the session says")
          clock.advance({ seconds })
          must((await userOfKey(site, key)) === undefined, () => "the session acts as its user after its end")
          must((await userOf(site, browserWith(site, key))) === undefined, () => "the session is back")
        }
      }
    })
  }
}
