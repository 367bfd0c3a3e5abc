import { everyOrder, testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()
const shop = makeShop(site.auth)

/** Alice logs out, while another tab writes into her session. */
const scene = async () => {
  const alice = await site.browserOf("alice")
  const tab = alice.copy()
  const logout = () => alice.fetch(shop, "/logout", { form: {} })
  const write = () => tab.fetch(shop, "/cart", { form: { item: "tea" } })
  const check = async () => expect(await (await tab.fetch(shop, "/")).json()).not.toHaveProperty("user")
  return { requests: [logout, write], check }
}

test("a logout beside a write ends the session, in every order of their store calls", async () => {
  const { complete } = await everyOrder(site, scene)
  expect(complete).toBe(true)
})

test("the order that an error names runs again alone", async () => {
  await everyOrder(site, scene, { only: "B A" })
})
