/** The components for account pages on a real Next, in Chromium, with and without JavaScript. */
import type { Page } from "playwright-core"
import { expect, it, vi } from "vitest"
import { Browser } from "../../src/testing/browser/browser.ts"
import { launch } from "../browser/chromium.ts"
import { browser } from "../rig/browser.ts"

interface Site {
  /** The path as Next writes it for a page. */
  readonly at: (path: string) => string
  readonly basePath: string
  readonly url: () => string
}

const alice = { username: "alice", password: "correct horse" }

/** Pages of the test application whose components need React 19. */
export const componentPages = ["own-login", "own-sessions", "accounts/reset", "accounts/verify", "accounts/email"]

export const testComponents = ({ at, basePath, url }: Site): void => {
  /** Visits the site in Chromium. */
  const walk = async (
    visit: (page: Page, javaScriptEnabled: boolean) => Promise<void>,
    locale: "de-DE" | "en-US" = "en-US"
  ) => {
    const chromium = await launch()
    try {
      for (const javaScriptEnabled of [true, false]) {
        const context = await chromium.newContext({ javaScriptEnabled, locale })
        await visit(await context.newPage(), javaScriptEnabled)
        await context.close()
      }
    } finally {
      await chromium.close()
    }
  }

  const isAt = (path: string) => (place: URL) => place.pathname.startsWith(basePath + path)
  const logInElsewhere = async () => {
    const other = browser()
    await other.post({ url: url() }, at("/api/login"), alice)
    return other
  }

  /** The newest link of a kind in the mails, which `send` makes the site send. */
  const linkAfter = async (kind: "reset" | "verify" | "email", send: () => Promise<unknown>): Promise<string> => {
    const links = async () => {
      const { text } = await browser().get({ url: url() }, at("/mails"))
      return text.match(new RegExp(`http:[^\\s\\\\]*/accounts/${kind}/[^\\s\\\\"]*`, "g")) ?? []
    }
    const before = (await links()).length
    await send()
    await vi.waitFor(async () => expect((await links()).length).toBe(before + 1), 20_000)
    return (await links()).at(-1) ?? ""
  }

  /** Opens a link, which redirects to the application's own page. */
  const open = async (page: Page, link: string) => {
    await page.goto(link)
    expect(page.url()).toMatch(/\/set-password\/?$/)
    await page.locator("main#own").waitFor()
  }

  it("shows a form of the account pages as a component, also without JavaScript", () =>
    walk(async (page) => {
      const shown = await page.goto(`${url()}${at("/own-login")}?next=${at("/members")}`)
      expect(shown?.headers()["cache-control"]).toContain("no-store")
      await page.getByLabel("Benutzername").fill(alice.username)
      await page.getByLabel("Passwort").fill("wrong")
      await page.getByRole("button").click()
      const problem = page.getByRole("alert").filter({ hasText: "falsch" })
      await problem.waitFor()
      await problem.and(page.locator(":focus")).waitFor()
      expect(await page.getByLabel("Benutzername").inputValue()).toBe(alice.username)
      await page.getByLabel("Passwort").fill(alice.password)
      await page.getByRole("button").click()
      await page.waitForURL((place) => place.pathname === at("/members"))
    }, "de-DE"))

  it("shows the sessions of the user and logout as components, also without JavaScript", () =>
    walk(async (page) => {
      const endOthers = page.getByRole("button", { name: "End all other sessions" })
      const alone = page.getByText("No other browser is logged in.")
      const logIn = async () => {
        await page.goto(`${url()}${at("/own-login")}?next=${at("/own-sessions")}`)
        await page.getByLabel("Username").fill(alice.username)
        await page.getByLabel("Password").fill(alice.password)
        await page.getByRole("button").click()
        await endOthers.waitFor()
      }
      await logInElsewhere()
      await logIn()
      await page.context().clearCookies()
      await endOthers.click()
      await page.waitForURL(isAt("/login"))
      expect(new URL(page.url()).searchParams.get("next")).toBe(at("/own-sessions"))
      await logIn()
      await endOthers.click()
      await alone.waitFor()
      expect(await page.locator("#count").textContent()).toBe("1")
      const other = await logInElsewhere()
      await page.reload()
      expect(await page.locator("main li").count()).toBe(2)
      await page.getByRole("button", { name: /^End session: / }).click()
      await alone.waitFor()
      expect((await other.get({ url: url() }, at("/members"))).status).toBe(302)
      await page.getByRole("button", { name: "Log out" }).click()
      await page.waitForURL(isAt("/own-login"))
      await page.goto(url() + at("/own-sessions"))
      await page.waitForURL(isAt("/login"))
    }))

  it("shows the forms of links in mails as components, also without JavaScript", () =>
    walk(async (page, javaScriptEnabled) => {
      const visitor = new Browser({ origin: url() })
      const send = (path: string, form: Readonly<Record<string, string>>) =>
        visitor.fetch(url(), at(`/accounts/${path}`), { form })
      const reset = await linkAfter("reset", () => send("password_reset", { email: "alice@shop.example" }))
      await open(page, reset)
      await page.getByLabel("New password", { exact: true }).fill(alice.password)
      await page.getByLabel("New password confirmation").fill(alice.password)
      await page.getByRole("button").click()
      await page.getByText("Your password has been set.").waitFor()
      await page.goto(reset)
      await page.getByText("The password reset link was invalid").waitFor()

      const username = javaScriptEnabled ? "carol" : "dora"
      const { password } = alice
      const email = `${username}@shop.example`
      const account = { username, email, password1: password, password2: password }
      await open(page, await linkAfter("verify", () => send("signup", account)))
      await page.getByLabel("Password").fill("wrong")
      await page.getByRole("button").click()
      await page.getByRole("alert").filter({ hasText: "password" }).waitFor()
      await page.getByLabel("Password").fill(password)
      await page.getByRole("button").click()
      await page.locator("#account", { hasText: username }).waitFor()

      await send("login", { username, password })
      const change = { email: `new-${email}`, password }
      await open(page, await linkAfter("email", () => send("email_change", change)))
      await page.getByText(change.email).waitFor()
      await page.getByRole("button").click()
      await page.waitForURL(isAt("/accounts/email/done"))
    }))
}
