/**
 * The laws about accounts, on the forms of the account pages and the links in their mails. Requests come one after the
 * other here; `orders.test.ts` has the pages in every order of their store calls.
 */
import { expect, it } from "vitest"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import { type LawTestSite, type LawUser, lawSite, laws, testSite } from "../../../src/testing/index.ts"
import type { LawPages } from "../../../src/testing/laws/law-pages.ts"
import { answered, seen, statusOf, visit } from "../../../src/testing/laws/memory/memory-pages.ts"
import { type DirectAnswer, directPages } from "./direct.ts"

const ids = [
  "no-login-without-the-password",
  "no-fixation",
  "a-login-renews-the-key",
  "a-failed-login-costs-the-same",
  "a-failed-login-reveals-no-user",
  "a-logout-is-final",
  "a-reset-link-works-once",
  "a-reset-link-ends",
  "a-reset-request-reveals-no-user",
  "a-changed-address-stays",
  "a-new-address-reveals-no-user",
  "a-new-account-is-the-one-of-its-password",
  "a-sign-up-changes-no-account",
  "a-sign-up-reveals-no-address",
  "a-deactivated-account-is-over",
  "a-deleted-account-is-over"
]

const json = "application/json"
const twice = (name: string, password: string) => ({ [`${name}1`]: password, [`${name}2`]: password })
const addressOf = ({ username }: LawUser) => `${username}@example.com`
const responseOf = ({ body, cookies, headers, status }: DirectAnswer) =>
  new Response(body, {
    status,
    headers: [...Object.entries(headers), ...cookies.map((line): [string, string] => ["set-cookie", line])]
  })

const refused = (error: unknown) => {
  const status = Object(error)._tag === "LoginRequired" ? 401 : statusOf(error)
  if (status === undefined) throw error
  return new Response(null, { status })
}

const pagesOf = (site: LawTestSite): LawPages => {
  const first = { alice: site.credentials("alice").password, bob: site.credentials("bob").password }
  const pages = directPages(site, { deactivation: true, deletion: true })
  const post = (browser: Browser, page: string, form: Readonly<Record<string, string>>) =>
    pages.send(browser, page.startsWith("/") ? page : `/accounts/${page}`, form, json).then(responseOf, refused)
  /** The link in the mail that a form sends; `""` without a mail that has one. */
  const linkBy = async (browser: Browser, page: string, form: Readonly<Record<string, string>>) => {
    pages.mails.length = 0
    const link = await pages.linkBy(browser, `/accounts/${page}`, form).catch(() => "")
    return link.endsWith("/password_reset") ? "" : link
  }
  const follow = async (browser: Browser, link: string, form: Readonly<Record<string, string>>) => {
    const page = await pages.open(browser, link)
    return page === "" ? new Response(null, { status: 400 }) : post(browser, page, form)
  }
  const signUpForm = ({ password, username }: LawUser, email: string) => ({
    username,
    email,
    ...twice("password", password)
  })
  return {
    visit: (browser) => answered(site.auth, browser, visit),
    login: (browser, user) => post(browser, "login", { ...user }),
    logout: (browser) => post(browser, "logout", {}),
    requestReset: (browser, user) => post(browser, "password_reset", { email: addressOf(user) }),
    resetLink: (browser, user) => linkBy(browser, "password_reset", { email: addressOf(user) }),
    resetPassword: (browser, link, password) => follow(browser, link, twice("new_password", password)),
    requestEmail: (browser, { password }, owner) =>
      post(browser, "email_change", { email: addressOf(owner), password }),
    emailLink: (browser, { password }, email) => linkBy(browser, "email_change", { email, password }),
    confirmEmail: (browser, link) => follow(browser, link, {}),
    requestSignUp: (browser, user, owner) => post(browser, "signup", signUpForm(user, addressOf(owner))),
    signUpLink: (browser, user) => linkBy(browser, "signup", signUpForm(user, addressOf(user))),
    verifyEmail: (browser, link, password) => follow(browser, link, { password }),
    changePassword: async (browser, password) => {
      const user = (await seen(await answered(site.auth, browser, visit))).user === "bob" ? "bob" : "alice"
      return post(browser, "password_change", { old_password: first[user], ...twice("new_password", password) })
    },
    deactivateAccount: (browser, password) => post(browser, "deactivate", { password }),
    deleteAccount: (browser, password) => post(browser, "delete", { password })
  }
}

const described = () => {
  const site = testSite()
  const user = async (response: Response) => (await seen(response)).user
  const { gate: _, ...parts } = lawSite(site, { pages: pagesOf(site), user })
  return parts
}

it.each(ids)("%s", async (id) => {
  const law = laws(described()).find((one) => one.id === id) ?? expect.fail(`no law ${id}`)
  expect(law.skipped).toBeUndefined()
  expect((await law.check()).situations).toBeGreaterThan(0)
})
