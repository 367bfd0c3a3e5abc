/** A logout that the store did not carry out: what this process does with the session until it is deleted. */
import { setImmediate as turn } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { describe, expect, it, vi } from "vitest"
import { FailedLogouts } from "../../../../src/adapters/account/failed-logouts.ts"
import { processSessions } from "../../../../src/adapters/account/process-sessions.ts"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import type { SessionKey } from "../../../../src/core/session-key.ts"
import { parse } from "../../../../src/core/session-key.ts"
import { Browser, network, type TestSiteOptions, type TestUsers, testSite } from "../../../../src/testing/index.ts"
import { headOf } from "../../../../src/testing/site/force-login.ts"
import { type Action, both, logIn, look, send, userOf } from "../../../laws/requests.ts"
import { model } from "../site.ts"

const logOut: Action<void> = ({ logout }) => logout()
const user: Action<string | undefined> = async ({ getUser }) => (await getUser())?.username

/** Alice's browser, and the keys of the stored sessions. */
const start = async (options: TestSiteOptions<TestUsers> = {}) => {
  const site = testSite({ userSessions: true, ...options })
  const alice = await site.browserOf("alice")
  const known = alice.cookie("sessionid")
  site.network.forget()
  return { site, alice, known, rows: () => [...site.stores.sessions.rows.keys()] }
}

/** The same, after a logout that was answered with 503. */
const failed = async (action: Action<unknown> = logOut) => {
  const started = await start()
  const { alice, known, site } = started
  site.network.fail("all", "refused")
  const { response } = await send(site.auth, alice, action)
  expect([response.status, response.headers.getSetCookie(), alice.cookie("sessionid")]).toEqual([503, [], known])
  return started
}

describe("a logout that is answered with 503", () => {
  it.each<[string, Action<unknown>]>([
    ["logout", logOut],
    ["logout, and a text for the next page", both(logOut, ({ session }) => session.set("farewell", 1))],
    ["session.flush", ({ session }) => session.flush()],
    ["logout and commit", both(logOut, ({ commit }) => commit())]
  ])("is carried out by the next request with the key: %s", async (name, action) => {
    const { alice, known, rows, site } = await start()
    site.network.fail("all", "refused")
    expect((await send(site.auth, alice, action)).response.status).toBe(503)
    expect([name, alice.cookie("sessionid"), rows()]).toEqual([name, known, [known]])
    site.network.heal()
    const { response, value } = await send(site.auth, alice, look)
    expect([response.status, value, alice.cookie("sessionid")]).toEqual([200, { user: undefined, data: {} }, undefined])
    expect(rows()).toEqual([])
  })

  it("leaves no request as an anonymous visitor or as the user while the deletion fails", async () => {
    const { alice, known, rows, site } = await failed()
    for (const only of [["load", "Delete"], ["Delete"]]) {
      site.network.heal()
      site.network.fail("all", "refused", only)
      const actions: ReadonlyArray<Action<unknown>> = [user, logIn("alice"), logIn("bob"), both(user, logOut)]
      for (const action of actions) {
        const { response, value } = await send(site.auth, alice, action)
        expect([response.status, response.headers.getSetCookie(), value]).toEqual([503, [], undefined])
      }
    }
    expect([alice.cookie("sessionid"), rows()]).toEqual([known, [known]])
  })

  it("ends also when the store had carried it out and only the answer was lost", async () => {
    const { alice, site } = await start()
    site.network.fail(1, "acknowledgementLost")
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    expect((await send(site.auth, alice, user)).value).toBe(undefined)
    expect(alice.cookie("sessionid")).toBe(undefined)
  })

  it("lets the user log in again, with another session", async () => {
    const { alice, known, rows, site } = await failed()
    site.network.heal()
    expect((await send(site.auth, alice, logIn("bob"))).value).toBe("bob")
    expect((await send(site.auth, alice, user)).value).toBe("bob")
    expect(rows()).toEqual([alice.cookie("sessionid")])
    expect(rows()).not.toContain(known)
  })

  it("is remembered if the user of a receiver of user_logged_out could not be read", async () => {
    const { alice, known, rows, site } = await start()
    site.auth.on("user_logged_out", () => {})
    site.network.fail("all", "refused", ["load"])
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    expect(rows()).toEqual([known])
    site.network.heal()
    expect([(await send(site.auth, alice, user)).value, rows()]).toEqual([undefined, []])
  })

  it("is remembered by this process, and ends the session for all others when it is carried out", async () => {
    const { alice, known, site } = await failed()
    site.network.heal()
    const other = site.authWith({})
    expect((await send(other, alice.copy(), user)).value).toBe("alice")
    expect(await userOf(site, known)).toBe(undefined)
    expect((await send(other, alice.copy(), user)).value).toBe(undefined)
  })

  it("sends no deletion for other sessions, and none after it is carried out", async () => {
    const { alice, site } = await failed()
    site.network.heal()
    const bob = await site.browserOf("bob")
    site.network.forget()
    await send(site.auth, bob, user)
    expect(site.network.log.map(({ operation }) => operation)).not.toContain("Delete")
    const copy = alice.copy()
    expect((await send(site.auth, alice, logOut)).response.status).toBe(200)
    site.network.forget()
    expect((await send(site.auth, copy, user)).value).toBe(undefined)
    expect(site.network.log.map(({ operation }) => operation)).toEqual(["load"])
  })

  it("is final for a request that has loaded the session before", async () => {
    for (const write of ["set", "cycleKey"] as const) {
      const { alice, known, rows, site } = await start()
      const late = alice.copy()
      const { response } = await send(site.auth, late, async ({ session }) => {
        await session.get("a")
        site.network.fail("all", "refused")
        expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
        site.network.heal()
        await (write === "set" ? session.set("a", 1) : session.cycleKey())
      })
      expect([write, response.status, response.headers.getSetCookie()]).toEqual([write, 400, []])
      expect([write, rows(), await userOf(site, known)]).toEqual([write, [], undefined])
    }
  })

  it("is final for a request that empties the session without reading it", async () => {
    const { alice, rows, site } = await failed()
    site.network.heal()
    const { response } = await send(site.auth, alice, ({ session }) => session.clear())
    expect([response.status, rows()]).toEqual([400, []])
  })

  it("ends the session also under the key that a parallel request has given it", async () => {
    const { alice, rows, site } = await start()
    const old = alice.copy()
    await send(site.auth, alice, ({ session }) => session.cycleKey())
    site.network.fail("all", "refused")
    expect((await send(site.auth, old, logOut)).response.status).toBe(503)
    site.network.heal()
    expect((await send(site.auth, old, user)).value).toBe(undefined)
    expect([rows(), (await send(site.auth, alice, user)).value]).toEqual([[], undefined])
  })

  it.each([
    "throws it",
    "is answered with 500 by its framework"
  ] as const)("may come before another outage in the same handler, which %s", async (which) => {
    const { alice, known, rows, site } = await start()
    const request = site.auth.open(headOf(alice))
    await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    const { authenticate, logout } = request.context
    await logout()
    site.network.fail("all", "refused", ["findByUsername"])
    await expect(authenticate(site.credentials("bob"))).rejects.toThrow("store")
    if (which === "throws it") request.discardChanges()
    else await expect(request.respond(500)).rejects.toThrow("store")
    expect(rows()).toEqual([known])
    expect([(await send(site.auth, alice, user)).value, rows()]).toEqual([undefined, []])
  })

  it("is none if the handler only meets an outage", async () => {
    const { alice, known, site } = await start()
    const request = site.auth.open(headOf(alice))
    await request.context.session.set("a", 1)
    request.discardChanges()
    expect(await userOf(site, known)).toBe("alice")
  })

  it("is none if a login over the session failed: the session is as before", async () => {
    const { alice, known, site } = await start()
    site.network.fail("all", "refused", ["Move", "Insert", "Delete"])
    expect((await send(site.auth, alice, logIn("bob"))).response.status).toBe(503)
    site.network.heal()
    expect(await userOf(site, known)).toBe("alice")
  })

  it("is carried out by a page that only reads, and by the watch of an open connection", async () => {
    for (const reads of ["reader", "onSessionEnd"] as const) {
      const { alice, rows, site } = await failed()
      if (reads === "reader") {
        await expect(site.auth.reader(headOf(alice)).getUser()).rejects.toThrow("store")
        site.network.heal()
        expect(await site.auth.reader(headOf(alice)).getUser()).toBe(undefined)
      } else {
        site.network.heal()
        const ended: Array<string> = []
        const stop = site.auth.onSessionEnd(headOf(alice), (why) => ended.push(why))
        while (ended.length === 0) await turn()
        stop()
      }
      expect([reads, rows()]).toEqual([reads, []])
    }
  })

  it("is final also when the session's lifetime is longer than that of its cookie", async () => {
    const { alice, rows, site } = await start()
    await send(site.auth, alice, ({ session }) => session.setExpiry(90 * 86_400))
    site.network.fail("all", "refused")
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    site.network.heal()
    site.clock.advance({ seconds: 60 * 86_400 })
    expect([(await send(site.auth, alice, user)).value, rows()]).toEqual([undefined, []])
  })

  it("is known to every application of the process that has this session store", async () => {
    const { sessions, users } = memory()
    const net = network({ sessions, users })
    const make = () =>
      createAuth({
        secretKey: "secret-key",
        sessions: net.sessions,
        backends: { [model]: modelBackend(users) },
        hashers: [pbkdf2Sha256({ iterations: 1 })]
      })
    const pages = make()
    const alice = new Browser({ origin: "http://localhost" })
    await pages.createUser({ username: "alice", password: "alice's" })
    expect((await send(pages, alice, logIn("alice", "alice's"))).value).toBe("alice")
    const ended: Array<string> = []
    const stop = pages.onSessionEnd(headOf(alice), (why) => ended.push(why), { everySeconds: 3_600 })
    while (!net.log.some(({ operation }) => operation === "load")) await turn()
    net.fail(2, "refused", ["Delete"])
    expect((await send(make(), alice, logOut)).response.status).toBe(503)
    vi.resetModules()
    const copy = await import("../../../../src/adapters/account/process-sessions.ts")
    expect(copy.processSessions).not.toBe(processSessions)
    const key = parse(alice.cookie("sessionid") ?? "")
    expect(key !== undefined && copy.processSessions(net.sessions).failedLogouts.has(key)).toBe(true)
    expect([(await send(pages, alice, user)).value, [...sessions.rows.keys()]]).toEqual([undefined, []])
    await vi.waitFor(() => expect(ended).toEqual(["ended"]), 20_000).finally(stop)
  })

  it("makes open connections of this process read their session again", async () => {
    const { alice, site } = await start()
    const ended: Array<string> = []
    const stop = site.auth.onSessionEnd(headOf(alice), (why) => ended.push(why), { everySeconds: 3_600 })
    while (!site.network.log.some(({ operation }) => operation === "load")) await turn()
    await turn()
    site.network.fail(1, "refused", ["Delete"])
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    await vi.waitFor(() => expect(ended).toEqual(["ended"]), 20_000).finally(stop)
  })

  it("is explained as a session that does not exist", async () => {
    const { alice, known = "", rows, site } = await failed()
    site.network.heal()
    const { session, steps, user } = await site.auth.explainSession({ sessionKey: known })
    expect([user, session, steps.at(-2)?.rule, rows()]).toEqual([undefined, undefined, "NoRow", [known]])
    expect(JSON.stringify(steps)).not.toContain(alice.cookie("sessionid"))
  })
})

describe("a logout that fails while the session gets another key", () => {
  /** Alice's site, where the statements of the given kind wait until they are let go. */
  const slow = async (kind: "Move" | "Delete") => {
    let [held, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isSlow = false
    const started = await start({
      client: ({ sessions, users }) => ({
        users,
        sessions: {
          ...sessions,
          commit: (change, now) => {
            if (!isSlow || change._tag !== kind) return sessions.commit(change, now)
            held.resolve()
            return Effect.andThen(
              Effect.promise(() => goes.promise),
              sessions.commit(change, now)
            )
          }
        }
      })
    })
    return {
      ...started,
      /** Sends a request, and returns when its statement waits. */
      begin: async (action: Action<unknown>) => {
        isSlow = true
        ;[held, goes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
        const browser = started.alice.copy()
        const answer = send(started.site.auth, browser, action)
        await held.promise
        isSlow = false
        return {
          browser,
          end: () => {
            goes.resolve()
            return answer
          }
        }
      }
    }
  }
  const cycleKey: Action<unknown> = ({ session }) => session.cycleKey()

  it("ends it under the new key if the logout failed first", async () => {
    const { alice, begin, rows, site } = await slow("Move")
    const renewal = await begin(cycleKey)
    site.network.fail(1, "refused", ["Delete"])
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    const { response } = await renewal.end()
    expect([response.status, response.headers.getSetCookie(), rows()]).toEqual([400, [], []])
  })

  it("accepts the new key no longer if it cannot be ended then", async () => {
    const { alice, begin, rows, site } = await slow("Move")
    const renewal = await begin(cycleKey)
    site.network.fail(2, "refused", ["Delete"])
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    expect((await renewal.end()).response.status).toBe(503)
    const [renewed] = rows()
    expect([rows().length, await userOf(site, renewed), rows()]).toEqual([1, undefined, []])
  })

  it("ends it under the new key if the logout failed last", async () => {
    const { alice, begin, rows, site } = await slow("Delete")
    const logout = await begin(logOut)
    await send(site.auth, alice, cycleKey)
    expect((await send(site.auth, alice, user)).value).toBe("alice")
    site.network.fail(1, "refused", ["Delete"])
    expect((await logout.end()).response.status).toBe(503)
    expect([(await send(site.auth, alice, user)).value, rows()]).toEqual([undefined, []])
  })

  it("is not forgotten if the key could not be changed, because the session had another text", async () => {
    const { alice, begin, rows, site } = await slow("Move")
    const renewal = await begin(both(({ session }) => session.get("a"), cycleKey))
    await send(site.auth, alice.copy(), ({ session }) => session.set("a", 1))
    site.network.fail("all", "refused", ["Delete"])
    expect((await send(site.auth, alice, logOut)).response.status).toBe(503)
    expect((await renewal.end()).response.status).toBe(503)
    site.network.heal()
    expect([(await send(site.auth, alice, user)).value, rows()]).toEqual([undefined, []])
  })
})

describe("the end of one of a user's sessions", () => {
  it.each(["endSession", "endOtherSessions"] as const)("is remembered if it is answered with 503: %s", async (name) => {
    const { alice, rows, site } = await start()
    const other = await site.browserOf("alice")
    const { value: sessions } = await send(site.auth, alice, ({ listSessions }) => listSessions())
    const id = sessions?.find(({ current }) => !current)?.id ?? ""
    site.network.fail("all", "refused", ["Delete"])
    const end: Action<unknown> = (context) =>
      name === "endSession" ? context.endSession(id) : context.endOtherSessions()
    expect((await send(site.auth, alice, end)).response.status).toBe(503)
    expect((await send(site.auth, other, user)).response.status).toBe(503)
    site.network.heal()
    expect((await send(site.auth, other, user)).value).toBe(undefined)
    expect((await send(site.auth, alice, user)).value).toBe("alice")
    expect(rows()).toEqual([alice.cookie("sessionid")])
  })
})

describe("the keys of failed logouts", () => {
  const keyOf = (text: string): SessionKey => {
    const key = parse(text)
    if (key === undefined) throw new TypeError(`not a key: ${text}`)
    return key
  }
  const numbered = (n: number): SessionKey => keyOf(`key-number-${n}`)
  it("are the last 10,000", () => {
    const keys = new FailedLogouts()
    for (let n = 0; n < 10_001; n++) keys.add(numbered(n))
    expect([0, 1, 10_000].map((n) => keys.has(numbered(n)))).toEqual([false, true, true])
  })

  it("leave no memory to a client with long keys", () => {
    const keys = new FailedLogouts()
    const longest = keyOf("x".repeat(128))
    keys.add(longest)
    keys.add(keyOf("x".repeat(129)))
    expect([keys.has(longest), keys.has(keyOf("x".repeat(129)))]).toEqual([true, false])
  })

  it("include those that the session got since, of the last 1,000 renewals", () => {
    const keys = new FailedLogouts()
    for (let n = 0; n < 1_001; n++) keys.renewed(numbered(n), numbered(n + 1))
    expect(keys.add(numbered(0))).toEqual([numbered(0)])
    expect(keys.add(numbered(999))).toEqual([999, 1_000, 1_001].map(numbered))
    expect(keys.add(numbered(999))).toEqual([])
  })

  it("are forgotten when their sessions are deleted", () => {
    const keys = new FailedLogouts()
    keys.add(numbered(1))
    keys.add(numbered(2))
    keys.remove(numbered(1))
    expect([keys.has(numbered(1)), keys.has(numbered(2))]).toEqual([false, true])
  })
})
