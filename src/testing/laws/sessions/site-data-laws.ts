/** A law about `Clear-Site-Data`. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { userOf } from "../law-site.ts"

export const clearedData: LawText = {
  id: "a-logout-clears-the-data-of-the-site",
  title:
    "a logout over https asks the browser to delete the data of the site; no other response does, and no logout that failed",
  why: "The next person at the same computer must not read what the pages have stored. A user whose login has not ended must not lose it.",
  needs: ["clearSiteData"],
  finds: [
    "a site whose logout clears no data",
    "a site that clears the data of users who log in",
    "a site that clears the data although the logout failed"
  ],
  holds: async (run) => {
    const { clearSiteData, network, pages, users } = run.site
    if (clearSiteData === undefined) return
    const sent = ({ headers }: Response): string | undefined => headers.get("clear-site-data") ?? undefined
    const loggedIn = async () => {
      await clearSiteData.start?.()
      const browser = clearSiteData.browser()
      return { browser, responses: [await pages.login(browser, users[0]), await pages.visit(browser)] }
    }
    await run.situation("a login, a visit and a logout", async () => {
      const { browser, responses } = await loggedIn()
      must(
        responses.every((response) => sent(response) === undefined),
        () => "a login or a visit clears the data"
      )
      const cleared = sent(await pages.logout(browser))
      const expected = clearSiteData.kinds.map((kind) => JSON.stringify(kind)).join(", ")
      must(cleared === expected, () => `the logout sends Clear-Site-Data: ${cleared}, and should send ${expected}`)
      must((await userOf(run.site, browser)) === undefined, () => "the user is still logged in")
    })
    if (network !== undefined)
      await run.situation("a logout while the store is away", async () => {
        const { browser } = await loggedIn()
        network.fail("all", "refused")
        const response = await pages.logout(browser)
        network.heal()
        must(response.status >= 500, () => `it is answered ${response.status}`)
        must(sent(response) === undefined, () => "it clears the data")
      })
  }
}
