import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { network, testSite } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()

// The application under test.
const shop = makeShop(site.auth)

test("an outage is a 503 and logs no user out", async () => {
  const alice = await site.browserOf("alice")
  site.network.fail("all", "refused")
  expect((await alice.fetch(shop, "/account")).status).toBe(503)
  site.network.heal()
  expect(await (await alice.fetch(shop, "/account")).json()).toEqual({ user: "alice" })
})

test("a write whose answer was lost is not reported as done", async () => {
  const alice = await site.browserOf("alice")
  site.network.fail(1, "acknowledgementLost", ["Update"])
  expect((await alice.fetch(shop, "/cart", { form: { item: "tea" } })).status).toBe(503)
  expect(site.network.log.at(-1)).toMatchObject({ operation: "Update", outcome: "acknowledgementLost" })
})

test("a network before stores of your own", async () => {
  const { sessions, users, ...net } = network(memory())
  const auth = createAuth({ secretKey: "a secret key", sessions, backends: { model: modelBackend(users) } })
  net.fail(1, "refused", ["create"])
  await expect(auth.createUser({ username: "carol", password: "secret" })).rejects.toThrow()
  expect(net.log).toMatchObject([{ operation: "create", outcome: "refused" }])
})
