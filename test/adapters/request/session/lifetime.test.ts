/** Idle and absolute lifetime, on requests with a clock that the test sets. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import { settings } from "../../../../src/core/auth/state/auth-settings.ts"
import * as Data from "../../../../src/core/json/session-data.ts"
import * as Expiry from "../../../../src/core/session/lifetime/expiry.ts"
import { faultyMemory } from "../../http/contract/faults.ts"
import { browser, type Handler, logIn, model, whoIsThere } from "../site.ts"

const start = 1_700_000_000_000
const minute = 60_000
const lifetime = { idleSeconds: 1800, absoluteSeconds: 43_200, renewalSeconds: 60 }

type Options = Partial<AuthOptions<MemoryUser, AnyFields>>

/** Servers of one site, each with its own clock, on the same stores. */
const site = async (options: Options = { lifetime }, sessions?: SessionStore) => {
  const stores = faultyMemory()
  const server = (more: Options = {}) => {
    const clock = { now: start }
    const auth = createAuth<MemoryUser, AnyFields>({
      secretKey: "secret-key",
      sessions: sessions ?? stores.sessions,
      backends: { [model]: modelBackend(stores.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      clockAndRandom: { now: () => clock.now },
      ...options,
      ...more
    })
    return { auth, clock }
  }
  const one = server()
  await one.auth.createUser({ username: "alice", password: "alice's" })
  await one.auth.createUser({ username: "bob", password: "bob's" })
  const alice = browser(one)
  await alice.visit(logIn())
  stores.heal()
  const row = () => {
    const [last] = [...stores.sessions.rows.values()].slice(-1)
    const decoded = plain.codec.decode(last?.text ?? "")
    return { expiresAt: last?.expiresAt, data: decoded._tag === "Decoded" ? Data.values(decoded.data) : new Map() }
  }
  /** The rows last, as after a write by a Django site, whose SESSION_COOKIE_AGE is long. */
  const extend = () => {
    for (const row of stores.sessions.rows.values()) Object.assign(row, { expiresAt: start + 1e12 })
  }
  return { ...one, alice, stores, server, row, extend }
}

const plain = settings({ secretKey: "secret-key" }).session

const maxAgeOf = (cookies: ReadonlyArray<string>): number | undefined => {
  const [, age] = /^sessionid=.*Max-Age=(\d+)/.exec(cookies.find((line) => line.startsWith("sessionid=")) ?? "") ?? []
  return age === undefined ? undefined : Number(age)
}

describe("the idle lifetime", () => {
  it.each([
    [1_799_999, "alice"],
    [1_800_000, undefined],
    [1_800_001, undefined]
  ])("after %i ms without a request the user is %s", async (passed, user) => {
    const { alice, clock, extend, stores } = await site()
    clock.now = start + passed
    extend()
    expect(await whoIsThere(alice)).toBe(user)
    expect(alice.cookies.has("sessionid")).toBe(user !== undefined)
    expect(stores.sessions.rows.size).toBe(user === undefined ? 0 : 1)
  })

  it("is renewed by requests that only read, with one write for each interval", async () => {
    const { alice, clock, stores } = await site()
    for (let second = 1; second <= 180; second += 1) {
      clock.now = start + second * 1000
      expect(await whoIsThere(alice)).toBe("alice")
    }
    expect(stores.commits()).toBe(3)
    clock.now += 29 * minute
    expect(await whoIsThere(alice)).toBe("alice")
  })

  it.each([
    [1_799_999, "alice"],
    [1_800_000, undefined]
  ])("is kept by the row too: after %i ms the user is %s", async (passed, user) => {
    const { alice, clock, row } = await site()
    expect(row().expiresAt).toBe(start + 1_800_000)
    clock.now = start + passed
    expect(await whoIsThere(alice)).toBe(user)
  })

  it("is not renewed by a reader, and a reader deletes nothing", async () => {
    const { alice, auth, clock, extend, stores } = await site()
    extend()
    const head = {
      method: "GET",
      target: "/",
      headers: [["Cookie", `sessionid=${alice.cookies.get("sessionid")}`]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    } as const
    clock.now = start + 10 * minute
    expect((await auth.reader(head).getUser())?.username).toBe("alice")
    clock.now = start + 30 * minute
    expect(await auth.reader(head).getUser()).toBe(undefined)
    expect([stores.commits(), stores.sessions.rows.size]).toEqual([0, 1])
  })

  it("a read beside a logout does not bring the session back, and its response is sent", async () => {
    const { alice, clock, stores } = await site()
    clock.now = start + 2 * minute
    const key = alice.cookies.get("sessionid") ?? ""
    stores.beforeCommit = () => {
      stores.beforeCommit = () => {}
      stores.remove(key)
    }
    const { cookies } = await alice.visit(({ getUser }) => getUser())
    expect([cookies, stores.sessions.rows.size]).toEqual([[], 0])
  })

  it("a renewal beside another one writes nothing", async () => {
    const { alice, auth, clock, row, stores } = await site()
    clock.now = start + 2 * minute
    const other = browser({ auth }, new Map(alice.cookies))
    stores.beforeCommit = async () => {
      stores.beforeCommit = () => {}
      await other.visit(({ getUser }) => getUser())
    }
    expect((await alice.visit(({ getUser }) => getUser())).cookies).toEqual([])
    expect([stores.commits(), row().data.get("_latchkey_seen")]).toEqual([2, String(clock.now)])
  })

  it("a renewal is written again after a write of a Django site, which records no use", async () => {
    const { alice, clock, row, stores } = await site()
    clock.now = start + 2 * minute
    stores.beforeCommit = () => {
      stores.beforeCommit = () => {}
      const { data } = row()
      const text = plain.codec.encode(Data.of([...data, ["django", "1"]]), clock.now)
      for (const row of stores.sessions.rows.values()) Object.assign(row, { text })
    }
    await alice.visit(({ getUser }) => getUser())
    expect([stores.commits(), row().data.get("_latchkey_seen"), row().data.get("django")]).toEqual([
      2,
      String(clock.now),
      "1"
    ])
  })
})

describe("the absolute lifetime", () => {
  it.each([
    [43_199_999, "alice"],
    [43_200_000, undefined],
    [43_200_001, undefined]
  ])("%i ms after the login the user of a session in use is %s", async (passed, user) => {
    const { alice, clock, extend } = await site()
    for (clock.now = start; clock.now < start + passed; clock.now += 20 * minute) {
      await alice.visit(({ session }) => session.set("n", clock.now))
    }
    clock.now = start + passed
    extend()
    expect(await whoIsThere(alice)).toBe(user)
  })

  it("counts from the login: no write, new key, expiry or new password moves it", async () => {
    const { alice, clock, row } = await site()
    const ends = start + 43_200_000
    for (const step of [
      ({ session }) => session.set("a", 1),
      ({ session }) => session.cycleKey(),
      ({ session }) => session.setExpiry(1_000_000),
      ({ session }) => session.setExpiry(new Date(start + 1e10)),
      async ({ getUser, setPassword, updateSessionAuthHash }) => {
        const user = await getUser()
        if (user === undefined) throw new Error("anonymous")
        await setPassword(user, "new")
        await updateSessionAuthHash(user)
      },
      ({ session }) => session.save()
    ] satisfies ReadonlyArray<Parameters<typeof alice.visit>[0]>) {
      clock.now += 25 * minute
      const { cookies } = await alice.visit(step)
      const { expiresAt = 0 } = row()
      expect(expiresAt).toBeLessThanOrEqual(ends)
      expect(clock.now + (maxAgeOf(cookies) ?? 0) * 1000).toBeLessThanOrEqual(expiresAt)
    }
    while (clock.now + 20 * minute < ends) {
      clock.now += 20 * minute
      expect(await whoIsThere(alice)).toBe("alice")
    }
    clock.now = ends
    expect(await whoIsThere(alice)).toBe(undefined)
  })

  it("a new login starts it again, and so does a login of another user", async () => {
    const { alice, clock } = await site()
    clock.now = start + 25 * minute
    await alice.visit(logIn())
    await alice.visit(logIn("bob"))
    clock.now = start + 50 * minute
    expect(await whoIsThere(alice)).toBe("bob")
  })

  it("with saveEveryRequest an ended session is deleted, not written", async () => {
    const { alice, clock, extend, stores } = await site({ lifetime, saveEveryRequest: true })
    clock.now = start + 30 * minute
    extend()
    await alice.visit(() => undefined)
    expect([stores.sessions.rows.size, alice.cookies.has("sessionid")]).toEqual([0, false])
  })
})

describe("clocks", () => {
  it("that go back do not extend the absolute lifetime, and the idle lifetime counts from the present again", async () => {
    const { alice, clock, row } = await site()
    clock.now = start + 3600_000 - 31 * minute
    await alice.visit(({ session }) => session.set("a", 1))
    clock.now = start - 10 * minute
    expect(await whoIsThere(alice)).toBe("alice")
    expect(row().expiresAt).toBe(start - 10 * minute + 1_800_000)
    clock.now = start + 20 * minute
    expect(await whoIsThere(alice)).toBe(undefined)
  })

  it("that differ between two servers end a session by the clock of the server that is asked", async () => {
    const { alice, clock, server } = await site()
    const ahead = server()
    clock.now = start + 29 * minute
    ahead.clock.now = start + 31 * minute
    expect(await whoIsThere(browser(ahead, new Map(alice.cookies)))).toBe(undefined)
  })
})

describe("remember me", () => {
  const remembered = { idleSeconds: 600_000, absoluteSeconds: 700_000 }
  const loggingIn =
    (remember?: boolean): Handler =>
    async (context) => {
      const user = await context.authenticate({ username: "alice", password: "alice's" })
      if (user === undefined) throw new Error("wrong password")
      await context.login(user, remember === undefined ? {} : { remember })
    }

  it.each([
    [true, 600_000, undefined],
    [false, undefined, "0"],
    [undefined, 1800, undefined]
  ])("login(user, { remember: %s }) sets Max-Age %s", async (remember, age, stored) => {
    const { auth, row } = await site({ lifetime: { ...lifetime, remembered } })
    const { cookies } = await browser({ auth }).visit(loggingIn(remember))
    expect(maxAgeOf(cookies)).toBe(age)
    expect(row().data.get(Expiry.sessionDataKey)).toBe(stored)
  })

  it("works without lifetimes, and stores what Django's set_expiry stores", async () => {
    const { auth, row } = await site({ expireAtBrowserClose: true })
    const { cookies } = await browser({ auth }).visit(loggingIn(true))
    expect(row().data.get(Expiry.sessionDataKey)).toBe("1209600")
    expect(maxAgeOf(cookies)).toBe(1_209_600)
  })

  it("gives a remembered login its own limits, also after a new key", async () => {
    const { auth, clock } = await site({ lifetime: { ...lifetime, remembered } })
    const phone = browser({ auth })
    await phone.visit(loggingIn(true))
    clock.now = start + 3600_000
    await phone.visit(({ session }) => session.cycleKey())
    clock.now = start + 599_000_000
    expect(await whoIsThere(phone)).toBe("alice")
    clock.now = start + 700_000_000
    expect(await whoIsThere(phone)).toBe(undefined)
  })
})

describe("a login that latchkey did not see", () => {
  it("counts from the first request that can write", async () => {
    const { alice, stores } = await site({})
    const other = await site()
    const { auth, clock } = other.server({
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users) }
    })
    const there = browser({ auth }, alice.cookies)
    clock.now = start + 3600_000
    expect(await whoIsThere(there)).toBe("alice")
    clock.now += 1_800_000
    expect(await whoIsThere(there)).toBe(undefined)
  })
})

describe("without the option", () => {
  it("nothing is stored and nothing is written", async () => {
    const { alice, clock, row, stores } = await site({})
    expect([...row().data.keys()]).toEqual(["_auth_user_id", "_auth_user_backend", "_auth_user_hash"])
    clock.now = start + 3600_000
    expect(await whoIsThere(alice)).toBe("alice")
    expect(stores.commits()).toBe(0)
  })
})

describe("an anonymous session", () => {
  it("expires as in Django", async () => {
    const { auth, clock } = await site()
    const visitor = browser({ auth })
    await visitor.visit(({ session }) => session.set("cart", 1))
    clock.now = start + 3600_000
    let cart: unknown
    await visitor.visit(async ({ session }) => {
      cart = await session.get("cart")
    })
    expect(cart).toBe(1)
  })
})

describe("sessions in signed cookies", () => {
  it("end in the same way, and a copy of an old cookie too", async () => {
    const { alice, auth, clock } = await site({ lifetime }, signedCookieSessions())
    const copy = new Map(alice.cookies)
    for (clock.now = start; clock.now < start + 60 * minute; clock.now += 20 * minute) await whoIsThere(alice)
    expect(await whoIsThere(alice)).toBe("alice")
    expect(await whoIsThere(browser({ auth }, copy))).toBe(undefined)
  })
})

describe("explainSession", () => {
  it.each([
    [1_800_000, "IdleTooLong", "It was last used at 2023-11-14T22:13:20Z"],
    [43_200_000, "LoginTooOld", "Its user logged in at 2023-11-14T22:13:20Z"]
  ])("after %i ms says why the session has ended: %s", async (passed, rule, text) => {
    const { alice, auth, clock, extend } = await site()
    extend()
    clock.now = start + passed
    const { steps, user } = await auth.explainSession({ sessionKey: alice.cookies.get("sessionid") ?? "" })
    expect(user).toBe(undefined)
    expect(steps.find((step) => step.rule === rule)?.text).toContain(text)
  })
})

describe("wrong settings", () => {
  const refused = (options: AuthOptions<MemoryUser, AnyFields>["lifetime"]) => () =>
    createAuth<MemoryUser, AnyFields>({
      secretKey: "secret-key",
      sessions: faultyMemory().sessions,
      backends: { [model]: modelBackend(faultyMemory().users) },
      ...(options === undefined ? {} : { lifetime: options })
    })
  it.each([
    [{}, "lifetime has no effect"],
    [{ idleSeconds: 0 }, "lifetime.idleSeconds must be"],
    [{ absoluteSeconds: 1.5 }, "lifetime.absoluteSeconds must be"],
    [{ idleSeconds: 20, absoluteSeconds: 10 }, "lifetime.idleSeconds is above absoluteSeconds"],
    [{ idleSeconds: 1_209_601 }, "lifetime.idleSeconds is above sessionCookie.ageSeconds"],
    [{ idleSeconds: 10, renewalSeconds: 10 }, "lifetime.renewalSeconds must be below idleSeconds"],
    [{ absoluteSeconds: 10, renewalSeconds: 1 }, "lifetime.renewalSeconds has no effect"],
    [
      { idleSeconds: 10, remembered: { idleSeconds: 20, absoluteSeconds: 10 } },
      "lifetime.remembered.idleSeconds is above"
    ]
  ])("%j is refused at the start: %s", (options, message) => {
    expect(refused(options)).toThrow(message)
  })
})
