/** A login with a store, tested with an application and three browsers. */
import { expect, it } from "vitest"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import { application, browser } from "../request/site.ts"

/** @param make called when the test runs */
export const carriesALogin = (make: () => SessionStore): void =>
  it("keeps a user of an application logged in from request to request, until the logout", async () => {
    const app = await application({ sessions: make() })
    const [user, stranger] = [browser(app), browser(app)]
    await user.visit(({ session }) => session.set("cart", [1]))
    const before = user.cookies.get("sessionid")
    await user.visit(async ({ authenticate, login }) => {
      const alice = await authenticate({ username: "alice", password: "alice's" })
      if (alice !== undefined) await login(alice)
    })
    await user.visit(async ({ getUser, session }) => {
      expect(await getUser()).toMatchObject({ username: "alice" })
      expect(await session.get("cart")).toEqual([1])
    })
    stranger.cookies.set("sessionid", String(before))
    await stranger.visit(async ({ getUser }) => expect(await getUser()).toBeUndefined())
    const copy = browser(app, new Map(user.cookies))
    await user.visit(({ logout }) => logout())
    await copy.visit(async ({ getUser }) => expect(await getUser()).toBeUndefined())
  })
