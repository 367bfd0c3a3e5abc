/**
 * Laws about the head of a form: what it says about its page, its method and its host. No page of a browser can choose
 * all of it.
 */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawForm } from "../law-parts.ts"
import type { LawRun } from "../law-run.ts"
import { loggedIn, userOf } from "../law-site.ts"

const evil = "https://evil.example"

/** Sends a form in a browser of users[0], over https. @param form gets the site's origin */
const sends = (run: LawRun, accepted: boolean, name: string, form: (own: URL, browser: Browser) => LawForm) =>
  run.situation(`a form with ${name}`, async () => {
    const { forms, users } = run.site
    if (forms === undefined) return
    await forms.start?.()
    const browser = await loggedIn(run.site, users[0], forms.browser())
    const response = await forms.logout(browser, form(new URL(browser.origin), browser))
    const isLoggedOut = (await userOf(run.site, browser)) === undefined
    must(isLoggedOut === accepted, () => `it is ${isLoggedOut ? "accepted" : "refused"} (${response.status})`)
    must(accepted || response.status >= 400, () => `it is answered with ${response.status}`)
  })

export const ownPage: LawText = {
  id: "a-form-over-https-names-its-page",
  title:
    "over https, a form without an Origin is accepted only if its Referer is an https page of the site or of a trusted one",
  why: "An attacker who can change pages without encryption can set the CSRF cookie of the site, and so knows the token. Only the address of the page tells the attacker's form from one of the site.",
  needs: ["forms"],
  finds: [
    "a site that accepts forms that do not say which page sent them",
    "a site that accepts forms of pages without encryption",
    "a site that accepts forms of pages of its subdomains",
    "a site that trusts the pages of a trusted host without encryption"
  ],
  holds: async (run) => {
    const from = (accepted: boolean, name: string, page: (own: URL) => string | undefined) =>
      sends(run, accepted, `its token and ${name}`, (own) => {
        const referer = page(own)
        return { token: true, headers: referer === undefined ? {} : { Referer: referer } }
      })
    await from(true, "a page of the site as its Referer", (own) => `${own.origin}/account`)
    await from(false, "no Referer", () => undefined)
    await from(false, "an empty Referer", () => "")
    await from(false, "a page without encryption as its Referer", ({ host }) => `http://${host}/account`)
    await from(false, "a page of a subdomain as its Referer", ({ host }) => `https://evil.${host}/`)
    await from(false, "a page whose host ends in that of the site as its Referer", ({ host }) => `https://evil${host}/`)
    await from(false, "a page of another site as its Referer", () => `${evil}/`)
    for (const page of run.site.forms?.trustedPages ?? []) {
      const { host, origin } = new URL(page)
      const sent = (accepted: boolean, from: string) =>
        sends(run, accepted, `its token and the Origin ${from}`, () => ({ token: true, headers: { Origin: from } }))
      await sent(true, origin)
      await sent(false, `http://${host}`)
      await sent(false, `https://${host}.evil.example`)
    }
  }
}

export const sentMethod: LawText = {
  id: "another-method-does-not-make-a-form-safe",
  title: "a form without a CSRF token changes nothing, also if the framework reads another method in it",
  why: "Frameworks read a field or a header in place of the method. A page of another site could turn its form into a request that is not checked, or a link into a form.",
  needs: ["forms"],
  finds: ["a site that checks only the method that the framework has read", "a site that checks only the sent method"],
  holds: async (run) => {
    for (const safe of ["GET", "HEAD", "OPTIONS", "TRACE"] as const) {
      const headers = { Origin: evil }
      await sends(run, false, `the method POST that is read as ${safe}`, () => ({ headers, method: "POST", as: safe }))
      await sends(run, false, `the method ${safe} that is read as POST`, () => ({ headers, method: safe, as: "POST" }))
    }
  }
}

export const ownHost: LawText = {
  id: "a-request-does-not-choose-the-host",
  title: "a form for another host changes nothing, and a header of a proxy that the site does not have changes no host",
  why: "An attacker makes another host name lead to the server, and the browser takes the attacker's page and the site for one origin. Or a client names a host in a header that only a proxy may set.",
  needs: ["forms"],
  finds: ["a site that takes every host for its own", "a site that reads its host in a header of a proxy"],
  holds: async (run) => {
    const host = new URL(evil).host
    const metadata = { "Sec-Fetch-Site": "same-origin" }
    await sends(run, false, `the host ${host}`, () => ({ headers: { ...metadata, Host: host } }))
    await sends(run, false, `the host ${host}, the token and its Origin`, () => ({
      token: true,
      headers: { ...metadata, Host: host, Origin: evil }
    }))
    await sends(run, true, `the forwarded host ${host}, and the Origin of the site`, (own) => ({
      token: true,
      headers: { Origin: own.origin, "X-Forwarded-Host": host }
    }))
    await sends(run, false, `the forwarded host ${host}, and its Origin`, () => ({
      token: true,
      headers: { Origin: evil, "X-Forwarded-Host": host }
    }))
  }
}
