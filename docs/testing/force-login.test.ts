import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { forceLogin } from "latchkey/testing"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

// The application under test, with its own `auth`: with `postgres({ url })` in place of `memory()`, a real database.
const stores = memory()
const auth = createAuth({
  secretKey: "a secret key",
  sessions: stores.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) }
})

test("a user has a cart", async () => {
  const user = await auth.createUser({ username: "alice", password: "secret" })
  const alice = await forceLogin(auth, user ?? expect.fail("the name is taken"))
  await alice.fetch(makeShop(auth), "/cart", { form: { item: "tea" } })
  expect(await (await alice.fetch(makeShop(auth), "/")).json()).toEqual({ user: "alice", cart: "tea" })
})
