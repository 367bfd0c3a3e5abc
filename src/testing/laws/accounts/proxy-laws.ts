/** A law about users that a proxy or a web server has authenticated. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { LawBroken, must } from "../law-broken.ts"

export const namedUser: LawText = {
  id: "a-session-has-the-user-that-the-proxy-names",
  title:
    "where a proxy names the user of each request, a request acts as that user, or as none, and never as another one",
  why: "The proxy no longer names the user after a logout there, or names the next user of the same browser: the session of the user before must not go on.",
  needs: ["proxy"],
  finds: ["a site that keeps the user that the proxy no longer names", "a site that keeps the user before"],
  holds: async (run) => {
    const { proxy, user, users } = run.site
    if (proxy === undefined) return
    const [alice, bob] = users
    const seen = async (browser: Browser, name: string | undefined) => {
      const response = await proxy.visit(browser, name)
      if (response.status >= 500) throw new LawBroken(`the visit is answered ${response.status}`)
      return user(response)
    }
    const after = (what: string, name: string | undefined, wanted: string | undefined) =>
      run.situation(`a visit after those of users[0], for which the proxy names ${what}`, async () => {
        await proxy.start?.()
        const browser = run.site.browser()
        for (const visit of [1, 2]) {
          const first = await seen(browser, alice.username)
          must(first === alice.username, () => `visit ${visit} of users[0] acts as ${first ?? "no user"}`)
        }
        const found = await seen(browser, name)
        must(found === wanted, () => `it acts as ${found ?? "no user"}, not as ${wanted ?? "no user"}`)
      })
    await after("no user", undefined, undefined)
    await after("an empty text", "", undefined)
    await after("users[1]", bob.username, bob.username)
  }
}
