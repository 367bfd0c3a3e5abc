/** Faults of sites on which users deactivate or delete their own account. */
import { type Browser, type LawTestSite, testSite } from "../../../src/testing/index.ts"
import type { LawPages } from "../../../src/testing/laws/law-pages.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"
import { sound } from "./sites.ts"

type EndAccount = NonNullable<LawPages["deleteAccount"]>

/** A site whose users end their accounts in another way. */
const ending = (change: (end: EndAccount, site: LawSite, test: LawTestSite) => EndAccount): LawSite => {
  const test = testSite({ userSessions: true })
  const site = lawSiteOf(test)
  const { deactivateAccount, deleteAccount } = site.pages
  if (deactivateAccount === undefined || deleteAccount === undefined) throw new Error("the site has no such pages")
  return {
    ...site,
    pages: {
      ...site.pages,
      deactivateAccount: change(deactivateAccount, site, test),
      deleteAccount: change(deleteAccount, site, test)
    }
  }
}

const answering = (page: "resetPassword" | "confirmEmail" | "verifyEmail"): LawSite => {
  const site = sound()
  const answer = async (browser: Browser, link: string, password = "") => {
    await site.pages[page]?.(browser, link, password)
    return new Response(null, { status: 200 })
  }
  return { ...site, pages: { ...site.pages, [page]: answer } }
}

export const brokenEnds: Readonly<Record<string, () => LawSite>> = {
  "a site that ends accounts without the password": () =>
    ending(
      (end, { users: [alice] }) =>
        (browser) =>
          end(browser, alice.password)
    ),
  "a site that ends the accounts of all users": () =>
    ending((end, _, test) => async (browser, password) => {
      const response = await end(browser, password)
      if (response.ok) await test.auth.endSessions(test.user("bob"))
      return response
    }),
  "a site that ends only the sessions of an ended account": () =>
    ending((_, site, test) => async (browser, password) => {
      const user = await site.user(await site.pages.visit(browser))
      const isRight = user === "alice" && (await test.auth.checkPassword(test.user("alice"), password))
      if (isRight) await test.auth.endSessions(test.user("alice"))
      return new Response(null, { status: isRight ? 200 : 403 })
    }),
  "a page that ends the sessions before the account": () =>
    ending((end, _, test) => async (browser, password) => {
      const response = await end(browser, password)
      if (response.status >= 500) {
        test.network.heal()
        await test.auth.endSessions(test.user("alice"))
      }
      return response
    }),
  "a site whose reset links outlive the account": () => answering("resetPassword"),
  "a site whose links for a new address outlive the account": () => answering("confirmEmail"),
  "a site whose links of new accounts log in without a password": () => answering("verifyEmail")
}
