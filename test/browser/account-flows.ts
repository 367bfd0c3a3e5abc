/**
 * The account pages of the examples, walked through in Chromium with and without JavaScript, with mails over SMTP. Each
 * example has a test file for them.
 */
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { Site } from "../rig/django.ts"
import { startExample } from "../rig/example.ts"
import { formVisitor } from "../rig/form-visitor.ts"
import { bodyOf, type MailServer, startMailServer } from "../rig/mail-server.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"
import { launch, placeOf, visitor, whoIs } from "./chromium.ts"
import type { Example } from "./examples.ts"

export const testAccountFlows = (example: Example): void => {
  const needs = [example, longSuite(), service("postgres"), service("chromium")]
  describe.skipIf(!needs.every(({ available }) => available))(
    `examples/${example.name}, account pages, in Chromium`,
    () => {
      let browser: Browser
      let database: PostgresServer
      let mails: MailServer
      let site: Site

      beforeAll(async () => {
        ;[browser, database, mails] = await Promise.all([launch(), startPostgres(), startMailServer()])
        site = await startExample({
          entry: example.entry,
          databaseUrl: database.url,
          secretKey: "browsers-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
          passwordIterations: 1,
          env: { SMTP_URL: `smtp://127.0.0.1:${mails.port}`, POSTGRES_OPTIONS: JSON.stringify({ userSessions: true }) }
        })
      })
      afterEach(async () => {
        await Promise.all(browser.contexts().map((context) => context.close()))
      })
      afterAll(async () => {
        await browser?.close()
        await site?.stop()
        await mails?.close()
        await database?.stop()
      })

      describe.each([
        ["without", false],
        ["with", true]
      ])("%s JavaScript", (_, javaScriptEnabled) => {
        /** The users of each walk have names of their own. */
        const named = (name: string): string => (javaScriptEnabled ? `${name}.js` : name)
        const at = (name: string): string => `${named(name)}@shop.example`

        const arrives = () => visitor(browser, site, { javaScriptEnabled })

        const fill = async (page: Page, fields: Readonly<Record<string, string>>): Promise<void> => {
          for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
        }
        const press = (page: Page, button: string): Promise<void> =>
          page.getByRole("main").getByRole("button", { name: button, exact: true }).first().click()
        const heading = (page: Page): Promise<string> => page.getByRole("heading", { level: 1 }).innerText()
        const problems = (page: Page): Promise<ReadonlyArray<string>> =>
          page.getByRole("alert").getByRole("listitem").allInnerTexts()

        /** The newest mail to an address, once there are `count`. */
        const mailTo = async (address: string, count = 1): Promise<string> => {
          const found = () => mails.received.filter(({ to }) => to.includes(address))
          await vi.waitFor(() => expect(found()).toHaveLength(count), { timeout: 20_000 })
          const [newest] = found().slice(-1)
          return newest === undefined ? "" : bodyOf(newest)
        }
        const linkIn = (text: string): string => /https?:\/\/\S+/.exec(text)?.[0] ?? ""

        const password = "a long, first one"

        /** Signs up and confirms the address, without the browser. */
        const signUp = async (name: string): Promise<Page> => {
          const visit = formVisitor(site.url)
          await visit.get("/account/signup")
          const form = { username: named(name), email: at(name), password1: password, password2: password }
          await visit.send("/account/signup", form)
          const { pathname } = new URL(linkIn(await mailTo(at(name))))
          const { location } = await visit.get(pathname)
          await visit.send(location ?? "", { password })
          const page = await arrives()
          await page.context().addCookies([...visit.jar].map(([name, value]) => ({ name, value, url: site.url })))
          return page
        }

        const logIn = async (username: string, password: string): Promise<Page> => {
          const page = await arrives()
          await page.goto("/account/login")
          await fill(page, { Username: named(username), Password: password })
          await press(page, "Log in")
          return page
        }

        it("sign up: mistakes, a mail, the password again, logged in", async () => {
          const page = await arrives()
          await page.goto("/account/signup")
          await press(page, "Sign up")
          expect(await page.title()).toBe("Error: Sign up | latchkey demo")
          expect(await problems(page)).toEqual([
            "Username: This field is required.",
            "Email address: This field is required.",
            "Password: This field is required.",
            "Password confirmation: This field is required."
          ])
          await fill(page, {
            Username: named("åsa"),
            "Email address": at("asa"),
            Password: password,
            "Password confirmation": "another"
          })
          await press(page, "Sign up")
          expect(await problems(page)).toEqual(["Password confirmation: The two password fields didn’t match."])
          expect(await page.getByLabel("Username").inputValue()).toBe(named("åsa"))
          await fill(page, { Password: password, "Password confirmation": password })
          await press(page, "Sign up")
          expect([placeOf(page), await heading(page)]).toEqual(["/account/signup/done", "Check your email"])

          const text = await mailTo(at("asa"))
          expect(text).not.toContain(named("åsa"))
          expect((await (await logIn("åsa", password)).content()).includes("Please enter a correct username")).toBe(
            true
          )
          const link = linkIn(text)
          await page.goto(link)
          expect(placeOf(page)).toMatch(/^\/account\/verify\/[^/]+\/set-password$/)
          await fill(page, { Password: "not it" })
          await press(page, "Confirm and log in")
          expect(await problems(page)).toEqual([
            "Password: Your password was entered incorrectly. Please enter it again."
          ])
          await fill(page, { Password: password })
          await press(page, "Confirm and log in")
          expect([placeOf(page), await whoIs(page)]).toEqual(["/", { user: named("åsa") }])

          await page.goto(link)
          expect(await heading(page)).toBe("Confirmation unsuccessful")
        })

        it("sign up with the address of another: the same page, and a mail to its owner", async () => {
          await signUp("owner")
          const page = await arrives()
          await page.goto("/account/signup")
          await fill(page, {
            Username: named("stranger"),
            "Email address": at("owner"),
            Password: password,
            "Password confirmation": password
          })
          await press(page, "Sign up")
          expect([placeOf(page), await heading(page)]).toEqual(["/account/signup/done", "Check your email"])
          expect(await mailTo(at("owner"), 2)).toContain("you already have an account there")
          expect(await (await logIn("stranger", password)).title()).toMatch(/^Error/)
        })

        it("reset a password: a mail, the token leaves the URL, other sessions end, the link works once", async () => {
          const before = await signUp("bea")
          const page = await arrives()
          await page.goto("/account/login")
          await page.getByRole("link", { name: "Forgotten your password?" }).click()
          await fill(page, { "Email address": at("bea") })
          await press(page, "Reset my password")
          expect([placeOf(page), await heading(page)]).toEqual(["/account/password_reset/done", "Password reset sent"])
          const text = await mailTo(at("bea"), 2)
          expect(text).toContain(`Your username, in case you’ve forgotten: ${named("bea")}`)
          const link = linkIn(text)
          await page.goto(link)
          expect(placeOf(page)).toMatch(/^\/account\/reset\/[^/]+\/set-password$/)
          await fill(page, { "New password": "123", "New password confirmation": "123" })
          await press(page, "Change my password")
          expect((await problems(page)).join()).toContain(
            "This password is too short. It must contain at least 8 characters."
          )
          await fill(page, { "New password": "a second, long one", "New password confirmation": "a second, long one" })
          await press(page, "Change my password")
          expect([placeOf(page), await heading(page)]).toEqual(["/account/reset/done", "Password reset complete"])
          expect(await whoIs(before)).toEqual({ user: null })
          await page.goto(link)
          expect(await heading(page)).toBe("Password reset unsuccessful")
          expect(await whoIs(await logIn("bea", "a second, long one"))).toEqual({ user: named("bea") })
        })

        it("change the password: this session stays, others end", async () => {
          const page = await signUp("cleo")
          const other = await logIn("cleo", password)
          await page.goto("/account/password_change")
          await fill(page, {
            "Old password": "not it",
            "New password": "a second, long one",
            "New password confirmation": "a second, long one"
          })
          await press(page, "Change my password")
          expect(await problems(page)).toEqual([
            "Old password: Your old password was entered incorrectly. Please enter it again."
          ])
          await fill(page, {
            "Old password": password,
            "New password": "a second, long one",
            "New password confirmation": "a second, long one"
          })
          await press(page, "Change my password")
          expect(await heading(page)).toBe("Password change successful")
          expect([await whoIs(page), await whoIs(other)]).toEqual([{ user: named("cleo") }, { user: null }])
        })

        it("change the address: confirmed at the new one, told to the old one", async () => {
          const page = await signUp("dora")
          await page.goto("/account/email_change")
          await fill(page, { "Email address": `${named("dora")}@new.example`, Password: password })
          await press(page, "Send the link")
          expect([placeOf(page), await heading(page)]).toEqual(["/account/email_change/done", "Check your email"])
          const link = linkIn(await mailTo(`${named("dora")}@new.example`))
          await page.goto(link)
          expect(await page.getByRole("main").innerText()).toContain(
            `Use ${named("dora")}@new.example for your account?`
          )
          await press(page, "Use this address")
          expect(await heading(page)).toBe("Email address changed")
          expect(await mailTo(at("dora"), 2)).toContain(`was changed to ${named("dora")}@new.example`)
          await page.goto(link)
          expect(await heading(page)).toBe("Email address not changed")
        })

        it("send a form whose cookie is gone: a page says so, and leads back to the form", async () => {
          const page = await arrives()
          await page.goto("/account/login")
          await page.context().clearCookies()
          await fill(page, { Username: named("nemo"), Password: password })
          await press(page, "Log in")
          expect(await heading(page)).toBe("This form is out of date")
          await page.getByRole("link", { name: "Open the page again" }).click()
          expect([await heading(page), placeOf(page)]).toEqual(["Log in", "/account/login"])
        })

        it("see where they are logged in, and end other sessions", async () => {
          const page = await signUp("hanna")
          const [second, third] = [await logIn("hanna", password), await logIn("hanna", password)]
          await page.goto("/account/sessions")
          const listed = page.locator(".sessions").getByRole("listitem")
          expect(await listed.count()).toBe(3)
          expect(
            (await listed.getByRole("heading").allInnerTexts()).filter((text) => text === "This browser")
          ).toHaveLength(1)
          // Next does not tell the address of the client.
          const address = example.name === "next" ? "Last seen" : "127.0.0.1"
          expect(await listed.first().innerText()).toContain(address)
          expect(await page.getByRole("navigation").innerText()).toContain(`You are logged in as ${named("hanna")}.`)
          await listed.getByRole("button").first().click()
          expect([placeOf(page), await listed.count()]).toEqual(["/account/sessions", 2])
          const others = async () =>
            [await whoIs(second), await whoIs(third)].filter((who) => JSON.stringify(who).includes(named("hanna")))
          expect(await others()).toHaveLength(1)
          await press(page, "End all other sessions")
          expect([await listed.count(), await page.getByText("No other browser is logged in.").count()]).toEqual([1, 1])
          expect([await others(), await whoIs(page)]).toEqual([[], { user: named("hanna") }])
        })

        it("log out by a button, and delete the account with the password", async () => {
          const page = await signUp("emil")
          await page.goto("/account/delete")
          await press(page, "Log out")
          expect([await heading(page), await whoIs(page)]).toEqual(["Logged out", { user: null }])
          await page.getByRole("link", { name: "Log in again" }).click()
          await fill(page, { Username: named("emil"), Password: password })
          await press(page, "Log in")
          await page.goto("/account/delete")
          await fill(page, { Password: password })
          await press(page, "Delete my account")
          expect([await heading(page), await whoIs(page)]).toEqual(["Account deleted", { user: null }])
          expect(await problems(await logIn("emil", password))).toHaveLength(1)
        })

        it("deactivate the account: every session ends, and no login is possible", async () => {
          const page = await signUp("greta")
          const other = await logIn("greta", password)
          await page.goto("/account/deactivate")
          await fill(page, { Password: "not it" })
          await press(page, "Deactivate my account")
          expect(await problems(page)).toEqual([
            "Password: Your password was entered incorrectly. Please enter it again."
          ])
          expect(await whoIs(other)).toEqual({ user: named("greta") })
          await page.goto("/account/deactivate")
          await fill(page, { Password: password })
          await press(page, "Deactivate my account")
          expect([await heading(page), await whoIs(page)]).toEqual(["Account deactivated", { user: null }])
          expect(await whoIs(other)).toEqual({ user: null })
          expect((await problems(await logIn("greta", password))).join()).toContain("Please enter a correct username")
        })

        it("speak German to a visitor who prefers it, in pages and in mails", async () => {
          await signUp("fritz")
          const page = await visitor(browser, site, { javaScriptEnabled, locale: "de-AT" })
          await page.goto("/account/password_reset")
          await fill(page, { "E-Mail-Adresse": at("fritz") })
          await press(page, "Passwort zurücksetzen")
          expect(await heading(page)).toBe("Sehen Sie in Ihr Postfach")
          expect(await mailTo(at("fritz"), 2)).toContain("wählen Sie ein neues Passwort")
        })
      })
    }
  )
}
