/** The key from before a renewal of the session: what a request with it may still do. */
import { describe, expect, it } from "vitest"
import { testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"
import { type Action, both, logIn, send, userOf } from "../../../laws/requests.ts"

const logOut: Action<void> = ({ logout }) => logout()
const logOutAndWrite = both(logOut, ({ session }) => session.set("farewell", 1))

/** @returns whether a user is logged in, whose password was changed */
const changePassword: Action<boolean> = async ({ getUser, setPassword, updateSessionAuthHash }) => {
  const user = await getUser()
  if (user === undefined) return false
  await setPassword(user, "another")
  await updateSessionAuthHash(user)
  return true
}

const cycle: Action<void> = ({ session }) => session.cycleKey()

/** Alice's session after a renewal, and a browser that still has the old key. */
const renewed = async (action: Action<unknown> = cycle) => {
  const site = testSite()
  const alice = await site.browserOf("alice")
  const late = alice.copy()
  await send(site.auth, alice, action)
  const key = alice.cookie("sessionid")
  expect(key).not.toBe(late.cookie("sessionid"))
  return { site, alice, late, key, pages: lawSiteOf(site).pages }
}

describe("the key from before a renewal", () => {
  it("cannot empty the session without reading it", async () => {
    const { key, late, pages, site } = await renewed()
    const response = await pages.clear?.(late)
    expect([response?.status, response?.headers.getSetCookie()]).toEqual([400, []])
    expect(await userOf(site, key)).toBe("alice")
  })

  it.each([
    [59, undefined],
    [60, "alice"]
  ] as const)("ends the session when a logout sends it within a minute (after %i seconds: %s)", async (seconds, user) => {
    const { key, late, pages, site } = await renewed()
    site.clock.advance({ seconds })
    expect((await pages.logout(late)).status).toBe(200)
    expect(late.cookie("sessionid")).toBe(undefined)
    expect(await userOf(site, key)).toBe(user)
  })

  it("ends the session also when the first attempt failed halfway", async () => {
    const { key, late, pages, site } = await renewed()
    site.network.failEach(["none", "refused"])
    expect((await pages.logout(late)).status).toBe(503)
    expect([...site.stores.sessions.rows.keys()]).toEqual([key])
    expect((await pages.logout(late)).status).toBe(200)
    expect([...site.stores.sessions.rows.keys()]).toEqual([])
    expect(await userOf(site, key)).toBe(undefined)
  })

  it.each([
    ["a logout", logOut],
    ["a logout and a write", logOutAndWrite]
  ])("of an anonymous visitor who has logged in since then ends nothing: %s", async (_, action) => {
    const site = testSite()
    const alice = site.browser()
    await send(site.auth, alice, ({ session }) => session.set("cart", 1))
    const thief = alice.copy()
    await send(site.auth, alice, logIn("alice"))
    await send(site.auth, alice, cycle)
    await send(site.auth, thief, action)
    expect(await userOf(site, alice.cookie("sessionid"))).toBe("alice")
  })

  it.each([
    ["a logout", logOut],
    ["a logout and a write", logOutAndWrite]
  ])("does not end the session of another user who logged in since then: %s", async (_, action) => {
    const { key, late, site } = await renewed(logIn("bob"))
    expect((await send(site.auth, late, action)).response.status).toBe(200)
    expect(await userOf(site, key)).toBe("bob")
  })

  it("of a session that was emptied does not end the session of a later login", async () => {
    const { alice, late, pages, site } = await renewed()
    await pages.clear?.(alice)
    await send(site.auth, alice, logIn("bob"))
    expect((await pages.logout(late)).status).toBe(200)
    expect(await userOf(site, alice.cookie("sessionid"))).toBe("bob")
  })

  it("whose session auth hash no longer matches ends nothing, except by a logout", async () => {
    const { key, late, pages, site } = await renewed(changePassword)
    await pages.visit(late.copy())
    await send(site.auth, late.copy(), logIn("alice", "another"))
    expect(await userOf(site, key)).toBe("alice")
  })

  it("is no longer remembered after expired sessions are cleared", async () => {
    const { key, late, pages, site } = await renewed()
    site.clock.advance({ seconds: 61 })
    await site.auth.clearSessions()
    expect((await pages.logout(late)).status).toBe(200)
    expect(await userOf(site, key)).toBe("alice")
  })
})
