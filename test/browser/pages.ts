/**
 * The pages of every example in a real browser, with JavaScript or without: the pages do the same in both. Each example
 * has a test file for either, so that they run in parallel.
 */
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { Service } from "../rig/services.ts"
import { addToCart, changePassword, launch, logIn, placeOf, said, send, sendLogin, visitor } from "./chromium.ts"
import { type Example, type RunningExample, run } from "./examples.ts"

const logOut = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Log out" }).click()
  await page.getByRole("link", { name: "Log in" }).first().waitFor()
}

/** The user name that the site shows for this browser. */
const whoIs = async (page: Page): Promise<unknown> => (await page.context().request.get("/me")).json()

const sessionCookie = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies()).find(({ name }) => name === "sessionid")?.value

export interface BrowserSettings {
  readonly javaScriptEnabled: boolean
}

/** Tests the pages of an example in a browser. */
export const testPages = (
  example: Example,
  needs: ReadonlyArray<Service>,
  { javaScriptEnabled }: BrowserSettings
): void => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })
  describe.skipIf(![example, ...needs].every(({ available }) => available))(
    `examples/${example.name}, in Chromium ${javaScriptEnabled ? "with" : "without"} JavaScript`,
    () => {
      let browser: Browser
      let site: RunningExample

      beforeAll(async () => {
        ;[browser, site] = await Promise.all([launch(), run(example)])
      })
      afterEach(async () => {
        await Promise.all(browser.contexts().map((context) => context.close()))
      })
      afterAll(async () => {
        await browser?.close()
        await site?.stop()
      })

      const arrives = () => visitor(browser, site, { javaScriptEnabled })

      it("logs in and out, and shows the current user", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await page.goto("/")
        expect(await said(page)).toContain("You are not logged in.")
        await logIn(page, person)
        expect(await said(page)).toContain(person.username)
        await page.goto("/")
        expect(await said(page)).toContain(`You are logged in as ${person.username}.`)
        await logOut(page)
        expect(placeOf(page)).toBe("/")
        expect(await said(page)).toContain("You are not logged in.")
        expect(await sessionCookie(page)).toBeUndefined()
      })

      it("refuses a wrong password and an unknown user name with the same message", async () => {
        const [page, person] = [await arrives(), await site.person()]
        const words: Array<string> = []
        for (const username of [person.username, "nobody"]) {
          await page.goto("/accounts/login/")
          await sendLogin(page, { username, password: "wrong" })
          const summary = page.getByRole("region", { name: "That did not work" })
          words.push(await summary.innerText())
          expect(await page.getByLabel("Username").inputValue()).toBe(username)
          expect(await page.getByLabel("Password").inputValue()).toBe("")
        }
        expect(words).toEqual([words[0], words[0]])
        expect(await whoIs(page)).toEqual({ user: null })
        expect(await sessionCookie(page)).toBeUndefined()
      })

      it("names the field that is empty", async () => {
        const page = await arrives()
        await page.goto("/accounts/login/")
        await send(page, "Log in")
        await page.getByRole("link", { name: "Enter your password." }).click()
        await page.keyboard.type("typed where the link led")
        expect(await page.getByLabel("Password").inputValue()).toBe("typed where the link led")
        expect(await page.getByRole("link", { name: "Enter your username." }).count()).toBe(1)
      })

      it("returns the visitor to the page that required the login", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await page.goto("/accounts/password_change/")
        expect(placeOf(page)).toBe("/accounts/login/?next=/accounts/password_change/")
        await sendLogin(page, { ...person, password: "wrong" })
        await page.getByRole("region", { name: "That did not work" }).waitFor()
        await sendLogin(page, person)
        await page.waitForURL("/accounts/password_change/")
        expect(await said(page)).toContain("Change your password")
      })

      it.each([
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:document.title='evil'"
      ])("redirects no user to %j, given in the address or in the form", async (evil) => {
        const [page, person] = [await arrives(), await site.person()]
        const asked = new Set<string>()
        page.on("request", (request) => asked.add(new URL(request.url()).origin))
        const next = page.locator("input[name=next]")

        await page.goto(`/accounts/login/?next=${encodeURIComponent(evil)}`)
        expect(await next.count()).toBe(0)
        await sendLogin(page, person)
        await page.waitForURL("/accounts/profile/")

        await page.goto("/accounts/login/?next=/cart/")
        await next.evaluate((input: object, value) => void Reflect.set(input, "value", value), evil)
        expect(await next.inputValue()).toBe(evil)
        await sendLogin(page, person)
        await page.waitForURL("/accounts/profile/")
        expect(asked).toEqual(new Set([site.url]))
      })

      it("keeps an anonymous cart at login, under a new key, and deletes it at logout", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await addToCart(page, "A bell & <b>whistles</b>")
        await addToCart(page, "A lamp")
        const before = await sessionCookie(page)
        await logIn(page, person)
        expect(await sessionCookie(page)).not.toBe(before)
        await page.goto("/cart/")
        expect(await page.getByRole("main").getByRole("listitem").allInnerTexts()).toEqual([
          "A bell & <b>whistles</b>",
          "A lamp"
        ])
        await logOut(page)
        await page.goto("/cart/")
        expect(await said(page)).toContain("It is empty.")
      })

      it("does not show the cart of a logged-out user to the next user", async () => {
        const page = await arrives()
        await logIn(page, await site.person())
        await addToCart(page, "A lamp")
        await logIn(page, await site.person())
        await page.goto("/cart/")
        expect(await said(page)).toContain("It is empty.")
      })

      it("logs the second browser out when the password is changed in the first", async () => {
        const person = await site.person()
        const [first, second] = [await arrives(), await arrives()]
        await logIn(first, person)
        await logIn(second, person)
        await changePassword(first, { old: person.password, first: "a new, long one", again: "a new, long one" })
        await first.waitForURL("/accounts/profile/")
        expect(await said(first)).toContain("Your password was changed.")
        await first.reload()
        expect(await said(first)).not.toContain("Your password was changed.")

        await second.reload()
        expect(placeOf(second)).toBe("/accounts/login/?next=/accounts/profile/")
        await sendLogin(second, person)
        await second.getByRole("region", { name: "That did not work" }).waitFor()
        await sendLogin(second, { ...person, password: "a new, long one" })
        await second.waitForURL("/accounts/profile/")
      })

      it("refuses a password that fails validation, gives the reason, and keeps the old one", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await logIn(page, person)
        const problems = page.getByRole("region", { name: "That did not work" }).getByRole("listitem")

        await changePassword(page, { old: "not it", first: "123456", again: "1234567" })
        await problems.first().waitFor()
        expect(await problems.allInnerTexts()).toEqual([
          "This is not your old password.",
          "This password is too short. It must contain at least 8 characters.",
          "This password is too common.",
          "This password is entirely numeric.",
          "This is not the same as the new password."
        ])
        await changePassword(page, { old: person.password, first: person.username, again: person.username })
        await problems.first().waitFor()
        expect(await problems.allInnerTexts()).toContain("The password is too similar to the username.")
        await logOut(page)
        await logIn(page, person)
      })

      it("logs out by POST only", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await logIn(page, person)
        const answer = await page.goto("/accounts/logout/")
        expect(answer?.status()).toBe(405)
        expect(await whoIs(page)).toEqual({ user: person.username })
      })

      it("a form on another site neither logs out nor changes anything", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await logIn(page, person)
        for (const action of ["/accounts/logout/", "/cart/"]) {
          await page.route("http://evil.example/", (route) =>
            route.fulfill({
              contentType: "text/html",
              body: `<form method=post action="${site.url}${action}"><input name=item value=evil><button>Win</button></form>`
            })
          )
          await page.goto("http://evil.example/")
          const answered = page.waitForResponse(site.url + action)
          await page.getByRole("button", { name: "Win" }).click()
          expect((await answered).status()).toBe(403)
          await page.unroute("http://evil.example/")
        }
        expect(await whoIs(page)).toEqual({ user: person.username })
        await page.goto("/cart/")
        expect(await said(page)).toContain("It is empty.")
      })

      it("shows nothing private after the logout when the visitor goes back", async () => {
        const [page, person] = [await arrives(), await site.person()]
        await logIn(page, person)
        await page.goto("/accounts/password_change/")
        await page.goto("/")
        await logOut(page)
        for (const path of ["/", "/accounts/login/?next=/accounts/password_change/"]) {
          // A page from the back/forward cache is there at once and causes no load event.
          await page.goBack({ waitUntil: "commit" })
          await page.getByRole("heading", { level: 1 }).waitFor()
          expect(placeOf(page)).toBe(path)
          expect(await page.content()).not.toContain(person.username)
        }
      })

      // The forms of Next are Server Actions. They are checked by their Origin, so no token in them can become
      // outdated.
      if (example.name === "next")
        it("accepts a form when the cookies are missing", async () => {
          const [page, person] = [await arrives(), await site.person()]
          await page.goto("/accounts/login/")
          await page.context().clearCookies()
          await sendLogin(page, person)
          await page.waitForURL("/accounts/profile/")
          expect(await whoIs(page)).toEqual({ user: person.username })
        })
      else
        it("explains that a form is out of date", async () => {
          const page = await arrives()
          await page.goto("/accounts/login/")
          await page.context().clearCookies()
          await sendLogin(page, await site.person())
          await page.getByRole("heading", { name: "This form is out of date" }).waitFor()
          expect(await whoIs(page)).toEqual({ user: null })
          await page.getByRole("link", { name: "Open the page again" }).click()
          await page.getByLabel("Username").waitFor()
        })

      it("forbids caches to store a page that shows a user", async () => {
        const page = await visitor(browser, site)
        await logIn(page, await site.person())
        for (const path of ["/", "/cart/", "/accounts/login/", "/accounts/profile/", "/accounts/password_change/"]) {
          const answer = await page.goto(path)
          const { "cache-control": cache = "", vary = "" } = (await answer?.allHeaders()) ?? {}
          expect([
            path,
            cache
              .split(/, */)
              .filter((word) => /^(no-store|private)$/.test(word))
              .sort()
          ]).toEqual([path, ["no-store", "private"]])
          // Next itself sets a page's Vary; a page that is not stored cannot be shown to another user.
          if (example.name !== "next") expect(vary.toLowerCase().split(/, */)).toContain("cookie")
        }
      })
    }
  )
}
