import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { accountSite } from "./site.ts"

describe("the style sheet of the account pages", () => {
  it("is a file of its own that every visitor gets, and that may be stored", async () => {
    const site = accountSite({ path: "/in", css: ":root { --accent: #7a1fa2 }" })
    const browser = site.browser()
    const page = await (await site.get(browser, "/in/login")).text()
    expect(page).toContain('<link rel="stylesheet" href="/in/style.css">')
    const answer = await site.get(browser, "/in/style.css")
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=3600"
    })
    expect(answer.headers.get("vary")).toBeNull()
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await answer.text()).toMatch(/:root \{ --accent: #7a1fa2 \}$/)
  })
})

describe("the options of pages and texts", () => {
  it("are checked when the application starts", () => {
    expect(() => accountSite({ language: "xx" })).toThrow(ConfigurationInvalid)
    // @ts-expect-error: there is no such text
    expect(() => accountSite({ messages: { en: { "login.titel": "x" } } })).toThrow(
      "login.titel: there is no such text"
    )
  })

  it("change what the pages say, also to clients that ask for JSON", async () => {
    const site = accountSite({ language: "de", messages: { de: { "problem.inactive": "Gesperrt." } } })
    const page = await (await site.get(site.browser(), "/accounts/login")).text()
    expect(page).toContain("<h1>Anmelden</h1>")
    const answer = await site.post(site.browser(), "/accounts/login", {}, { accept: "application/json" })
    expect(await answer.json()).toEqual({
      errors: {
        username: [{ code: "required", message: "Dieses Feld wird benötigt." }],
        password: [{ code: "required", message: "Dieses Feld wird benötigt." }]
      }
    })
  })
})
