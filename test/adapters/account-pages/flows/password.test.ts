/** Change and reset of a password, on connect. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { Hasher } from "../../../../src/adapters/ports/passwords.ts"
import { minimumLength, notEntirelyNumeric } from "../../../../src/core/password/validators.ts"
import type { Browser } from "../../../../src/testing/browser/browser.ts"
import { instantHasher } from "../../../../src/testing/site/instant-hasher.ts"
import { testSite } from "../../../../src/testing/site/test-site.ts"
import { directPages } from "../direct.ts"
import { type AccountSite, accountSite, asJson, codesOf } from "../site.ts"

const newPasswords = (password: string, again = password) => ({ new_password1: password, new_password2: again })

const logsIn = async (site: AccountSite, username: string, password: string): Promise<boolean> => {
  const browser = site.browser()
  await site.post(browser, "/accounts/login", { username, password })
  return (await site.whoIs(browser)) === username
}

describe("the page for a new password", () => {
  const path = "/accounts/password_change"

  it("is for users who are logged in", async () => {
    const site = accountSite()
    for (const page of [path, `${path}/done`]) {
      const answer = await site.get(site.browser(), page)
      expect([answer.status, answer.headers.get("location")]).toEqual([302, `/accounts/login/?next=${page}`])
      expect((await site.get(site.browser(), page, asJson)).status).toBe(401)
    }
  })

  it("changes the password, keeps this session, and ends the others", async () => {
    const site = accountSite()
    const [alice, other] = [await site.browserOf("alice"), await site.browserOf("alice")]
    const form = { old_password: "alice's password", ...newPasswords("a new one") }
    const done = await site.post(alice, path, form)
    expect([done.status, done.headers.get("location")]).toEqual([302, `${path}/done`])
    expect((await site.get(alice, `${path}/done`)).status).toBe(200)
    expect([await site.whoIs(alice), await site.whoIs(other)]).toEqual(["alice", "anonymous"])
    expect([await logsIn(site, "alice", "a new one"), await logsIn(site, "alice", "alice's password")]).toEqual([
      true,
      false
    ])
  })

  it.each([
    [
      "a wrong old password",
      { old_password: "x", ...newPasswords("long enough") },
      { old_password: ["password_incorrect"] }
    ],
    ["nothing", {}, { old_password: ["required"], new_password1: ["required"], new_password2: ["required"] }],
    [
      "different entries",
      { old_password: "alice's password", ...newPasswords("12", "1") },
      { new_password2: ["password_mismatch"] }
    ],
    [
      "a weak password",
      { old_password: "alice's password", ...newPasswords("12") },
      { new_password2: ["password_too_short", "password_entirely_numeric"] }
    ],
    [
      "a wrong old and a weak new one",
      { old_password: "x", ...newPasswords("12") },
      { old_password: ["password_incorrect"], new_password2: ["password_too_short", "password_entirely_numeric"] }
    ],
    [
      "only the second entry",
      { old_password: "alice's password", new_password2: "12" },
      { new_password1: ["required"], new_password2: ["password_too_short", "password_entirely_numeric"] }
    ],
    [
      "only the first entry",
      { old_password: "alice's password", new_password1: "12" },
      { new_password2: ["required"] }
    ],
    [
      "a NUL",
      { old_password: "alice's password", ...newPasswords("long\0enough") },
      { new_password1: ["null_characters_not_allowed"], new_password2: ["null_characters_not_allowed"] }
    ],
    [
      "more than 4096 bytes",
      { old_password: "alice's password", ...newPasswords("a".repeat(4097)) },
      { new_password2: ["password_too_long"] }
    ]
  ])("refuses %s", async (_, form, problems) => {
    const site = accountSite({}, { auth: { passwordValidators: [minimumLength(), notEntirelyNumeric()] } })
    const alice = await site.browserOf("alice")
    expect(await codesOf(await site.post(alice, path, form, asJson))).toEqual(problems)
    expect(await logsIn(site, "alice", "alice's password")).toBe(true)
  })
})

describe("a password that the hasher cannot store", () => {
  it("is a problem of the form, on each page", async () => {
    const bcryptLike: Hasher = { ...instantHasher, algorithm: "bcrypt" }
    const site = accountSite({ signUp: true }, { auth: { hashers: [bcryptLike, instantHasher] } })
    const [alice, long] = [await site.browserOf("alice"), "a".repeat(73)]
    const codes = { new_password2: ["password_not_storable"] }
    const change = { old_password: "alice's password", ...newPasswords(long) }
    expect(await codesOf(await site.post(alice, "/accounts/password_change", change, asJson))).toEqual(codes)
    const signUp = { username: "carol", email: "c@example.com", password1: long, password2: long }
    const refused = await site.post(site.browser(), "/accounts/signup", signUp, asJson)
    expect(await codesOf(refused)).toEqual({ password2: ["password_not_storable"] })
    await site.post(alice, "/accounts/password_reset", { email: "alice@example.com" })
    const page = (await site.get(alice, await site.linkOf())).headers.get("location") ?? ""
    expect(await codesOf(await site.post(alice, page, newPasswords(long), asJson))).toEqual(codes)
  })
})

describe("a password reset", () => {
  const ask = (site: AccountSite, email: string) => site.post(site.browser(), "/accounts/password_reset", { email })

  /** Opens a link, and sends the form of its page. */
  const setBy = async (site: AccountSite, browser: Browser, link: string, password: string) => {
    const opened = await site.get(browser, link)
    return opened.status === 302
      ? site.post(browser, opened.headers.get("location") ?? "", newPasswords(password))
      : opened
  }

  it("goes in four steps, and the token leaves the URL", async () => {
    const site = accountSite()
    const browser = site.browser()
    const asked = await site.post(browser, "/accounts/password_reset", { email: " ALICE@Example.com " })
    expect([asked.status, asked.headers.get("location")]).toEqual([302, "/accounts/password_reset/done"])
    const link = await site.linkOf()
    expect(site.mails[0]?.to).toBe("alice@example.com")
    const opened = await site.get(browser, link)
    const page = link.replace(/[^/]+$/, "set-password")
    expect([opened.status, opened.headers.get("location")]).toEqual([302, page])
    expect(opened.headers.get("referrer-policy")).toBe("same-origin")
    const form = await site.get(browser, page)
    expect([form.status, form.headers.get("cache-control")]).toEqual([200, "no-store"])
    expect(await form.text()).not.toContain(link.split("/").at(-1))
    const set = await site.post(browser, page, newPasswords("a new one"))
    expect([set.status, set.headers.get("location")]).toEqual([302, "/accounts/reset/done"])
    expect(await site.whoIs(browser)).toBe("anonymous")
    expect(await logsIn(site, "alice", "a new one")).toBe(true)
  })

  it("is refused by a used link, a wrong one, and one that is too old", async () => {
    const site = accountSite()
    await ask(site, "alice@example.com")
    const link = await site.linkOf()
    expect((await setBy(site, site.browser(), link, "a new one")).status).toBe(302)
    const used = await setBy(site, site.browser(), link, "another")
    expect([used.status, await used.text()]).toEqual([200, expect.stringContaining("Password reset unsuccessful")])
    expect((await site.get(site.browser(), link, asJson)).status).toBe(400)
    await ask(site, "bob@example.com")
    const bobs = await site.linkOf(2)
    const wrong = [bobs.slice(0, -1), bobs.replace("/reset/", "/verify/"), bobs.replace(/[^/]+$/, "set-password")]
    for (const each of [...wrong, "/accounts/reset/x/y-z", "/accounts/reset/AA/set-password"])
      expect((await setBy(site, site.browser(), each, "another")).status, each).toBe(200)
    site.clock.advance({ seconds: site.passwordResetSeconds + 1 })
    expect((await setBy(site, site.browser(), bobs, "another")).status).toBe(200)
    expect(await logsIn(site, "bob", "bob's password")).toBe(true)
  })

  it("keeps the link while the new password is refused", async () => {
    const site = accountSite({}, { auth: { passwordValidators: [minimumLength()] } })
    await ask(site, "alice@example.com")
    const [browser, link] = [site.browser(), await site.linkOf()]
    expect((await setBy(site, browser, link, "short")).status).toBe(200)
    expect((await setBy(site, browser, link, "long enough")).status).toBe(302)
  })

  it("logs in, if the option says so, and ends all other sessions", async () => {
    const site = accountSite({ loginAfterPasswordReset: true, loginRedirectUrl: "/home" })
    const other = await site.browserOf("alice")
    await ask(site, "alice@example.com")
    const browser = site.browser()
    const set = await setBy(site, browser, await site.linkOf(), "a new one")
    expect(set.headers.get("location")).toBe("/home")
    expect([await site.whoIs(browser), await site.whoIs(other)]).toEqual(["alice", "anonymous"])
  })

  it("sends links of the site's own origin, for every Host header, if the option names it", async () => {
    const site = accountSite({ origin: "https://shop.example", trailingSlash: true })
    await ask(site, "alice@example.com")
    await site.linkOf()
    expect(site.mails[0]?.text).toMatch(/^https:\/\/shop\.example\/accounts\/reset\/[^/]+\/[^/\s]+\/$/m)
  })

  it("reports a mail that is lost with the account's id, and not its address", async () => {
    const site = testSite()
    const pages = directPages(site)
    const { work } = await pages.send(site.browser(), "/accounts/password_reset", { email: "alice@example.com" })
    site.network.fail("all", "refused")
    await Promise.all(work.map(pages.carryOut))
    expect(pages.mails).toEqual([])
    expect(pages.lostMails).toEqual([expect.stringContaining('a mail was lost (passwordReset for account "1"')])
    expect(pages.lostMails[0]).not.toContain("@")
  })

  it("is 503 while the store is out of reach", async () => {
    const site = accountSite()
    site.network.fail("all", "refused")
    for (const email of ["alice@example.com", "nemo@example.com"]) expect((await ask(site, email)).status).toBe(503)
  })

  it("is not there without mail", async () => {
    const { connectAccounts } = await import("../../../../src/adapters/http/node/node-accounts.ts")
    expect(() => connectAccounts(accountSite().auth, { verifyEmail: true })).toThrow("verifyEmail needs mail")
  })
})

describe("a user without a password", () => {
  it("reads so on every page that asks for it, and nothing is done", async () => {
    const site = accountSite({ deactivation: true, deletion: true })
    Effect.runSync(site.stores.users.setPassword(String(site.user("alice").id), "!unusable"))
    const [alice, before] = [await site.browserOf("alice"), site.user("alice")]
    const form = { password: "", old_password: "", ...newPasswords("a new one"), email: "a@new.example" }
    for (const page of ["password_change", "email_change", "deactivate", "delete"]) {
      const html = await (await site.get(alice, `/accounts/${page}`)).text()
      expect(html).toContain("<h1>Your account has no password</h1>")
      expect(html).not.toContain("<form")
      const sent = await site.post(alice, `/accounts/${page}`, { ...form, password: "!unusable" }, asJson)
      expect([sent.status, await sent.json()]).toEqual([400, expect.objectContaining({ name: "noPassword" })])
    }
    await site.post(site.browser(), "/accounts/password_reset", { email: "alice@example.com" })
    await site.post(site.browser(), "/accounts/password_reset", { email: "bob@example.com" })
    await site.linkOf()
    expect(site.mails.map(({ to }) => to)).toEqual(["bob@example.com"])
    expect([site.user("alice"), await site.whoIs(alice)]).toEqual([before, "alice"])
  })
})

describe("the rules for passwords", () => {
  it("are on the page, in the language of the visitor, and in JSON", async () => {
    const own = Object.assign(() => undefined, { rule: { code: "own", message: "Write no spaces.", params: {} } })
    const silent = () => undefined
    const site = accountSite(
      { messages: { de: { "rule.own": "Bitte keine Leerzeichen." } } },
      { auth: { passwordValidators: [minimumLength(10), own, silent] } }
    )
    const alice = await site.browserOf("alice")
    const page = "/accounts/password_change"
    expect(await (await site.get(alice, page)).text()).toContain(
      "<li>Your password must contain at least 10 characters.</li>\n<li>Write no spaces.</li>\n</ul>"
    )
    expect(await (await site.get(alice, page, { "accept-language": "de" })).text()).toContain(
      "<li>Das Passwort muss mindestens 10 Zeichen haben.</li>\n<li>Bitte keine Leerzeichen.</li>\n</ul>"
    )
    const { form } = JSON.parse(await (await site.get(alice, page, asJson)).text())
    expect(form.fields.map(({ rules }: { readonly rules: ReadonlyArray<object> }) => rules.length)).toEqual([0, 2, 0])
  })
})
