/** Change of the e-mail address, on connect. */
import { describe, expect, it } from "vitest"
import type { Browser } from "../../../../src/testing/browser/browser.ts"
import { type AccountSite, accountSite, asJson, codesOf } from "../site.ts"

const path = "/accounts/email_change"
const form = { email: "alice@New.example", password: "alice's password" }

const opened = async (site: AccountSite, browser: Browser, link: string): Promise<string> =>
  (await site.get(browser, link)).headers.get("location") ?? ""

/** @returns whether the link changed the address */
const confirm = async (site: AccountSite, link: string): Promise<boolean> => {
  const browser = site.browser()
  const page = await opened(site, browser, link)
  return page !== "" && (await site.post(browser, page, {})).headers.get("location") === "/accounts/email/done"
}

describe("the change of the address", () => {
  it("is confirmed at the new address, and told to the old one", async () => {
    const site = accountSite()
    const alice = await site.browserOf("alice")
    const sent = await site.post(alice, path, form)
    expect([sent.status, sent.headers.get("location")]).toEqual([302, `${path}/done`])
    expect((await site.get(alice, `${path}/done`)).status).toBe(200)
    const link = await site.linkOf()
    expect([site.mails[0]?.to, site.user("alice").email]).toEqual(["alice@new.example", "alice@example.com"])
    const browser = site.browser()
    const page = await opened(site, browser, link)
    expect(await (await site.get(browser, page)).text()).toContain("alice@new.example")
    expect(site.user("alice").email).toBe("alice@example.com")
    expect((await site.post(browser, page, {})).headers.get("location")).toBe("/accounts/email/done")
    expect(site.user("alice").email).toBe("alice@new.example")
    await expect.poll(() => site.mails.length).toBe(2)
    expect(site.mails[1]).toMatchObject({ to: "alice@example.com", text: expect.stringContaining("alice@new.example") })
    expect(await site.whoIs(alice)).toBe("alice")
  })

  it("is done once per link, also after the address was changed back", async () => {
    const site = accountSite()
    const alice = await site.browserOf("alice")
    await site.post(alice, path, form)
    const link = await site.linkOf()
    expect([await confirm(site, link), await confirm(site, link)]).toEqual([true, false])
    site.clock.advance({ seconds: 1 })
    await site.post(alice, path, { ...form, email: "alice@example.com" })
    await expect.poll(() => site.mails.length).toBe(3)
    expect(await confirm(site, await site.linkOf(3))).toBe(true)
    expect([site.user("alice").email, await confirm(site, link)]).toEqual(["alice@example.com", false])
    expect(site.user("alice").email).toBe("alice@example.com")
  })

  it("is refused by a link from before a newer one, of another user, too old, or for an address taken since", async () => {
    const site = accountSite()
    const alice = await site.browserOf("alice")
    await site.post(alice, path, form)
    const older = await site.linkOf()
    site.clock.advance({ seconds: 1 })
    await site.post(alice, path, form)
    const link = await site.linkOf(2)
    const bobs = await site.auth.passwordResetUid(site.user("bob"))
    expect(await confirm(site, older)).toBe(false)
    expect(await confirm(site, link.replace(/email\/[^/]+/, `email/${bobs}`))).toBe(false)
    expect(
      await confirm(site, link.replace(/\.[^.]*$/, `.${Buffer.from("evil@evil.example").toString("base64url")}`))
    ).toBe(false)
    site.stores.users.change(String(site.user("bob").id), { email: "alice@new.example" })
    expect(await confirm(site, link)).toBe(false)
    site.stores.users.change(String(site.user("bob").id), { email: "" })
    site.clock.advance({ seconds: site.passwordResetSeconds + 1 })
    expect(await confirm(site, link)).toBe(false)
    expect(site.user("alice").email).toBe("alice@example.com")
  })

  it("is refused for a user who has been deactivated since", async () => {
    const site = accountSite()
    await site.post(await site.browserOf("alice"), path, form)
    const link = await site.linkOf()
    const browser = site.browser()
    const page = await opened(site, browser, link)
    await site.auth.setActive(site.user("alice"), false)
    await site.post(browser, page, {}) // the page was opened before
    expect([await confirm(site, link), site.user("alice").email]).toEqual([false, "alice@example.com"])
    await site.auth.setActive(site.user("alice"), true)
    expect(await confirm(site, link)).toBe(true)
  })

  it("tells only the owner that an address has an account already", async () => {
    const site = accountSite()
    const alice = await site.browserOf("alice")
    const sent = await site.post(alice, path, { ...form, email: "bob@example.com" })
    expect(sent.headers.get("location")).toBe(`${path}/done`)
    await expect.poll(() => site.mails.map(({ to }) => to)).toEqual(["bob@example.com"])
    expect(site.mails[0]?.text).not.toContain("/email/")
  })

  it.each([
    ["nothing", {}, { email: ["required"], password: ["required"] }],
    ["a wrong password", { ...form, password: "x" }, { password: ["password_incorrect"] }],
    [
      "no address and a wrong password",
      { email: "a", password: "x" },
      { email: ["invalid"], password: ["password_incorrect"] }
    ]
  ])("refuses %s", async (_, sent, problems) => {
    const site = accountSite()
    expect(await codesOf(await site.post(await site.browserOf("alice"), path, sent, asJson))).toEqual(problems)
  })

  it("is for users who are logged in", async () => {
    const site = accountSite()
    expect((await site.get(site.browser(), path)).headers.get("location")).toBe(`/accounts/login/?next=${path}`)
  })

  it("changes the user name too, where that is the address", async () => {
    const site = accountSite({ usernameIsEmail: true })
    const alice = await site.browserOf("alice")
    await site.post(alice, path, { ...form, email: "Alice@New.example" })
    expect(await confirm(site, await site.linkOf())).toBe(true)
    expect(site.user("alice")).toMatchObject({ email: "Alice@new.example", username: "alice@new.example" })
  })
})
