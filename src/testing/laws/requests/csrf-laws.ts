/** Laws about requests that another site makes a browser send (CSRF). */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawMetadata } from "../law-pages.ts"
import type { LawRun } from "../law-run.ts"
import { browserWith, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"

/** The CSRF token of a form that the site shows to a browser. */
export const tokenFor = async (site: LawSite, browser: Browser): Promise<string> => {
  const token = (await site.pages.csrfToken?.(browser)) ?? ""
  if (token === "") throw new TypeError("pages.csrfToken: it answers no token; answer the token of the site's form")
  return token
}

/** Sends a form with a token that must be refused. The token is made for alice's browser, before it is sent. */
const refuses = (run: LawRun, name: string, make: (alice: Browser) => Promise<string | undefined>) =>
  run.situation(`a form with ${name}`, async () => {
    const { site } = run
    const browser = await loggedIn(site, site.users[0])
    const token = await make(browser)
    const response = await site.pages.logoutWithToken?.(browser, token)
    const user = await userOf(site, browser)
    must(user === site.users[0].username, () => `the user is logged out (status ${response?.status})`)
    must((response?.status ?? 0) >= 400, () => `it is answered with ${response?.status}`)
  })

/** A token whose first character is another one. In base64, another last character may encode the same bytes. */
const altered = (token: string): string => (token.startsWith("a") ? "b" : "a") + token.slice(1)

export const tokenOfVisitor: LawText = {
  id: "forms-need-the-visitors-token",
  title: "a form without a CSRF token, or with the token of another visitor, changes nothing",
  why: "A page of another site sends a form in the name of a logged-in user. The attacker can get tokens of the attacker's own sessions.",
  needs: ["pages.csrfToken", "pages.logoutWithToken"],
  finds: ["a site that does not check CSRF tokens", "a site that accepts a CSRF token of every visitor"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("a form with its own token", async () => {
      const browser = await loggedIn(site, alice)
      const response = await site.pages.logoutWithToken?.(browser, await tokenFor(site, browser))
      const user = await userOf(site, browser)
      must(user === undefined, () => `it is refused with ${response?.status}: the user cannot log out`)
    })
    await refuses(run, "no token", async () => undefined)
    await refuses(run, "no token, although the browser has one", async (browser) => {
      await tokenFor(site, browser)
      return undefined
    })
    await refuses(run, "an empty token", async (browser) => {
      await tokenFor(site, browser)
      return ""
    })
    await refuses(run, "an altered token", async (browser) => altered(await tokenFor(site, browser)))
    await run.situation("a form with a token, from a browser that has no token", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      const response = await site.pages.logoutWithToken?.(browserWith(site, key), await tokenFor(site, site.browser()))
      must((await userOfKey(site, key)) === alice.username, () => `the user is logged out (status ${response?.status})`)
    })
    await refuses(run, "the token of an anonymous visitor", () => tokenFor(site, site.browser()))
    await refuses(run, "the token of another user", async (browser) => {
      await tokenFor(site, browser)
      return tokenFor(site, await loggedIn(site, bob))
    })
    await refuses(run, "the token of another session of the same user", async (browser) => {
      await tokenFor(site, browser)
      return tokenFor(site, await loggedIn(site, alice))
    })
  }
}

export const tokenOfField: LawText = {
  id: "a-header-does-not-replace-the-token-of-a-form",
  title: "a form with a wrong CSRF token in its field changes nothing, also if a script adds the right one as a header",
  why: "A script of the site adds the header to each form that it sends, also to a form that was made for the user before.",
  needs: ["pages.csrfToken", "pages.logoutWithTokens"],
  finds: ["a site that reads the CSRF token of the header first"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    for (const has of ["a header", "no header"] as const)
      await run.situation(`a form with its own token, and ${has}`, async () => {
        const browser = await loggedIn(site, alice)
        const field = await tokenFor(site, browser)
        const header = has === "a header" ? await tokenFor(site, browser) : undefined
        const response = await site.pages.logoutWithTokens?.(browser, { field, header })
        const user = await userOf(site, browser)
        must(user === undefined, () => `it is refused with ${response?.status}: the user cannot log out`)
      })
    const wrong: Readonly<Record<string, () => Promise<string>>> = {
      "an anonymous visitor": () => tokenFor(site, site.browser()),
      "another user": async () => tokenFor(site, await loggedIn(site, bob)),
      "another session of the same user": async () => tokenFor(site, await loggedIn(site, alice))
    }
    for (const [whose, make] of Object.entries(wrong))
      await run.situation(`a form with the token of ${whose}, and its own token as a header`, async () => {
        const browser = await loggedIn(site, alice)
        const header = await tokenFor(site, browser)
        const response = await site.pages.logoutWithTokens?.(browser, { field: await make(), header })
        const user = await userOf(site, browser)
        must(user === alice.username, () => `the user is logged out (status ${response?.status})`)
        must((response?.status ?? 0) >= 400, () => `it is answered with ${response?.status}`)
      })
  }
}

export const tokenOfLogin: LawText = {
  id: "a-login-renews-the-csrf-token",
  title: "a CSRF token from before a login is refused after it",
  why: "An attacker who saw or set the token of a visitor could send forms in the name of the user who logs in.",
  needs: ["pages.csrfToken", "pages.logoutWithToken"],
  finds: ["a site that keeps the CSRF token at a login", "a site that does not check CSRF tokens"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    const afterLogin = (name: string, before: () => Promise<Browser>) =>
      run.situation(`a form with a token from before the login, of ${name}`, async () => {
        const browser = await before()
        const token = await tokenFor(site, browser)
        await loggedIn(site, alice, browser)
        await site.pages.logoutWithToken?.(browser, token)
        must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
        await site.pages.logoutWithToken?.(browser, await tokenFor(site, browser))
        must((await userOf(site, browser)) === undefined, () => "a token from after the login is refused too")
      })
    await afterLogin("an anonymous visitor", async () => site.browser())
    await afterLogin("another user", () => loggedIn(site, bob))
  }
}

export const tokenBesideLogin: LawText = {
  id: "a-form-beside-a-login-restores-no-csrf-token",
  title:
    "after a login and a form that were sent at the same time, the CSRF token from before is refused, in every order",
  why: "A form that is answered after the login could store the former secret again, which an attacker may know.",
  needs: ["gate", "pages.csrfToken", "pages.logoutWithToken"],
  finds: [
    "a site that keeps the CSRF token at a login",
    "a site whose form restores the CSRF secret with which it was sent"
  ],
  holds: async (run) => {
    const { site } = run
    const { login, logoutWithToken, write } = site.pages
    const [alice] = site.users
    for (const has of ["no session", "a session"] as const)
      if (has === "no session" || write !== undefined)
        await run.everyOrder(`a login, and a form of a visitor with ${has}`, async () => {
          const browser = site.browser()
          if (has === "a session") await write?.(browser, "a", 1)
          const former = await tokenFor(site, browser)
          return {
            requests: [() => login(browser, alice), async () => logoutWithToken?.(browser, former)],
            check: async () => {
              // The answer to the form may have deleted the cookie of the login: it logs out.
              if ((await userOf(site, browser)) === undefined) return
              await logoutWithToken?.(browser, former)
              must(
                (await userOf(site, browser)) === alice.username,
                () => "the token from before the login is accepted"
              )
              await logoutWithToken?.(browser, await tokenFor(site, browser))
              must((await userOf(site, browser)) === undefined, () => "the token from after the login is refused")
            }
          }
        })
  }
}

export const otherSites: LawText = {
  id: "forms-of-other-sites-are-refused",
  title: "a form that a page of another origin sends changes nothing, also with the visitor's own CSRF token",
  why: "A subdomain or another port of the same host can read or set cookies of the site, and so knows or chooses the token.",
  needs: ["pages.logoutFrom"],
  finds: ["a site that does not check where a form comes from"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const own = new URL(site.browser().origin)
    const otherPort = new URL(own)
    otherPort.port = "8443"
    const from = async (page: string): Promise<Browser> => {
      const browser = await loggedIn(site, alice)
      await site.pages.logoutFrom?.(browser, page)
      return browser
    }
    await run.situation("a form of a page of this site", async () => {
      must((await userOf(site, await from(`${own.origin}/account`))) === undefined, () => "it is refused")
    })
    for (const page of [`${otherPort.origin}/`, `https://evil.${own.hostname}/`, "https://evil.example/"])
      await run.situation(`a form of ${page}`, async () => {
        must((await userOf(site, await from(page))) === alice.username, () => "it is accepted")
      })
  }
}

export const maskedToken: LawText = {
  id: "each-page-has-another-csrf-token",
  title: "two pages for the same browser have different CSRF tokens, and the older one is still accepted",
  why: "An attacker who can make the browser load pages, and sees how long the compressed answers are, guesses a token that stays the same (BREACH).",
  needs: ["pages.csrfToken", "pages.logoutWithToken"],
  finds: ["a site whose CSRF tokens stay the same"],
  holds: async (run) => {
    const { site } = run
    await run.situation("two pages with a form", async () => {
      const browser = await loggedIn(site, site.users[0])
      const tokens = [await tokenFor(site, browser), await tokenFor(site, browser)]
      must(tokens[0] !== tokens[1], () => "both have the same token")
      await site.pages.logoutWithToken?.(browser, tokens[0])
      must((await userOf(site, browser)) === undefined, () => "the token of the first page is refused")
    })
  }
}

export const fetchMetadata: LawText = {
  id: "the-browser-says-who-sends-a-form",
  title:
    "without tokens, a form is accepted if the browser says that a page of this site sent it, and refused if another page did or if the browser says nothing",
  why: "A page of another subdomain, or of any site, makes the browser send a form with the cookies of a logged-in user. No page can change what the browser says about it.",
  needs: ["pages.logoutWithMetadata"],
  finds: [
    "a site that accepts forms of its sibling subdomains",
    "a site that accepts a form about which the browser says nothing",
    "a site that looks only at Sec-Fetch-Site",
    "a site that needs tokens although the browser says who sends a form"
  ],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const own = new URL(site.browser().origin).origin
    const sends = (accepted: boolean, metadata: LawMetadata) =>
      run.situation(`a form with ${said(metadata)}`, async () => {
        const browser = await loggedIn(site, alice)
        const response = await site.pages.logoutWithMetadata?.(browser, metadata)
        const isLoggedOut = (await userOf(site, browser)) === undefined
        must(isLoggedOut === accepted, () => `it is ${isLoggedOut ? "accepted" : "refused"} (${response?.status})`)
        must(accepted || (response?.status ?? 0) >= 400, () => `it is answered with ${response?.status}`)
      })
    const evil = "https://evil.example"
    const sibling = own.replace("://", "://evil.")
    await sends(true, { site: "same-origin", origin: own })
    await sends(true, { site: "same-origin", origin: "null" })
    await sends(true, { site: "none", origin: undefined })
    await sends(true, { site: undefined, origin: own })
    for (const origin of ["null", sibling, evil]) await sends(false, { site: "none", origin })
    for (const origin of [undefined, "null", sibling, own]) await sends(false, { site: "same-site", origin })
    for (const origin of [undefined, "null", evil, own]) await sends(false, { site: "cross-site", origin })
    for (const origin of [undefined, "null", "", sibling, evil]) await sends(false, { site: undefined, origin })
    for (const origin of [sibling, evil]) await sends(false, { site: "same-origin", origin })
    for (const value of ["", "Same-Origin", "same-origin,cross-site", "same-party"])
      await sends(false, { site: value, origin: undefined })
  }
}

const said = ({ origin, site }: LawMetadata): string =>
  [
    site === undefined ? "no Sec-Fetch-Site" : `Sec-Fetch-Site: ${site}`,
    origin === undefined ? "no Origin" : `Origin: ${origin}`
  ].join(" and ")
