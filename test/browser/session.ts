/** Tests what belongs to a session on the pages of an example: the cart, the password, pages of former users. The pages do the same with JavaScript and without. */
import { expect, it } from "vitest"
import type { Service } from "../rig/services.ts"
import { addToCart, changePassword, logIn, logOut, placeOf, said, sendLogin, sessionCookie, whoIs } from "./chromium.ts"
import type { Example } from "./examples.ts"
import { type BrowserSettings, describeInChromium } from "./in-chromium.ts"

export const testSession = (example: Example, needs: ReadonlyArray<Service>, settings: BrowserSettings): void =>
  describeInChromium("a session", example, needs, settings, ({ arrives, site }) => {
    it("keeps an anonymous cart at login, under a new key, and deletes it at logout", async () => {
      const [page, person] = [await arrives(), await site().person()]
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
      await logIn(page, await site().person())
      await addToCart(page, "A lamp")
      await logIn(page, await site().person())
      await page.goto("/cart/")
      expect(await said(page)).toContain("It is empty.")
    })

    it("logs the second browser out when the password is changed in the first", async () => {
      const person = await site().person()
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
      const [page, person] = [await arrives(), await site().person()]
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

    it("a form on another site neither logs out nor changes anything", async () => {
      const [page, person] = [await arrives(), await site().person()]
      await logIn(page, person)
      for (const action of ["/accounts/logout/", "/cart/"]) {
        await page.route("http://evil.example/", (route) =>
          route.fulfill({
            contentType: "text/html",
            body: `<form method=post action="${site().url}${action}"><input name=item value=evil><button>Win</button></form>`
          })
        )
        await page.goto("http://evil.example/")
        const answered = page.waitForResponse(site().url + action)
        await page.getByRole("button", { name: "Win" }).click()
        expect((await answered).status()).toBe(403)
        await page.unroute("http://evil.example/")
      }
      expect(await whoIs(page)).toEqual({ user: person.username })
      await page.goto("/cart/")
      expect(await said(page)).toContain("It is empty.")
    })

    it("shows nothing private after the logout when the visitor goes back", async () => {
      const [page, person] = [await arrives(), await site().person()]
      await logIn(page, person)
      await page.goto("/accounts/password_change/")
      await page.goto("/")
      await logOut(page)
      for (const path of ["/", "/accounts/login/?next=/accounts/password_change/"]) {
        // A page from the back/forward cache is shown immediately and causes no load event.
        await page.goBack({ waitUntil: "commit" })
        await page.getByRole("heading", { level: 1 }).waitFor()
        expect(placeOf(page)).toBe(path)
        expect(await page.content()).not.toContain(person.username)
      }
    })

    it("forbids caches to store a page that shows a user", async () => {
      const page = await arrives()
      await logIn(page, await site().person())
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
  })
