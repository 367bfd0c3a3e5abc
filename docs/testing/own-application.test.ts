import { testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()

// The application under test.
const shop = makeShop(site.auth)

test("a user logs in with the form", async () => {
  const browser = site.browser()
  await browser.fetch(shop, "/login", { form: site.credentials("alice") })
  const account = await browser.fetch(shop, "/account")
  expect(await account.json()).toEqual({ user: "alice" })
})

test("a login ends after two weeks", async () => {
  const alice = await site.browserOf("alice")
  site.clock.advance({ days: 15 })
  expect(await (await alice.fetch(shop, "/account")).json()).toEqual({})
})

test("after a logout a stolen cookie is worth nothing", async () => {
  const alice = await site.browserOf("alice")
  const thief = alice.copy()
  await alice.fetch(shop, "/logout", { form: {} })
  expect(await (await thief.fetch(shop, "/account")).json()).toEqual({})
})

test("a form of another site is refused", async () => {
  const alice = await site.browserOf("alice")
  const response = await alice.fetch(shop, "/cart", { form: { item: "1" }, from: "https://evil.example" })
  expect(response.status).toBe(403)
})
