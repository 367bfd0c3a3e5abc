/** A site in memory for tests, used as an application's author uses it. */

import { DatabaseSync } from "node:sqlite"
import { beforeEach, describe, expect, it } from "vitest"
import { sqliteSessions } from "../../docs/programs/sqlite-sessions.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { type MemoryUser, memory } from "../../src/adapters/store/memory.ts"
import { Browser, forceLogin, laws, type Stores, testSite } from "../../src/testing/index.ts"

const site = testSite({
  auth: { loginUrl: "/login" },
  users: { alice: {}, editor: { groups: ["editors"] }, gone: { isActive: false, password: "pw" } },
  groups: { editors: ["blog.change_post"] }
})

const app = withAuth(site.auth, async (request, auth) => {
  const { pathname } = new URL(request.url)
  switch (pathname) {
    case "/login": {
      if (request.method === "GET")
        return new Response(
          `<form method=post><input type="hidden" name="csrfmiddlewaretoken" value="${await auth.getCsrfToken()}"></form>`,
          { headers: { "content-type": "text/html; charset=utf-8" } }
        )
      const isForm = !request.headers.get("content-type")?.includes("json")
      const form = isForm ? await request.formData() : undefined
      if (form !== undefined) await auth.verifyCsrf(form)
      const user = await auth.authenticate(
        form === undefined ? JSON.parse(await request.text()) : Object.fromEntries(form)
      )
      if (user === undefined) return new Response("wrong", { status: 401 })
      await auth.login(user)
      return Response.redirect("http://localhost/me", 303)
    }
    case "/logout":
      await auth.logout()
      return new Response("bye")
    case "/edit":
      await auth.requirePermission("blog.change_post")
      return new Response("edited")
    default:
      return Response.json({ user: (await auth.getUser())?.username ?? null })
  }
})

const userOf = async (browser: Browser): Promise<unknown> => (await browser.fetch(app, "/me")).json()

beforeEach(() => site.reset())

describe("a test site", () => {
  it("has users who log in by form, and by script", async () => {
    const browser = site.browser()
    const login = await browser.fetch(app, "/login", { form: site.credentials("alice") })
    expect([login.status, login.headers.get("location")]).toEqual([303, "http://localhost/me"])
    expect(await userOf(browser)).toEqual({ user: "alice" })
    const other = site.browser()
    await other.fetch(app, "/login", { json: site.credentials("editor") })
    expect(await userOf(other)).toEqual({ user: "editor" })
  })

  it("refuses a wrong password, and an inactive user", async () => {
    for (const credentials of [{ ...site.credentials("alice"), password: "wrong" }, site.credentials("gone")])
      expect((await site.browser().fetch(app, "/login", { form: credentials })).status).toBe(401)
  })

  it("refuses a group that has no permissions written down", () => {
    expect(() => testSite({ users: { clerk: { groups: ["clerk"] } }, groups: { clerks: [] } })).toThrow(
      "users.clerk.groups: write the permissions of clerk in `groups`"
    )
  })

  it("has groups with permissions", async () => {
    expect((await (await site.browserOf("editor")).fetch(app, "/edit")).status).toBe(200)
    expect((await (await site.browserOf("alice")).fetch(app, "/edit")).status).toBe(403)
  })

  it("ends a session when its clock has moved far enough, in the browser and in the store", async () => {
    const alice = await site.browserOf("alice")
    const thief = new Browser()
    thief.store([`sessionid=${alice.cookie("sessionid")}`])
    site.clock.advance({ days: 13, hours: 23 })
    expect(await userOf(alice)).toEqual({ user: "alice" })
    site.clock.advance({ hours: 2 })
    expect(alice.cookie("sessionid")).toBeUndefined()
    expect(await userOf(alice)).toEqual({ user: null })
    expect(await userOf(thief)).toEqual({ user: null })
  })

  it("is after a reset as it was at its start, to the byte", async () => {
    const run = async () => {
      const alice = await site.browserOf("alice")
      await site.auth.setPassword(site.user("alice"), "other")
      site.stores.users.change("1", { email: "x@example.com" })
      await site.auth.createUser({ username: "new", password: "p" })
      const answer = await alice.fetch(app, "/logout", { method: "POST" })
      site.clock.advance({ days: 1 })
      site.network.fail("all", "refused")
      return [alice.header, answer.status, [...site.stores.sessions.rows], site.network.log, site.user("alice")]
    }
    const first = await run()
    site.reset()
    expect(site.stores.sessions.rows.size).toBe(0)
    expect(site.user("alice").email).toBe("alice@example.com")
    expect(site.network.log).toEqual([])
    expect(await run()).toEqual(first)
  })

  it("empties stores of the test's own, with the option `reset`", async () => {
    const db = new DatabaseSync(":memory:")
    // The adapter of the docs has the types of the built package: they are equal except for their brands.
    const sessions = sqliteSessions(db) as unknown as SessionStore
    const rows = () => db.prepare("SELECT count(*) AS rows FROM session").get()?.["rows"]
    const stores = (kept: Stores<MemoryUser>) => ({ ...kept, sessions })
    const emptied = testSite({ stores, reset: async () => db.exec("DELETE FROM session") })
    await emptied.browserOf("alice")
    expect([rows(), emptied.stores.sessions.rows.size]).toEqual([1, 0])
    await emptied.reset()
    expect(rows()).toBe(0)
    const [first] = laws(testSite({ stores }))
    await expect(first?.check()).rejects.toThrow("for a test site with stores of your own in its option `reset`")
  })

  it("says which store is missing", () => {
    // @ts-expect-error a session store without a user store
    expect(() => testSite({ stores: () => memory().sessions })).toThrow(
      "stores: its result has to be { sessions, users }; write sessions: a session store, users: a user store"
    )
  })

  it("has other processes with other secret keys, on the same stores", async () => {
    const alice = await site.browserOf("alice")
    const seenBy = async (auth: typeof site.auth) => {
      const show = withAuth(auth, async (_, { getUser }) => Response.json((await getUser())?.username ?? null))
      return (await alice.copy().fetch(show, "/")).json()
    }
    const secretKey = "a key for this test only"
    expect(await seenBy(site.authWith({ secretKey }))).toBe(null)
    expect(await seenBy(site.authWith({ secretKey, secretKeyFallbacks: [site.secretKey] }))).toBe("alice")
  })

  it("has other processes with other backends, made from its stores", async () => {
    const auth = site.authWith(({ users }) => ({ backends: { another: modelBackend(users) } }))
    const alice = await forceLogin(auth, site.user("alice"))
    const show = (on: typeof auth) =>
      withAuth(on, async (_, { getUser }) => Response.json((await getUser())?.username ?? null))
    expect(await (await alice.fetch(show(auth))).json()).toBe("alice")
    expect(await (await alice.fetch(show(site.auth))).json()).toBe(null)
  })

  it("draws the session keys that a test has chosen, then its own again", async () => {
    const key = "chosen".padEnd(32, "0")
    site.nextSessionKeys(key)
    expect((await site.browserOf("alice")).cookie("sessionid")).toBe(key)
    expect((await site.browserOf("alice")).cookie("sessionid")).not.toBe(key)
    site.nextSessionKeys(key)
    site.reset()
    expect((await site.browserOf("alice")).cookie("sessionid")).not.toBe(key)
    expect(() => site.nextSessionKeys("short")).toThrow("nextSessionKeys: a session key has 32 lower-case letters")
  })

  it("lists the password hashes that it computes, until it is reset", async () => {
    const { context } = site.auth.open({
      method: "GET",
      target: "/",
      headers: [["Host", "localhost"]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    await context.authenticate({ username: "alice", password: "wrong" })
    expect(site.hashed).toEqual(["instant"])
    site.reset()
    expect(site.hashed).toEqual([])
  })

  it("says which users there are", () => {
    // @ts-expect-error carol is not a user of this site
    expect(() => site.user("carol")).toThrow("there is no user carol; the users are alice, editor, gone")
  })
})

describe("the options of a test site", () => {
  it.each([
    [{ user: {} }, "user: there is no such option; did you mean users?"],
    [
      { users: { a: { isSuperUser: true } } },
      "users.a.isSuperUser: there is no such option; did you mean isSuperuser?"
    ],
    [{ users: { a: { permissions: "blog.add" } } }, "users.a.permissions: write an array of strings"],
    [{ origin: "shop.example" }, 'origin: write an origin as in "https://shop.example"'],
    [{ now: "today" }, "now: write a number, or a Date"],
    [{ auth: { sessions: {} } }, "auth.sessions: a test site has its own store"],
    [{ auth: { clockAndRandom: {} } }, "auth.clockAndRandom: a test site has its own; use site.clock"],
    [{ auth: { secretkey: "s" } }, "secretkey: there is no such option; did you mean secretKey?"],
    [{ users: { a: { permissions: ["blog"] } } }, "a permission is written app_label.codename"]
  ])("%j are refused", (options, message) => {
    expect(() => testSite(options as never)).toThrow(message)
  })

  it("may name another origin, whose host is then allowed", async () => {
    const shop = testSite({
      origin: "https://shop.example",
      auth: { sessionCookie: { secure: true, name: "__Host-s" } }
    })
    const alice = await shop.browserOf("alice")
    const me = withAuth(shop.auth, async (_, { getUser, isSecure }) =>
      Response.json([(await getUser())?.id, isSecure()])
    )
    expect(await (await alice.fetch(me, "/", { json: {} })).json()).toEqual([1, true])
  })

  it("may have the application's hashers: the first login upgrades a password", async () => {
    const real = testSite({ auth: { hashers: [pbkdf2Sha256({ iterations: 1 })] } })
    const login = withAuth(real.auth, async (request, { authenticate, login }) => {
      const user = await authenticate(JSON.parse(await request.text()))
      if (user !== undefined) await login(user)
      return Response.json(user?.username)
    })
    for (const browser of [real.browser(), real.browser()])
      expect(await (await browser.fetch(login, "/", { json: real.credentials("bob") })).json()).toBe("bob")
    const { log } = real.network
    expect(log.filter(({ operation }) => operation === "upgradePassword")).toHaveLength(1)
  })
})

describe("the clock of a test site", () => {
  it("refuses to run backwards, and says what to do", () => {
    expect(() => site.clock.advance({ days: -1 })).toThrow("does not run backwards; to begin earlier")
    expect(() => site.clock.set(0)).toThrow(RangeError)
  })

  it("refuses a unit that it does not know", () => {
    // @ts-expect-error there are no weeks
    expect(() => site.clock.advance({ weeks: 1 })).toThrow("there is no unit weeks; the units are days, hours")
    // @ts-expect-error a number of what?
    expect(() => site.clock.advance(1000)).toThrow("duration: write an object, as in { days: 1 }")
  })
})

describe("forceLogin", () => {
  it("stores a session, sends user_logged_in and records the login", async () => {
    const heard: Array<string> = []
    const stop = site.auth.on("user_logged_in", ({ user }) => void heard.push(user.username))
    const alice = await forceLogin(site.auth, site.user("alice"))
    stop()
    expect(await userOf(alice)).toEqual({ user: "alice" })
    expect(heard).toEqual(["alice"])
    expect(site.user("alice").lastLoginAt).toBe(site.clock.now())
    site.clock.advance({ days: 15 })
    expect(alice.cookies.map(({ name }) => name)).toEqual(["csrftoken"])
  })

  it("goes on from the browser that it is given, as a login does", async () => {
    const browser = site.browser()
    const cart = withAuth(site.auth, async (request, { session }) => {
      if (request.method === "POST") await session.set("cart", [1])
      return Response.json(await session.get("cart"))
    })
    await browser.fetch(cart, "/", { method: "POST" })
    const before = browser.cookie("sessionid")
    expect(await forceLogin(site.auth, site.user("alice"), { browser })).toBe(browser)
    expect(browser.cookie("sessionid")).not.toBe(before)
    expect(await (await browser.fetch(cart)).json()).toEqual([1])
  })
})
