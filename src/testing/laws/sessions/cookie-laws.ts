/** A law about the attributes of the session cookie. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { loggedIn } from "../law-site.ts"

export const protectedCookie: LawText = {
  id: "the-session-cookie-is-protected",
  title: "scripts cannot read the session cookie, forms of other sites do not send it, and over https it is Secure",
  why: "A script that an attacker gets into a page, or a listener on the network, must not get the key.",
  needs: [],
  finds: ["a site whose session cookie scripts can read"],
  holds: async (run) => {
    const { site } = run
    const isHttps = site.browser().origin.startsWith("https:")
    const judge = (response: Response): void => {
      const line = response.headers.getSetCookie().find((one) => one.startsWith(`${site.cookie}=`))
      if (line === undefined) return
      const [, ...attributes] = line.toLowerCase().split(/; */)
      const isDeleted = attributes.some((attribute) => attribute === "max-age=0" || attribute.includes("jan 1970"))
      must(isDeleted || attributes.includes("httponly"), () => `scripts can read it: ${shown(line)}`)
      must(
        attributes.includes("samesite=lax") || attributes.includes("samesite=strict"),
        () => `forms of other sites send it: ${shown(line)}`
      )
      must(
        !isHttps || isDeleted || attributes.includes("secure"),
        () => `it is sent without encryption: ${shown(line)}`
      )
    }
    await run.situation("the cookies of a login, of a write and of a logout", async () => {
      const browser = site.browser()
      judge(await site.pages.login(browser, site.users[0]))
      const written = await site.pages.write?.(browser, "a", 1)
      if (written !== undefined) judge(written)
      judge(await site.pages.logout(browser))
      await loggedIn(site, site.users[0], browser)
    })
  }
}

/** A Set-Cookie line without its value. */
const shown = (line: string): string => line.replace(/=[^;]*/, "=…")
