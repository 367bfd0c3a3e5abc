/** The option `renewKeyAtEveryLogin`: also a login of the user who is logged in makes a new key. */
import { expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { browser, logIn, model, whoIsThere } from "../site.ts"

const twoLogins = async (renewKeyAtEveryLogin: boolean) => {
  const { sessions, users } = memory()
  const auth = createAuth({
    secretKey: "secret-key",
    sessions,
    backends: { [model]: modelBackend(users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    renewKeyAtEveryLogin
  })
  await auth.createUser({ username: "alice", password: "alice's" })
  const visitor = browser({ auth })
  await visitor.visit(logIn("alice"))
  const first = visitor.cookies.get("sessionid") ?? "none"
  await visitor.visit(logIn("alice"))
  const second = visitor.cookies.get("sessionid") ?? "none"
  const copy = browser({ auth })
  copy.cookies.set("sessionid", first)
  return { isSame: first === second, there: await whoIsThere(visitor), withOldKey: await whoIsThere(copy) }
}

it("a second login of the same user keeps the key, as in Django", async () => {
  expect(await twoLogins(false)).toMatchObject({ isSame: true, there: "alice", withOldKey: "alice" })
})

it("makes a new key with the option, and the old one is no longer valid", async () => {
  expect(await twoLogins(true)).toMatchObject({ isSame: false, there: "alice", withOldKey: undefined })
})
