/** A law about a clock that is set back. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { keyOf, loggedIn, userOfKey } from "../law-site.ts"

export const clockSetBack: LawText = {
  id: "a-clock-set-back-extends-nothing",
  title: "a clock that is set back makes no session and no proof last beyond the instant at which it had to end",
  why: 'Servers correct their clocks. An attacker who keeps a cookie must not get more time by it, and a row that was seen "in the future" must not live without end.',
  needs: ["clock.setBack"],
  finds: ["a site that counts lifetimes anew once its clock was set back", "a site whose proofs from the future count"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const { cycle, expire, recent, visit, write } = site.pages
    const { clock, lifetime } = site
    const setBack = clock?.setBack
    if (clock === undefined || setBack === undefined) return
    const requests: ReadonlyArray<(browser: Browser) => Promise<unknown>> = [
      visit,
      async (browser) => write?.(browser, "a", 1),
      async (browser) => cycle?.(browser)
    ]
    const back = Math.floor(clock.sessionSeconds / 2)
    if (clock.isExtendedByVisits !== true)
      await run.situation(`a session that expires, and a clock that is set back by ${back} seconds`, async () => {
        const browser = await loggedIn(site, alice)
        const end = clock.now() + clock.sessionSeconds * 1000
        setBack({ seconds: back })
        for (const request of requests) await request(browser)
        clock.advance({ milliseconds: end - clock.now() })
        must((await userOfKey(site, keyOf(site, browser))) === undefined, () => "it acts as its user after its end")
      })
    if (lifetime === undefined) return
    const { absoluteSeconds, idleSeconds, recentSeconds } = lifetime
    for (const seconds of [1, idleSeconds, 2 * absoluteSeconds])
      await run.situation(`a session with a lifetime, and a clock that is set back by ${seconds} seconds`, async () => {
        await lifetime.start?.()
        clock.advance({ seconds })
        const browser = await loggedIn(site, alice)
        const end = clock.now() + absoluteSeconds * 1000
        clock.advance({ seconds: Math.floor(idleSeconds / 2) })
        await visit(browser)
        setBack({ seconds })
        const step = Math.floor((idleSeconds * 1000) / 2)
        for (let turn = 0; clock.now() + step < end; turn++) {
          await requests[turn % requests.length]?.(browser)
          if (turn % 4 === 3) await expire?.(browser, absoluteSeconds)
          clock.advance({ milliseconds: step })
        }
        clock.advance({ milliseconds: end - clock.now() })
        must((await userOfKey(site, keyOf(site, browser))) === undefined, () => "it acts as its user after its end")
      })
    await run.situation("a session that is used once after the clock was set back, and then idle", async () => {
      await lifetime.start?.()
      clock.advance({ seconds: idleSeconds })
      const browser = await loggedIn(site, alice)
      setBack({ seconds: idleSeconds })
      await visit(browser)
      clock.advance({ seconds: idleSeconds })
      must((await userOfKey(site, keyOf(site, browser))) === undefined, () => "it acts as its user after it was idle")
    })
    if (recent !== undefined)
      await run.situation("a login that is recent, and a clock that is set back before it", async () => {
        await lifetime.start?.()
        clock.advance({ seconds: 2 * recentSeconds })
        const browser = await loggedIn(site, alice)
        setBack({ seconds: 2 * recentSeconds })
        must((await recent(browser)).status >= 300, () => "a proof that is far in the future opens the page")
      })
  }
}
