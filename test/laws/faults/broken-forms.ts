import type { LawForm } from "../../../src/testing/laws/law-parts.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { sound } from "./sites.ts"

/** A site that takes a form for another one. @param read gets the form and the site's origin */
const reading = (read: (form: LawForm, own: URL) => LawForm): LawSite => {
  const site = sound()
  const { forms } = site
  return forms === undefined
    ? site
    : {
        ...site,
        forms: { ...forms, logout: (browser, form) => forms.logout(browser, read(form, new URL(browser.origin))) }
      }
}

/** The same form, as a page of the site sends it. */
const ofOwnPage = ({ as: _, method: __, ...form }: LawForm, { origin }: URL): LawForm => ({
  ...form,
  token: true,
  headers: { Origin: origin }
})

/** A site that takes the forms of more pages for its own. */
const accepting = (isOwn: (form: LawForm, own: URL) => boolean): LawSite =>
  reading((form, own) => (isOwn(form, own) ? ofOwnPage(form, own) : form))

/** By what is wrong. */
export const brokenForms: Readonly<Record<string, () => LawSite>> = {
  "a site that accepts forms that do not say which page sent them": () =>
    accepting(({ as, headers }) => as === undefined && Object.keys(headers).length === 0),
  "a site that accepts forms of pages without encryption": () =>
    accepting(({ headers }, { host }) => headers["Referer"]?.startsWith(`http://${host}/`) === true),
  "a site that accepts forms of pages of its subdomains": () =>
    accepting(({ headers }, { host }) => headers["Referer"]?.includes(`.${host}/`) === true),
  "a site that trusts the pages of a trusted host without encryption": () =>
    accepting(({ headers }) => headers["Origin"] === "http://shop.trusted.example"),
  "a site that checks only the method that the framework has read": () => accepting(({ as }) => as === "GET"),
  "a site that checks only the sent method": () => accepting(({ method }) => method === "GET"),
  "a site that takes every host for its own": () => accepting(({ headers }) => headers["Host"] !== undefined),
  "a site that reads its host in a header of a proxy": () =>
    reading(({ headers: { "X-Forwarded-Host": host, ...headers }, ...form }) => ({
      ...form,
      headers: host === undefined ? headers : { ...headers, Host: host }
    }))
}
