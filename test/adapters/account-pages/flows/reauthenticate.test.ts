/** The page that asks for the password again, on connect. */
import { describe, expect, it } from "vitest"
import { accountPages } from "../../../../src/adapters/account-pages/account-pages.ts"
import { testSite } from "../../../../src/testing/site/test-site.ts"
import { accountSite, asJson, codesOf } from "../site.ts"

const password = "alice's password"
const path = "/accounts/reauthenticate"

const site = (options = {}, auth = {}) =>
  accountSite(options, { userSessions: true, auth: { reauthentication: {}, ...auth } })

describe("the page reauthenticate", () => {
  it("asks for the password and returns to next", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    here.clock.advance({ minutes: 15 })
    const sessions = await here.get(alice, "/accounts/sessions")
    expect(sessions.headers.get("location")).toBe("/accounts/reauthenticate/?next=/accounts/sessions")
    const page = await here.get(alice, `${path}?next=/accounts/sessions`)
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"])
    const html = await page.text()
    expect(html).toContain("Confirm it’s you")
    expect(html).toContain('name="next" value="/accounts/sessions"')
    const done = await here.post(alice, path, { password, next: "/accounts/sessions" })
    expect([done.status, done.headers.get("location")]).toEqual([302, "/accounts/sessions"])
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(200)
  })

  it("asks for nothing after the user has entered the password to change it", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    here.clock.advance({ minutes: 15 })
    const [old_password, another] = [password, "a quite long new one"]
    const form = { old_password, new_password1: another, new_password2: another }
    expect((await here.post(alice, "/accounts/password_change", form)).status).toBe(302)
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(200)
    here.clock.advance({ minutes: 15 })
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(302)
  })

  it("asks for nothing after the user has entered the password to change the address", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    here.clock.advance({ minutes: 15 })
    expect((await here.post(alice, "/accounts/email_change", { email: "new@example.com", password })).status).toBe(302)
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(200)
  })

  it("refuses a wrong password with the text of the other pages, and without a proof", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    here.clock.advance({ minutes: 15 })
    expect(await codesOf(await here.post(alice, path, { password: "bob's password" }, asJson))).toEqual({
      password: ["password_incorrect"]
    })
    expect(await codesOf(await here.post(alice, path, {}, asJson))).toEqual({ password: ["required"] })
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(302)
  })

  it("redirects to no other site", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    for (const next of ["https://evil.example/", "//evil.example", "/%09/evil.example"]) {
      const done = await here.post(alice, path, { password, next })
      expect([next, done.headers.get("location")]).toEqual([next, next.startsWith("/%") ? next : "/"])
    }
  })

  it("needs a CSRF token", async () => {
    const here = site()
    const alice = await here.browserOf("alice")
    const refused = await alice.fetch(here.target, path, {
      method: "POST",
      body: new URLSearchParams({ password, csrfmiddlewaretoken: "x".repeat(64) })
    })
    expect(refused.status).toBe(403)
  })

  it("is for users who are logged in, and in their language", async () => {
    const here = site()
    expect((await here.get(here.browser(), path)).headers.get("location")).toBe(`/accounts/login/?next=${path}`)
    const alice = await here.browserOf("alice")
    const page = await here.get(alice, path, { "accept-language": "de" })
    expect(await page.text()).toContain("geben Sie bitte noch einmal Ihr Passwort ein")
  })

  it("does not exist without the option, and then the sessions page asks for nothing", async () => {
    const here = accountSite({}, { userSessions: true })
    const alice = await here.browserOf("alice")
    expect(await (await here.get(alice, path)).text()).toBe("alice")
    here.clock.advance({ hours: 2 })
    expect((await here.get(alice, "/accounts/sessions")).status).toBe(200)
  })

  it("refuses recentLoginSeconds that has no effect", () => {
    expect(() => accountPages(testSite().auth, { recentLoginSeconds: 60 })).toThrow("recentLoginSeconds has no effect")
    const { auth } = testSite({ auth: { reauthentication: {} } })
    expect(() => accountPages(auth, { recentLoginSeconds: 0 })).toThrow("recentLoginSeconds must be above 0")
  })
})

describe("another proof", () => {
  it("is asked for its own credentials, and its errors are outages", async () => {
    const { auth, authWith, browserOf } = testSite({ auth: { reauthentication: {} } })
    const codes = authWith({
      reauthentication: {},
      loginProofs: {
        code: {
          verify: async (_user, { code }) => {
            if (code === "broken") throw new Error("no connection")
            return code === "123456"
          }
        }
      }
    })
    expect([auth.recordsLogins, codes.recordsLogins]).toEqual([true, true])
    const alice = await browserOf("alice")
    const open = () =>
      codes.open({
        method: "GET",
        target: "/",
        headers: [["Cookie", `sessionid=${alice.cookie("sessionid")}`]],
        transport: { secure: false, serverName: "localhost", serverPort: "80" }
      }).context
    expect(await open().reauthenticate({ code: "000000" })).toBe(false)
    expect(await open().reauthenticate({ code: "123456" })).toBe(true)
    await expect(open().reauthenticate({ code: "broken" })).rejects.toThrow("code is out of reach")
  })
})
