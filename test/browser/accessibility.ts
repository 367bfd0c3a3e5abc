/**
 * Whether the pages of every example are usable with a keyboard and a screen reader. All examples share the trees in
 * `aria/`; `vitest run test/browser/accessibility-node.test.ts --update` writes them again.
 */
import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import type { Service } from "../rig/services.ts"
import { addToCart, changePassword, logIn, send, sendLogin } from "./chromium.ts"
import type { Example, Person } from "./examples.ts"
import { describeInChromium } from "./in-chromium.ts"

/** How to open every page, in every state that looks different. */
const states: Readonly<Record<string, (page: Page, person: Person) => Promise<unknown>>> = {
  "home-anonymous": (page) => page.goto("/"),
  "cart-empty": (page) => page.goto("/cart/"),
  "cart-problem": async (page) => {
    await addToCart(page, "A lamp")
    await send(page, "Add to cart")
    await summary(page)
  },
  login: (page) => page.goto("/accounts/login/"),
  "login-incomplete": async (page) => {
    await page.goto("/accounts/login/")
    await send(page, "Log in")
    await summary(page)
  },
  "login-wrong": async (page) => {
    await page.goto("/accounts/login/")
    await sendLogin(page, { username: "nobody", password: "wrong" })
    await summary(page)
  },
  "home-user": async (page, person) => {
    await logIn(page, person)
    await page.goto("/")
  },
  profile: logIn,
  "password-change": async (page, person) => {
    await logIn(page, person)
    await page.goto("/accounts/password_change/")
  },
  "password-change-problem": async (page, person) => {
    await logIn(page, person)
    await changePassword(page, { old: "wrong", first: "123", again: "456" })
    await summary(page)
  },
  "password-changed": async (page, person) => {
    await logIn(page, person)
    await changePassword(page, { old: person.password, first: "a new, long one", again: "a new, long one" })
    await page.getByRole("status").waitFor()
  }
}

const summary = (page: Page): Promise<void> => page.getByRole("region", { name: "That did not work" }).waitFor()

/** The accessible name of the element that has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const { activeElement: at } = document
    return at.labels?.[0]?.textContent ?? (at.textContent.trim() || at.tagName)
  })()`)

/** Texts whose contrast with their background is below 4.5 (WCAG 2.2, 1.4.3). */
const faintTexts = `(() => {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((of255) => of255 / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const rgba = (color) => color.match(/[\\d.]+/g).map(Number)
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = rgba(getComputedStyle(at).backgroundColor)
      if (alpha === 1) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const faint = []
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim()).join("")
    if (text === "" || element.closest("script, style, noscript")) continue
    const [a, b] = [rgba(getComputedStyle(element).color).slice(0, 3), behind(element)].map(luminance)
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) faint.push(text + ": " + ratio.toFixed(2))
  }
  return faint
})()`

/** What a keyboard and a screen reader find on the pages of an example. */
export const testAccessibility = (example: Example, needs: ReadonlyArray<Service>): void => {
  describeInChromium("accessibility", example, needs, { javaScriptEnabled: true }, ({ arrives, site }) => {
    it.each(
      Object.entries(states)
    )("%s: has the structure that is written down, and can be read in light, in dark and on a narrow screen", async (name, show) => {
      const page = await arrives()
      const person = await site().person()
      await show(page, person)
      const tree = (await page.locator("body").ariaSnapshot())
        .replaceAll(person.username, "USERNAME")
        .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "INSTANT")
        // Next's router announces the new page in an element before or after everything else.
        .replace(/^- alert(: .*)?\n|\n- alert(: .*)?$/, "")
      // Properties of a field are not part of the tree.
      const described = await page.evaluate<Record<string, string>>(`Object.fromEntries(
          [...document.querySelectorAll("[aria-describedby]")].map((input) => [
            input.labels[0].textContent,
            input.getAttribute("aria-describedby").split(" ")
              .map((id) => document.getElementById(id).innerText.trim().replace(/\\s+/g, " ")).join(" | ")
          ])
        )`)
      const lang = await page.evaluate<string>("document.documentElement.lang")
      const about = [
        `lang: ${lang}`,
        `title: ${await page.title()}`,
        ...Object.entries(described).map(([label, text]) => `description of ${JSON.stringify(label)}: ${text}`)
      ]
      await expect(`${about.map((line) => `# ${line}`).join("\n")}\n${tree}\n`).toMatchFileSnapshot(`aria/${name}.yml`)
      expect(await page.locator("h1").count()).toBe(1)

      await page.setViewportSize({ width: 320, height: 640 })
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme })
        expect([colorScheme, await page.evaluate(faintTexts)]).toEqual([colorScheme, []])
      }
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320)
    })

    it("the keyboard can skip to the content, and reaches everything in reading order", async () => {
      const page = await arrives()
      await page.goto("/accounts/login/")
      const order: Array<string> = []
      for (let tabs = 0; tabs < 7; tabs++) {
        await page.keyboard.press("Tab")
        order.push(await focused(page))
      }
      expect(order).toEqual(["Skip to content", "latchkey", "Cart", "Log in", "Username", "Password", "Log in"])

      await page.goto("/accounts/login/")
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await page.keyboard.press("Tab")
      expect(await focused(page)).toBe("Username")
    })

    it("lists the problems first when there are some", async () => {
      const page = await arrives()
      await page.goto("/accounts/login/")
      await send(page, "Log in")
      await summary(page)
      expect(await focused(page)).toContain("That did not work")
      await page.keyboard.press("Tab")
      expect(await focused(page)).toBe("Enter your username.")
    })
  })
}
