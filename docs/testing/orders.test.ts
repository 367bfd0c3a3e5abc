import { everyOrder, testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()

// The application under test.
const shop = makeShop(site.auth)

/** Alice logs out, while another tab writes into her session. Each tab has the cookies from before. */
const scene = async () => {
  const alice = await site.browserOf("alice")
  const requests = ["/logout", "/cart"].map((path) => () => alice.copy().fetch(shop, path, { form: {} }))
  return { requests, check: async () => expect(await (await alice.fetch(shop, "/")).json()).toEqual({}) }
}

test("a logout beside a write ends the session, in every order of their store calls", async () => {
  expect(await everyOrder(site, scene)).toMatchObject({ orders: 3, complete: true })
})

test("the order that an error names runs again alone", async () => {
  await everyOrder(site, scene, { only: "B A" })
})
