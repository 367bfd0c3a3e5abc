/** A law about redirects. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"

/** URLs that a browser would follow to another host, or would run as a script. */
const foreign = (origin: string): ReadonlyArray<string> => [
  "https://evil.example/",
  "http://evil.example/",
  "//evil.example/",
  "///evil.example/",
  "/\\evil.example/",
  "\\\\evil.example/",
  "\\/evil.example/",
  "https:/evil.example/",
  "https:evil.example/",
  "http:///evil.example/",
  "/\t/evil.example/",
  "/\n/evil.example/",
  "\t//evil.example/",
  " https://evil.example/",
  "\u0001//evil.example/",
  "HTTPS://evil.example/",
  "ftp://evil.example/",
  "javascript:alert(1)",
  "java\tscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  ...(origin.startsWith("https:") ? [`http${origin.slice("https".length)}/account`] : []),
  `${origin}@evil.example/`,
  `${origin}.evil.example/`,
  `${origin}\\@evil.example/`,
  `//evil.example/${origin}`
]

export const nextStaysOnSite: LawText = {
  id: "next-stays-on-the-site",
  title: "after a login, the URL in `next` never redirects the browser to another site, and one of this site works",
  why: "An attacker sends a link to the real login page, which then redirects the user to a copy of it that asks for the password again.",
  needs: ["pages.loginWithNext"],
  finds: ["a site that redirects to every URL in next", "a site that redirects to every next that begins with a slash"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const { origin } = site.browser()
    const follow = async (next: string): Promise<URL | undefined> => {
      const browser = site.browser()
      const response = await site.pages.loginWithNext?.(browser, alice, next)
      const location = response?.headers.get("location")
      if (location === undefined || location === null) return undefined
      const url = URL.parse(location, origin)
      must(url !== null, () => `Location is ${JSON.stringify(location)}, which is not a URL`)
      return url ?? undefined
    }
    for (const next of ["/account", "/search?q=a%2Fb&page=2"])
      await run.situation(`a login with next=${next}`, async () => {
        const url = await follow(next)
        must(url?.href === new URL(next, origin).href, () => `it redirects to ${url?.href ?? "no URL"}`)
      })
    for (const next of foreign(origin))
      await run.situation(`a login with next=${JSON.stringify(next)}`, async () => {
        const url = await follow(next)
        must(url === undefined || isOnSite(url, new URL(origin)), () => `it redirects to ${url?.href}`)
      })
  }
}

/** A site may redirect from http to https. */
const isOnSite = (url: URL, site: URL): boolean =>
  url.origin === site.origin || (url.protocol === "https:" && url.hostname === site.hostname)
