/** A store may guess a user and load it together with the session. The session may name another user. */
import { describe, expect, it } from "vitest"
import { allowAllUsersModelBackend, modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import { application, browser, logIn, model, whoIsThere } from "../site.ts"

const lenient = "django.contrib.auth.backends.AllowAllUsersModelBackend"

describe("a user that was loaded with the session", () => {
  /** Alice is logged in by the backend that accepts only active users. */
  const site = async () => {
    const stores = memory()
    const app = await application({
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users), [lenient]: allowAllUsersModelBackend(stores.users) }
    })
    const alice = browser(app)
    await alice.visit(logIn())
    const key = SessionKey.parse(alice.cookies.get("sessionid")) ?? expect.fail("no session")
    const remember = (backend: string, id: string) => stores.sessions.prefetch?.remember(key, backend, id)
    return { alice, remember, users: stores.users }
  }

  it("is not used if its backend is not the one that the session names", async () => {
    const { alice, remember, users } = await site()
    users.change("1", { isActive: false })
    remember(model, "1")
    expect(await whoIsThere(alice)).toBeUndefined()
    remember(lenient, "1")
    expect(await whoIsThere(alice)).toBeUndefined()
  })

  it("is not used when the session names another user", async () => {
    const { alice, remember } = await site()
    remember(model, "2")
    expect(await whoIsThere(alice)).toBe("alice")
  })
})
