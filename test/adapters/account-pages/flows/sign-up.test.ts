/** Sign-up pages, on connect. */

import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { minimumLength, userAttributeSimilarity } from "../../../../src/core/password/validators.ts"
import type { Browser } from "../../../../src/testing/browser/browser.ts"
import { type AccountSite, accountSite, asJson, codesOf } from "../site.ts"

const path = "/accounts/signup"
const carol = { username: "carol", email: "carol@Example.com", password1: "a horse", password2: "a horse" }

const opened = async (site: AccountSite, browser: Browser, link: string): Promise<string> =>
  (await site.get(browser, link)).headers.get("location") ?? ""

describe("sign-up with a link", () => {
  it("stores nothing; the link and the password create the account", async () => {
    const site = accountSite({ signUp: true, loginRedirectUrl: "/home" })
    const browser = site.browser()
    const sent = await site.post(browser, path, carol)
    expect([sent.status, sent.headers.get("location")]).toEqual([302, `${path}/done`])
    const link = await site.linkOf()
    expect(site.mails[0]?.to).toBe("carol@example.com")
    await site.post(browser, "/accounts/login", { username: "carol", password: "a horse" })
    expect([await site.whoIs(browser), site.stored("carol")]).toEqual(["anonymous", undefined])
    const page = await opened(site, browser, link)
    expect(page).toBe(link.replace(/[^/]+$/, "set-password"))
    expect(await (await site.get(browser, page)).text()).toContain("Confirm your email address")
    const wrong = await site.post(browser, page, { password: "wrong" }, asJson)
    expect(await codesOf(wrong)).toEqual({ password: ["password_incorrect"] })
    const done = await site.post(browser, page, { password: "a horse" })
    expect([done.status, done.headers.get("location")]).toEqual([302, "/home"])
    expect(await site.whoIs(browser)).toBe("carol")
    expect(site.stored("carol")).toMatchObject({ email: "carol@example.com", isActive: true, isStaff: false })
  })

  it("refuses a used link, also when the account was disabled since", async () => {
    const site = accountSite({ signUp: true })
    await site.post(site.browser(), path, carol)
    const link = await site.linkOf()
    const browser = site.browser()
    await site.post(browser, await opened(site, browser, link), { password: "a horse" })
    expect(await opened(site, site.browser(), link)).toBe("")
    site.stores.users.change(String(site.stored("carol")?.id), { isActive: false })
    expect(await opened(site, site.browser(), link)).toBe("")
  })

  it("tells only the owner that an address has an account already", async () => {
    const site = accountSite({ signUp: true })
    const sent = await site.post(site.browser(), path, { ...carol, email: "ALICE@example.com" })
    expect(sent.headers.get("location")).toBe(`${path}/done`)
    expect(await site.linkOf()).toBe("/accounts/password_reset")
    expect(site.mails[0]?.to).toBe("alice@example.com")
    const again = await site.post(site.browser(), "/accounts/login", { username: "carol", password: "a horse" }, asJson)
    expect(await codesOf(again)).toEqual({ __all__: ["invalid_login"] })
  })

  it("is open to the owner of an address that another visitor signed up with before", async () => {
    const site = accountSite({ signUp: true })
    await site.post(site.browser(), path, { ...carol, username: "thief", password1: "theft", password2: "theft" })
    const first = await site.linkOf()
    await site.post(site.browser(), path, carol)
    const [owner, thief] = [site.browser(), site.browser()]
    const theirs = await opened(site, thief, first)
    await site.post(owner, await opened(site, owner, await site.linkOf(2)), { password: "a horse" })
    expect(await site.whoIs(owner)).toBe("carol")
    expect((await site.post(thief, theirs, { password: "theft" }, asJson)).status).toBe(400)
    expect(await site.whoIs(thief)).toBe("anonymous")
    expect(site.stored("thief")).toBeUndefined()
  })

  it("may be repeated with another password, when the first mail was lost", async () => {
    const site = accountSite({ signUp: true })
    await site.post(site.browser(), path, { ...carol, password1: "the first", password2: "the first" })
    const first = await site.linkOf()
    expect((await site.post(site.browser(), path, carol)).headers.get("location")).toBe(`${path}/done`)
    const browser = site.browser()
    await site.post(browser, await opened(site, browser, await site.linkOf(2)), { password: "a horse" })
    expect(await site.whoIs(browser)).toBe("carol")
    expect(await opened(site, site.browser(), first)).toBe("")
  })

  it("leaves every account with the name as it is, and mails only its owner", async () => {
    const prepare: ReadonlyArray<(users: AccountSite["stores"]["users"], id: string) => unknown> = [
      () => {},
      (users, id) => users.change(id, { isStaff: true }),
      (users, id) => users.change(id, { isSuperuser: true }),
      (users, id) => users.change(id, { lastLoginAt: 1 }),
      (users, id) => users.setPermissions(id, ["shop.view_order"]),
      (users, id) => users.setGroups(id, ["editors"]),
      (users, id) => Effect.runSync(users.setPassword(id, "!unusable"))
    ]
    for (const each of prepare) {
      const site = accountSite({ signUp: true })
      const id = String(site.user("ghost").id)
      each(site.stores.users, id)
      const before = Effect.runSync(site.stores.users.findById(id))
      const ghost = { ...carol, username: "ghost", email: "ghost@example.com" }
      expect((await site.post(site.browser(), path, ghost)).headers.get("location")).toBe(`${path}/done`)
      await expect.poll(() => site.mails.map(({ to }) => to)).toEqual(["ghost@example.com"])
      expect(site.mails[0]?.text).not.toContain("/verify/")
      expect(Effect.runSync(site.stores.users.findById(id))).toEqual(before)
      const other = { ...ghost, email: "other@example.com" }
      expect(await codesOf(await site.post(site.browser(), path, other, asJson))).toEqual({ username: ["unique"] })
      expect(Effect.runSync(site.stores.users.findById(id))).toEqual(before)
    }
  })

  it("refuses a link whose name or address got an account since, on its page and for its form", async () => {
    for (const [username, email] of [
      ["carol", "other@example.com"],
      ["other", "carol@example.com"]
    ] as const) {
      const site = accountSite({ signUp: true })
      await site.post(site.browser(), path, carol)
      const [browser, link] = [site.browser(), await site.linkOf()]
      const page = await opened(site, browser, link)
      const user = await site.auth.createUser({ username, email, password: "the other password" })
      expect((await site.post(browser, page, { password: "a horse" }, asJson)).status).toBe(400)
      expect(await site.whoIs(browser)).toBe("anonymous")
      expect(await site.auth.checkPassword(user ?? expect.fail("taken"), "the other password")).toBe(true)
    }
  })

  it("sends a link that is in neither the session nor the page as the password or the address", async () => {
    const site = accountSite({ signUp: true })
    await site.post(site.browser(), path, carol)
    const [browser, link] = [site.browser(), await site.linkOf()]
    expect(Buffer.from(link.split("/").at(-1) ?? "", "base64url").toString("latin1")).not.toMatch(/instant|carol@/)
    expect(await (await site.get(browser, await opened(site, browser, link))).text()).not.toContain(
      link.split("/").at(-1)
    )
  })

  it("does not reset the password of an account that was never confirmed", async () => {
    const site = accountSite({ signUp: true })
    await site.post(site.browser(), "/accounts/password_reset", { email: "ghost@example.com" })
    await site.post(site.browser(), "/accounts/password_reset", { email: "alice@example.com" })
    await site.linkOf()
    expect(site.mails[0]?.to).toBe("alice@example.com")
  })
})

describe("the sign-up form", () => {
  it.each([
    ["nothing", {}, { username: ["required"], email: ["required"], password1: ["required"], password2: ["required"] }],
    ["a name that is taken", { username: "alice" }, { username: ["unique"] }],
    ["a name with a space", { username: "a b" }, { username: ["invalid"] }],
    ["a name that is too long", { username: "a".repeat(151) }, { username: ["max_length"] }],
    ["an address without @", { email: "carol" }, { email: ["invalid"] }],
    ["an address that is too long", { email: `${"a".repeat(250)}@example.com` }, { email: ["max_length"] }],
    ["different passwords", { password2: "another" }, { password2: ["password_mismatch"] }],
    [
      "a password like the name",
      { password1: "carol", password2: "carol" },
      { password2: ["password_too_similar", "password_too_short"] }
    ]
  ])("refuses %s, at its place", async (_, changed, problems) => {
    const validators = { auth: { passwordValidators: [userAttributeSimilarity(), minimumLength(6)] } }
    const site = accountSite({ signUp: true }, validators)
    const form = Object.keys(changed).length === 0 ? {} : { ...carol, ...changed }
    expect(await codesOf(await site.post(site.browser(), path, form, asJson))).toEqual(problems)
  })

  it("shows the other fields again, but no password", async () => {
    const site = accountSite({ signUp: true })
    const html = await (await site.post(site.browser(), path, { ...carol, password2: "another" })).text()
    expect(html).toContain('value="carol@Example.com"')
    expect(html).not.toContain("a horse")
  })

  it("is not there unless the option says so", async () => {
    const site = accountSite()
    expect(await (await site.get(site.browser(), path)).text()).toBe("anonymous")
  })
})

describe("sign-up without a link", () => {
  it("logs in immediately, and goes to next", async () => {
    const site = accountSite({ signUp: true, verifyEmail: false })
    const browser = site.browser()
    const { email: _, ...withoutEmail } = carol
    const done = await site.post(browser, path, { ...withoutEmail, next: "/cart" })
    expect([done.status, done.headers.get("location")]).toEqual([302, "/cart"])
    expect(await site.whoIs(browser)).toBe("carol")
  })

  it("gives no rights that a form asks for", async () => {
    const site = accountSite({ signUp: true, verifyEmail: false })
    const browser = site.browser()
    const rights = { isStaff: "true", isSuperuser: "true", is_staff: "on", is_superuser: "on" }
    await site.post(browser, path, { ...carol, ...rights })
    expect(site.stored("carol")).toMatchObject({ username: "carol", isStaff: false, isSuperuser: false })
  })
})

describe("sign-up where the address is the user name", () => {
  const { username: _, ...form } = carol

  it("stores and logs in the address in any case", async () => {
    const site = accountSite({ signUp: true, usernameIsEmail: true })
    const browser = site.browser()
    await site.post(browser, path, { ...form, email: "Carol@Example.com" })
    const page = await opened(site, browser, await site.linkOf())
    await site.post(browser, page, { password: "a horse" })
    expect(await site.whoIs(browser)).toBe("carol@example.com")
    const other = site.browser()
    await site.post(other, "/accounts/login", { username: "CAROL@example.com", password: "a horse" })
    expect(await site.whoIs(other)).toBe("carol@example.com")
  })

  it("gives the same answer for an address that is taken", async () => {
    const site = accountSite({ signUp: true, usernameIsEmail: true })
    const answers = []
    for (const email of ["carol@example.com", "Carol@example.com", "alice@example.com", "ghost@example.com"])
      answers.push((await site.post(site.browser(), path, { ...form, email })).headers.get("location"))
    expect(new Set(answers)).toEqual(new Set([`${path}/done`]))
  })
})
