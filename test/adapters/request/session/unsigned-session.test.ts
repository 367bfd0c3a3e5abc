/** A session that another secret key has signed: the visitor is anonymous, and the log says how to keep such sessions. */
import { afterEach, expect, it, vi } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { application, browser, logIn, model } from "../site.ts"

afterEach(() => vi.restoreAllMocks())

it.each([
  ["no old key", [], undefined, 1],
  ["the old key among the former ones", ["secret-key"], "alice", 0]
])("says so after the secret key was replaced, with %s", async (_, secretKeyFallbacks, name, times) => {
  const { auth, stores } = await application()
  const alice = browser({ auth })
  await alice.visit(logIn())
  const replaced = createAuth({
    secretKey: "another secret key",
    secretKeyFallbacks,
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) }
  })
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  let user: string | undefined
  await browser({ auth: replaced }, alice.cookies).visit(async ({ getUser }) => {
    user = (await getUser())?.username
  })
  expect(user).toBe(name)
  expect(log.mock.calls.map((line) => line.join(" "))).toEqual(
    Array.from({ length: times }, () => expect.stringMatching(/WARN.*session data corrupted: .*secretKeyFallbacks/))
  )
})
