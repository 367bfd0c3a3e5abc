/** A law about how much a session may hold. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { dataOf, loggedIn, userOf } from "../law-site.ts"

export const limitedSize: LawText = {
  id: "a-session-does-not-grow-without-a-limit",
  title: "what is too much for a session is answered with an error, and the session stays as it was",
  why: "A client who can store texts must not fill the store, or the memory of every server that reads the session.",
  needs: ["size", "pages.write", "pages.writeText", "data"],
  finds: ["a site that stores sessions of every size", "a site that ends a session that grows too large"],
  holds: async (run) => {
    const { pages, size, users } = run.site
    if (size === undefined || pages.write === undefined || pages.writeText === undefined) return
    for (const who of ["a visitor", "a user"] as const)
      await run.situation(`a text that is too long, of ${who}`, async () => {
        await size.start?.()
        const browser = run.site.browser()
        if (who === "a user") await loggedIn(run.site, users[0], browser)
        await pages.write?.(browser, "before", 1)
        const response = await pages.writeText?.(browser, "long", "a".repeat(size.characters))
        must((response?.status ?? 0) >= 400, () => `it is answered ${response?.status}`)
        const stored = JSON.stringify(await dataOf(run.site, browser))
        must(stored === '{"before":1}', () => `the session holds ${stored.slice(0, 80)}`)
        const user = await userOf(run.site, browser)
        must(
          user === (who === "a user" ? users[0].username : undefined),
          () => `the browser acts as ${user ?? "no user"}`
        )
      })
  }
}
