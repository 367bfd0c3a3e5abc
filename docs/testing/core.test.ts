import { coreScene } from "latchkey/testing"
import { expect, test } from "vitest"

test("a login keeps the cart under a new key, without a server and without promises", () => {
  const scene = coreScene({ users: { alice: "an encoded password" } })
  const visitor = scene.request().set("cart", [1]).respond()
  const alice = scene.request(visitor.cookie).login("alice").respond()
  expect(scene.request(alice.cookie).user()).toEqual({ id: "1", name: "alice" })
  expect([scene.data(visitor.cookie), scene.request(alice.cookie).get("cart")]).toEqual([undefined, [1]])
})
