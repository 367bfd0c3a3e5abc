import { everyOrder, testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()
const shop = makeShop(site.auth)

test("a logout beside a write ends the session, in every order of their store calls", async () => {
  const orders = await everyOrder(site, async () => {
    const [alice, tab] = await site.browserOf("alice").then((browser) => [browser, browser.copy()] as const)
    const write = () => tab.fetch(shop, "/cart", { form: { item: "tea" } })
    const check = async () => expect(await (await tab.fetch(shop, "/")).json()).not.toHaveProperty("user")
    return { requests: [() => alice.fetch(shop, "/logout", { form: {} }), write], check }
  })
  expect(orders.complete).toBe(true)
})
