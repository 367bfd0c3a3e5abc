/** Deactivation and deletion of the own account, and the list of sessions, on connect. */
import connect from "connect"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { connectAccounts } from "../../../../src/adapters/http/node/node-accounts.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { Browser } from "../../../../src/testing/browser/browser.ts"
import { listener } from "../../../../src/testing/browser/listener.ts"
import { instantHasher } from "../../../../src/testing/site/instant-hasher.ts"
import { accountSite, asJson, codesOf } from "../site.ts"

const password = "alice's password"

describe.each([
  ["deactivate", "deactivation"],
  ["delete", "deletion"]
] as const)("the page %s", (page, option) => {
  const path = `/accounts/${page}`

  it("asks for the password, then ends the account and all its sessions", async () => {
    const site = accountSite({ [option]: true })
    const [alice, other] = [await site.browserOf("alice"), await site.browserOf("alice")]
    expect(await codesOf(await site.post(alice, path, { password: "x" }, asJson))).toEqual({
      password: ["password_incorrect"]
    })
    expect(await codesOf(await site.post(alice, path, {}, asJson))).toEqual({ password: ["required"] })
    expect(await site.whoIs(alice)).toBe("alice")
    expect((await site.post(alice, path, { password })).status).toBe(200)
    expect([await site.whoIs(alice), await site.whoIs(other)]).toEqual(["anonymous", "anonymous"])
    const again = await site.post(site.browser(), "/accounts/login", { username: "alice", password }, asJson)
    expect(await codesOf(again)).toEqual({ __all__: ["invalid_login"] })
    expect(site.stored("alice") !== undefined).toBe(page === "deactivate")
    expect(await site.whoIs(await site.browserOf("bob"))).toBe("bob")
  })

  it("is for users who are logged in, and only if the option says so", async () => {
    const site = accountSite({ [option]: true })
    expect((await site.get(site.browser(), path)).headers.get("location")).toBe(`/accounts/login/?next=${path}`)
    expect(await (await accountSite().get(site.browser(), path)).text()).toBe("anonymous")
  })
})

describe("the list of sessions", () => {
  const site = async () => {
    const { sessions, users } = memory({ userSessions: true })
    const auth = createAuth({
      secretKey: "of a site with sessions Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [instantHasher]
    })
    for (const username of ["alice", "bob"]) await auth.createUser({ username, password })
    const app = listener(connect().use(connectAccounts(auth)))
    const loggedIn = async (username: string, userAgent: string): Promise<Browser> => {
      const browser = new Browser()
      await browser.fetch(app, "/accounts/login", {
        form: { username, password },
        headers: { "user-agent": userAgent }
      })
      return browser
    }
    const list = async (browser: Browser) => {
      const page = await browser.fetch(app, "/accounts/sessions", { headers: asJson })
      return page.status === 200 ? Object(await page.json()).sessions : page.status
    }
    return { app, loggedIn, list }
  }

  it("shows where the user is logged in, and ends one or all others", async () => {
    const { app, list, loggedIn } = await site()
    const [laptop, phone, tablet] = [
      await loggedIn("alice", "laptop"),
      await loggedIn("alice", "phone"),
      await loggedIn("alice", "tablet")
    ]
    const bob = await loggedIn("bob", "bobs")
    const listed: ReadonlyArray<{ id: string; userAgent: string; isCurrent: boolean }> = await list(laptop)
    expect(listed.map(({ userAgent }) => userAgent).sort()).toEqual(["laptop", "phone", "tablet"])
    expect(listed.filter(({ isCurrent }) => isCurrent)).toHaveLength(1)
    expect(JSON.stringify(listed)).not.toContain(phone.cookie("sessionid"))
    const end = (browser: Browser, session: string) => browser.fetch(app, "/accounts/sessions", { form: { session } })
    const idOf = (name: string) => listed.find(({ userAgent }) => userAgent === name)?.id ?? ""
    expect((await end(bob, idOf("phone"))).status).toBe(302)
    expect(await list(phone)).toHaveLength(3)
    expect((await end(laptop, idOf("phone"))).headers.get("location")).toBe("/accounts/sessions")
    expect([await list(phone), (await list(laptop)).length]).toEqual([401, 2])
    await end(laptop, "")
    expect([await list(tablet), (await list(laptop)).length]).toEqual([401, 1])
    expect(await list(bob)).toHaveLength(1)
  })

  it("says of each whether it is bound to a device, if the site binds sessions", async () => {
    const auth = { sessionCookie: { secure: true }, deviceBound: { mode: "enforce" } } as const
    const site = accountSite({}, { origin: "https://shop.example", auth, userSessions: true })
    const [bound, plain] = [site.deviceBrowser(), site.browser()]
    for (const browser of [bound, plain])
      await browser.fetch(site.target, "/accounts/login", { form: { username: "alice", password } })
    await bound.settled()
    const page = await bound.fetch(site.target, "/accounts/sessions", { headers: asJson })
    const { sessions } = Object(await page.json())
    const listed: ReadonlyArray<{ isBound: boolean; isCurrent: boolean }> = sessions
    expect(listed.map(({ isBound, isCurrent }) => [isCurrent, isBound])).toEqual([
      [true, true],
      [false, false]
    ])
    const html = await (await bound.fetch(site.target, "/accounts/sessions")).text()
    expect(html.match(/<dt>Device<\/dt><dd>[^<]*<\/dd>/g)).toEqual([
      "<dt>Device</dt><dd>The session works only on its device.</dd>",
      "<dt>Device</dt><dd>The session is not bound to a device.</dd>"
    ])
  })

  it("says nothing of devices on a site that does not bind sessions", async () => {
    const { app, loggedIn } = await site()
    const laptop = await loggedIn("alice", "laptop")
    const html = await (await laptop.fetch(app, "/accounts/sessions")).text()
    expect(html).toContain("<dt>Last seen</dt>")
    expect(html).not.toContain("Device")
  })
})
