import { testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite({
  users: { visitor: {}, clerk: { groups: ["clerks"] }, owner: { isSuperuser: true } },
  groups: { clerks: ["shop.change_item"] }
})

test.each([
  ["visitor", 403],
  ["clerk", 200],
  ["owner", 200]
] as const)("edit: %s gets %i", async (name, status) => {
  const browser = await site.browserOf(name)
  expect((await browser.fetch(makeShop(site.auth), "/edit")).status).toBe(status)
})
