/** Tests how visitors log in and out on the pages of an example. The pages do the same with JavaScript and without. */
import { expect, it } from "vitest"
import type { Service } from "../rig/services.ts"
import { logIn, logOut, placeOf, said, send, sendLogin, sessionCookie, whoIs } from "./chromium.ts"
import type { Example } from "./examples.ts"
import { type BrowserSettings, describeInChromium } from "./in-chromium.ts"

export const testLogin = (example: Example, needs: ReadonlyArray<Service>, settings: BrowserSettings): void =>
  describeInChromium("logging in and out", example, needs, settings, ({ arrives, site }) => {
    it("logs in and out, and shows the current user", async () => {
      const [page, person] = [await arrives(), await site().person()]
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
      const [page, person] = [await arrives(), await site().person()]
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
      const [page, person] = [await arrives(), await site().person()]
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
      const [page, person] = [await arrives(), await site().person()]
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
      expect(asked).toEqual(new Set([site().url]))
    })

    it("logs out by POST only", async () => {
      const [page, person] = [await arrives(), await site().person()]
      await logIn(page, person)
      const answer = await page.goto("/accounts/logout/")
      expect(answer?.status()).toBe(405)
      expect(await whoIs(page)).toEqual({ user: person.username })
    })

    // The forms of Next are Server Actions. They are checked by their Origin, so no token in them can become
    // outdated.
    if (example.name === "next")
      it("accepts a form when the cookies are missing", async () => {
        const [page, person] = [await arrives(), await site().person()]
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
        await sendLogin(page, await site().person())
        await page.getByRole("heading", { name: "This form is out of date" }).waitFor()
        expect(await whoIs(page)).toEqual({ user: null })
        await page.getByRole("link", { name: "Open the page again" }).click()
        await page.getByLabel("Username").waitFor()
      })
  })
