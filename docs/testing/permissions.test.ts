import { testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const users = { visitor: {}, clerk: { groups: ["clerks"] }, owner: { isSuperuser: true } }
const site = testSite({ users, groups: { clerks: ["shop.change_item"] } })

test.each(["visitor", "clerk", "owner"] as const)("the page to edit, for a %s", async (name) => {
  const browser = await site.browserOf(name)
  const { status } = await browser.fetch(makeShop(site.auth), "/edit")
  expect(status).toBe(name === "visitor" ? 403 : 200)
})
