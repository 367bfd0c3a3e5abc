import { lawSite, laws, testSite } from "latchkey/testing"
import { test } from "vitest"
import { makeShop } from "./shop.ts"

const described = lawSite(testSite(), {
  application: makeShop,
  pages: (shop) => ({
    visit: (browser) => browser.fetch(shop, "/account"),
    login: (browser, { username, password }) => browser.fetch(shop, "/login", { form: { username, password } }),
    logout: (browser) => browser.fetch(shop, "/logout", { form: {} })
  }),
  user: async (response) => (response.ok ? Object(await response.json()).user : undefined)
})

test("the shop breaks no law", { timeout: 30_000 }, async () => {
  for (const law of laws(described)) await law.check()
})
