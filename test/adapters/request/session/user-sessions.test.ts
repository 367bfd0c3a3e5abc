/** The sessions of a user, as an application lists and ends them. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { Auth } from "../../../../src/adapters/api/auth.ts"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { testSite } from "../../../../src/testing/site/test-site.ts"
import { browser as browserOf, logIn, model, whoIsThere } from "../site.ts"

const START = Date.UTC(2026, 0, 2)
const transport = { secure: false, serverName: "localhost", serverPort: "80" }
const MINUTE = 60_000

const site = async (options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
  const stores = memory({ userSessions: true })
  const clock = { now: START }
  const auth: Auth<MemoryUser, AnyFields> = createAuth<MemoryUser, AnyFields>({
    secretKey: "secret-key",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    clockAndRandom: { now: () => clock.now },
    ...options
  })
  const alice = await auth.createUser({ username: "alice", password: "alice's" })
  const bob = await auth.createUser({ username: "bob", password: "bob's" })
  if (alice === undefined || bob === undefined) throw new Error("no users")
  const browser = () => browserOf({ auth })
  const loggedIn = async (username = "alice") => {
    const one = browser()
    await one.visit(logIn(username))
    return one
  }
  return { alice, auth, bob, browser, clock, loggedIn, stores }
}

describe("the sessions of a user", () => {
  it("are listed with when and by which client they were seen, the current one first", async () => {
    const { browser, clock, loggedIn } = await site()
    await loggedIn("bob")
    const phone = await loggedIn()
    clock.now += MINUTE
    const laptop = await loggedIn()
    clock.now += MINUTE
    await phone.visit(async ({ listSessions }) => {
      expect(await listSessions()).toEqual([
        {
          ...{ id: expect.stringMatching(/^[\w-]{43}$/), startedAt: START, seenAt: START, current: true },
          ...{ clientAddress: undefined, userAgent: undefined }
        },
        {
          ...{ id: expect.any(String), startedAt: START + MINUTE, seenAt: START + MINUTE, current: false },
          ...{ clientAddress: undefined, userAgent: undefined }
        }
      ])
    })
    expect(await whoIsThere(laptop)).toBe("alice")
    await browser().visit(async ({ listSessions }) => expect(await listSessions()).toEqual([]))
  })

  it("are listed outside a request, too, without a current one", async () => {
    const { alice, auth, loggedIn } = await site()
    await loggedIn()
    await loggedIn()
    await loggedIn("bob")
    const listed = await auth.listSessions(alice)
    expect(listed.map(({ current }) => current)).toEqual([false, false])
    expect(new Set(listed.map(({ id }) => id)).size).toBe(2)
  })

  it("have ids that are not keys", async () => {
    const { alice, auth, browser, loggedIn, stores } = await site()
    await loggedIn()
    const listed = await auth.listSessions(alice)
    for (const key of stores.sessions.rows.keys()) expect(JSON.stringify(listed)).not.toContain(key)
    const thief = browser()
    thief.cookies.set("sessionid", listed[0]?.id ?? "")
    expect(await whoIsThere(thief)).toBe(undefined)
  })

  it("can be ended one by one, only by their own user", async () => {
    const { auth, alice, bob, loggedIn } = await site()
    const [phone, laptop, bobs] = [await loggedIn(), await loggedIn(), await loggedIn("bob")]
    const [ofBob] = await auth.listSessions(bob)
    await phone.visit(async ({ endSession, listSessions }) => {
      const other = (await listSessions()).find(({ current }) => !current)
      expect(await endSession(ofBob?.id ?? "")).toBe(false)
      expect(await endSession("unknown")).toBe(false)
      expect(await endSession(other?.id ?? "")).toBe(true)
      expect(await endSession(other?.id ?? "")).toBe(false)
    })
    expect(await whoIsThere(laptop)).toBe(undefined)
    expect(await whoIsThere(phone)).toBe("alice")
    expect(await whoIsThere(bobs)).toBe("bob")
    expect(await auth.endSession(alice, ofBob?.id ?? "")).toBe(false)
    expect(await auth.endSession(bob, ofBob?.id ?? "")).toBe(true)
    expect(await whoIsThere(bobs)).toBe(undefined)
  })

  it("include the current one: ending it logs out", async () => {
    const { loggedIn } = await site()
    const phone = await loggedIn()
    const headers = await phone.visit(async ({ endSession, listSessions, getUser }) => {
      expect(await endSession((await listSessions())[0]?.id ?? "")).toBe(true)
      expect(await getUser()).toBe(undefined)
    })
    expect(headers.cookies).toEqual([expect.stringContaining("sessionid=")])
    expect(phone.cookies.has("sessionid")).toBe(false)
  })

  it("end, except the current one, with endOtherSessions", async () => {
    const { loggedIn } = await site()
    const [phone, laptop, tablet, bobs] = [await loggedIn(), await loggedIn(), await loggedIn(), await loggedIn("bob")]
    await phone.visit(async ({ endOtherSessions }) => expect(await endOtherSessions()).toBe(2))
    expect(await whoIsThere(phone)).toBe("alice")
    expect(await whoIsThere(laptop)).toBe(undefined)
    expect(await whoIsThere(tablet)).toBe(undefined)
    expect(await whoIsThere(bobs)).toBe("bob")
  })

  it("all end with endSessions", async () => {
    const { alice, auth, loggedIn } = await site()
    const [phone, bobs] = [await loggedIn(), await loggedIn("bob")]
    await loggedIn()
    expect(await auth.endSessions(alice)).toBe(2)
    expect(await whoIsThere(phone)).toBe(undefined)
    expect(await whoIsThere(bobs)).toBe("bob")
    expect(await auth.endSessions(alice)).toBe(0)
  })

  it("end when the user is deactivated, also for the time after, or is deleted", async () => {
    const { alice, auth, bob, loggedIn } = await site()
    const [phone, bobs] = [await loggedIn(), await loggedIn("bob")]
    expect(await Effect.runPromise(auth.accounts.setActive(alice, false))).toBe(true)
    expect(await Effect.runPromise(auth.accounts.setActive(alice, true))).toBe(true)
    expect(await whoIsThere(phone)).toBe(undefined)
    expect(await whoIsThere(bobs)).toBe("bob")
    await Effect.runPromise(auth.accounts.deleteUser(bob))
    expect(await auth.endSessions(bob)).toBe(0)
  })

  it.each([
    "refused",
    "acknowledgementLost"
  ] as const)("do not come back with the user if they could not be ended: a call is %s", async (fault) => {
    for (const operation of ["list", "Delete"]) {
      const here = testSite({ userSessions: true })
      const { accounts } = here.auth
      const alice = here.user("alice")
      const browser = await here.browserOf("alice")
      const visitor = () =>
        here.auth.reader({ ...{ method: "GET", target: "/" }, headers: [["Cookie", browser.header]], transport })
      here.network.fail(1, fault, [operation])
      await expect(Effect.runPromise(accounts.setActive(alice, false))).rejects.toThrow()
      expect(await visitor().getUser()).toBe(undefined)
      // It is tried again if the sessions cannot be ended now either: the user stays inactive.
      here.network.fail(1, "refused", ["list"])
      await expect(Effect.runPromise(accounts.setActive(alice, true))).rejects.toThrow()
      expect(here.user("alice").isActive).toBe(false)
      expect(await Effect.runPromise(accounts.setActive(alice, true))).toBe(true)
      expect(await visitor().getUser()).toBe(undefined)
      const again = await here.browserOf("alice")
      // An active user who is activated again stays logged in.
      expect(await Effect.runPromise(accounts.setActive(alice, true))).toBe(true)
      expect(await here.auth.listSessions(alice)).toHaveLength(1)
      expect(again.cookie("sessionid")).toBeDefined()
    }
  })

  it("keep id and start when the session gets a new key", async () => {
    const { alice, auth, clock, loggedIn } = await site()
    const phone = await loggedIn()
    const before = await auth.listSessions(alice)
    const key = phone.cookies.get("sessionid")
    clock.now += MINUTE
    await phone.visit(({ session }) => session.cycleKey())
    expect(phone.cookies.get("sessionid")).not.toBe(key)
    expect(await auth.listSessions(alice)).toEqual(before)
  })

  it("lose those from before a change of the password, although their rows exist", async () => {
    const { alice, auth, loggedIn, stores } = await site()
    const phone = await loggedIn()
    await loggedIn()
    await phone.visit(async ({ getUser, setPassword, updateSessionAuthHash }) => {
      const user = await getUser()
      if (user === undefined) throw new Error("no user")
      await setPassword(user, "new")
      await updateSessionAuthHash(user)
    })
    expect(stores.sessions.rows.size).toBe(2)
    expect((await auth.listSessions(alice)).length).toBe(1)
    expect(await whoIsThere(phone)).toBe("alice")
    await auth.setPassword(alice, "newer")
    expect(await auth.listSessions(alice)).toEqual([])
    expect(await auth.endSessions(alice)).toBe(2)
    expect(stores.sessions.rows.size).toBe(0)
  })

  it("belong to the user who logged in last", async () => {
    const { alice, auth, bob, loggedIn } = await site()
    const phone = await loggedIn()
    await phone.visit(logIn("bob"))
    expect(await auth.listSessions(alice)).toEqual([])
    expect((await auth.listSessions(bob)).length).toBe(1)
    await phone.visit(({ logout }) => logout())
    expect(await auth.listSessions(bob)).toEqual([])
  })

  it("are found at their next request if another program made them", async () => {
    const { alice, auth, clock, loggedIn, stores } = await site()
    const phone = await loggedIn()
    const [[key, row] = []] = [...stores.sessions.rows]
    if (key === undefined || row === undefined) throw new Error("no session")
    await auth.endSessions(alice)
    await Effect.runPromise(stores.sessions.commit({ _tag: "Insert", key, ...row }, clock.now))
    expect(await auth.listSessions(alice)).toEqual([])
    await phone.visit(async ({ listSessions }) => expect(await listSessions()).toMatchObject([{ current: true }]))
    expect((await auth.listSessions(alice)).length).toBe(1)
  })

  describe("are recorded as seen", () => {
    const seen = async ({ alice, auth }: Awaited<ReturnType<typeof site>>) =>
      (await auth.listSessions(alice)).map(({ seenAt }) => (seenAt - START) / MINUTE)

    it("once per interval by requests that read the session", async () => {
      const here = await site()
      const phone = await here.loggedIn()
      here.clock.now = START + 4 * MINUTE
      await whoIsThere(phone)
      expect(await seen(here)).toEqual([0])
      here.clock.now = START + 5 * MINUTE
      await phone.visit(() => {})
      expect(await seen(here)).toEqual([0])
      await whoIsThere(phone)
      expect(await seen(here)).toEqual([5])
      here.clock.now = START + 10 * MINUTE
      await phone.visit(({ session }) => session.set("a", 1))
      expect(await seen(here)).toEqual([10])
    })
    it("after the interval of the option", async () => {
      const here = await site({ userSessions: { intervalSeconds: 3600 } })
      const phone = await here.loggedIn()
      here.clock.now = START + 59 * MINUTE
      await whoIsThere(phone)
      expect(await seen(here)).toEqual([0])
      here.clock.now = START + 60 * MINUTE
      await whoIsThere(phone)
      expect(await seen(here)).toEqual([60])
    })
    it("not by a reader, and not by a response with status 500", async () => {
      const here = await site()
      const phone = await here.loggedIn()
      here.clock.now = START + 6 * MINUTE
      const key = phone.cookies.get("sessionid")
      const transport = { secure: false, serverName: "localhost", serverPort: "80" }
      const headers = [["Cookie", `sessionid=${key}`]] as const
      const reader = here.auth.reader({ method: "GET", target: "/", headers, transport })
      expect((await reader.getUser())?.username).toBe("alice")
      expect((await reader.listSessions()).length).toBe(1)
      await phone.visit(async ({ getUser }) => void (await getUser()), 500)
      expect(await seen(here)).toEqual([0])
    })
  })

  describe("record of the client", () => {
    const visitWith = async (options: AuthOptions<MemoryUser, AnyFields>["userSessions"], agent = "Firefox") => {
      const { alice, auth } = await site(options === undefined ? {} : { userSessions: options })
      const request = auth.open({
        method: "GET",
        target: "/",
        headers: [["User-Agent", agent]],
        transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress: "192.0.2.1" }
      })
      await request.context.login(alice)
      await request.respond(200)
      const [listed] = await auth.listSessions(alice)
      return { clientAddress: listed?.clientAddress, userAgent: listed?.userAgent }
    }
    it("address and user agent", async () => {
      expect(await visitWith(undefined)).toEqual({ clientAddress: "192.0.2.1", userAgent: "Firefox" })
    })
    it("at most 512 characters of the user agent, without NUL and lone surrogates", async () => {
      const { userAgent } = await visitWith(undefined, `\0\ud800${"x".repeat(600)}`)
      expect(userAgent).toBe(`\ufffd\ufffd${"x".repeat(510)}`)
    })
    it("what the options allow", async () => {
      expect(await visitWith({ clientAddress: false })).toEqual({ clientAddress: undefined, userAgent: "Firefox" })
      expect(await visitWith({ userAgent: false })).toEqual({ clientAddress: "192.0.2.1", userAgent: undefined })
    })
  })

  it("are not recorded without the option of the store", async () => {
    const stores = memory()
    const options = {
      secretKey: "secret-key",
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users) }
    }
    const auth = createAuth({ ...options, hashers: [pbkdf2Sha256({ iterations: 1 })] })
    const alice = await auth.createUser({ username: "alice", password: "alice's" })
    if (alice === undefined) throw new Error("no user")
    await expect(auth.listSessions(alice)).rejects.toThrow("userSessions: true")
    await expect(auth.endSession(alice, "a".repeat(43))).rejects.toThrow("userSessions: true")
    await expect(auth.endSessions(alice)).rejects.toThrow("userSessions: true")
    expect(() => createAuth({ ...options, userSessions: {} })).toThrow("write userSessions: true among its options")
  })

  it("refuse options of the wrong type", () => {
    const stores = memory({ userSessions: true })
    const options = { secretKey: "k", sessions: stores.sessions, backends: { [model]: modelBackend(stores.users) } }
    const refused = (userSessions: object) => () => createAuth({ ...options, userSessions })
    expect(refused({ interval: 5 })).toThrow("userSessions.interval")
    expect(refused({ intervalSeconds: -1 })).toThrow("userSessions.intervalSeconds must be 0 or more")
    expect(refused({ userAgent: "no" })).toThrow("userSessions.userAgent")
  })
})
