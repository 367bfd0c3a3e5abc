/** Idle and absolute lifetimes, and "remember me", with the stores on real servers. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import { cachedDbSessions } from "../../../src/adapters/store/cached-db.ts"
import { fileSessions } from "../../../src/adapters/store/file.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import { postgres } from "../../../src/adapters/store/postgres.ts"
import { redisClusterSessions, redisSessions } from "../../../src/adapters/store/redis.ts"
import { signedCookieSessions } from "../../../src/adapters/store/signed-cookies.ts"
import { parse } from "../../../src/core/session-key.ts"
import { fastFolder } from "../../rig/fast-folder.ts"
import { patient, patientRedis } from "../../rig/patience.ts"
import { startPostgres } from "../../rig/postgres-server.ts"
import { startRedis, startRedisCluster } from "../../rig/redis-server.ts"
import { service } from "../../rig/services.ts"
import { application, browser, type Handler, whoIsThere } from "../request/site.ts"

interface Opened {
  readonly store: SessionStore
  readonly close: () => Promise<unknown>
}

const openPostgres = async (userSessions: boolean) => {
  const server = await startPostgres()
  const pg = postgres({ ...patient, url: await server.createDatabase(), userSessions })
  await pg.createTables()
  return { pg, close: async () => [await pg.close(), await server.stop()] }
}

const stores: ReadonlyArray<{
  readonly name: string
  readonly isAvailable: boolean
  readonly open: () => Promise<Opened>
}> = [
  { name: "memory", isAvailable: true, open: async () => ({ store: memory().sessions, close: async () => {} }) },
  {
    name: "signed cookies",
    isAvailable: true,
    open: async () => ({ store: signedCookieSessions(), close: async () => {} })
  },
  {
    name: "files",
    isAvailable: true,
    open: async () => ({ store: fileSessions({ directory: fastFolder("lifetimes") }), close: async () => {} })
  },
  {
    name: "PostgreSQL",
    isAvailable: service("postgres").available,
    open: async () => {
      const { close, pg } = await openPostgres(false)
      return { store: pg.sessions, close }
    }
  },
  {
    name: "PostgreSQL that records the sessions of users",
    isAvailable: service("postgres").available,
    open: async () => {
      const { close, pg } = await openPostgres(true)
      return { store: pg.sessions, close }
    }
  },
  {
    name: "Redis",
    isAvailable: service("redis").available,
    open: async () => {
      const server = await startRedis()
      const store = redisSessions({ ...patientRedis, url: server.url })
      return { store, close: async () => [await store.close(), await server.stop()] }
    }
  },
  {
    name: "Redis Cluster",
    isAvailable: service("redis").available,
    open: async () => {
      const cluster = await startRedisCluster()
      const store = redisClusterSessions({ ...patientRedis, urls: cluster.urls })
      return { store, close: async () => [await store.close(), await cluster.stop()] }
    }
  },
  {
    name: "Redis before PostgreSQL",
    isAvailable: service("postgres").available && service("redis").available,
    open: async () => {
      const [{ close, pg }, server] = await Promise.all([openPostgres(false), startRedis()])
      const cache = redisSessions({ ...patientRedis, url: server.url })
      const store = cachedDbSessions({ cache, rows: pg.sessions })
      return { store, close: async () => [await cache.close(), await close(), await server.stop()] }
    }
  }
]

const minute = 60_000
const lifetime = {
  idleSeconds: 1800,
  absoluteSeconds: 43_200,
  renewalSeconds: 60,
  remembered: { idleSeconds: 86_400, absoluteSeconds: 172_800 }
}

const loggingIn =
  (remember?: boolean): Handler =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username: "alice", password: "alice's" })
    if (user === undefined) throw new Error("wrong password")
    await login(user, remember === undefined ? {} : { remember })
  }

/** When the session cookie of a response ends; `undefined`: with the browser. @throws if the response sets none */
const cookieEnd = (cookies: ReadonlyArray<string>, now: number): number | undefined => {
  const line = cookies.find((one) => one.startsWith("sessionid="))
  if (line === undefined) throw new Error("no session cookie")
  const [, age] = /Max-Age=(\d+)/.exec(line) ?? []
  return age === undefined ? undefined : now + Number(age) * 1000
}

describe.each(stores.filter(({ isAvailable }) => isAvailable))("lifetimes in $name", ({ name, open }) => {
  const hasRows = name !== "signed cookies"
  let opened: Opened
  const clock = { now: 0 }
  let committed = 0
  let app: Awaited<ReturnType<typeof application>>
  beforeAll(async () => {
    opened = await open()
    const { store } = opened
    // Counts the writes that the store has made.
    const counting: SessionStore = {
      ...store,
      commit: (change, now) =>
        Effect.tap(store.commit(change, now), (answer) =>
          Effect.sync(() => {
            if (answer._tag === "Committed") committed += 1
          })
        )
    }
    app = await application({
      sessions: counting,
      clockAndRandom: { now: () => clock.now },
      lifetime,
      reauthentication: {}
    })
  })
  afterAll(() => opened?.close())

  const start = async (remember?: boolean) => {
    clock.now = Math.floor(Date.now() / 1000) * 1000
    const alice = browser(app)
    const { cookies } = await alice.visit(loggingIn(remember))
    committed = 0
    return { alice, began: clock.now, cookies, copy: () => browser(app, new Map(alice.cookies)) }
  }
  /** `undefined`: there is no row, or the store cannot tell. */
  const rowEnd = async (text: string | undefined): Promise<number | undefined> => {
    const key = parse(text)
    const { expiryOf } = opened.store
    return key === undefined || expiryOf === undefined ? undefined : Effect.runPromise(expiryOf(key))
  }

  it.each([
    [-1, "alice"],
    [0, undefined],
    [1, undefined]
  ])("%i ms after the idle end the user is %s", async (passed, user) => {
    const { alice, began, copy } = await start()
    clock.now = began + 1_800_000 + passed
    expect([await whoIsThere(copy()), await whoIsThere(alice)]).toEqual([user, user])
    expect(alice.cookies.has("sessionid")).toBe(user !== undefined)
  })

  it.each([
    [-1, "alice"],
    [0, undefined],
    [1, undefined]
  ])("%i ms after the absolute end the user of a session in use is %s", async (passed, user) => {
    const { alice, began } = await start()
    for (clock.now = began; clock.now < began + 43_200_000; clock.now += 20 * minute) {
      const { cookies } = await alice.visit(({ session }) => session.set("n", clock.now))
      expect(cookieEnd(cookies, clock.now)).toBeLessThanOrEqual(began + 43_200_000)
    }
    clock.now = began + 43_200_000 + passed
    expect(await whoIsThere(alice)).toBe(user)
  })

  const proving =
    (password: string): Handler =>
    async ({ reauthenticate }) => {
      expect(await reauthenticate({ password })).toBe(password === "alice's")
    }
  const changingPassword: Handler = async ({ changePassword, getUser, updateSessionAuthHash }) => {
    const user = (await getUser()) ?? expect.fail("no user")
    expect(await changePassword(user, "alice's", "alice's")).toBe(true)
    await updateSessionAuthHash(user)
  }
  /** The session after 11 hours of use and 29 minutes of none: either lifetime is nearly over. */
  const nearlyOver = async () => {
    const started = await start()
    const { alice, began } = started
    for (clock.now = began; clock.now <= began + 11 * 60 * minute; clock.now += 20 * minute) await whoIsThere(alice)
    clock.now = began + 11 * 60 * minute + 29 * minute
    return started
  }

  it.each<[string, Handler]>([
    ["a login of the same user", loggingIn()],
    ["a proof for a recent login", proving("alice's")],
    ["a change of the password with the old one", changingPassword]
  ])("%s starts both lifetimes again", async (_, renewing) => {
    const { alice } = await nearlyOver()
    const at = clock.now
    const { cookies } = await alice.visit(renewing)
    expect(cookieEnd(cookies, at)).toBe(at + 1_800_000)
    clock.now = at + 1_799_999
    expect(await whoIsThere(alice), "the idle lifetime").toBe("alice")
    for (; clock.now < at + 43_200_000 - 10 * minute; clock.now += 20 * minute)
      expect(await whoIsThere(alice)).toBe("alice")
    clock.now = at + 43_199_999
    expect(await whoIsThere(alice), "the absolute lifetime").toBe("alice")
    clock.now = at + 43_200_000
    expect(await whoIsThere(alice)).toBe(undefined)
  })

  it("a wrong proof is a use of the session and no more, and a proof is none for a copy of the cookie", async () => {
    const { alice, began, copy } = await nearlyOver()
    const before = copy()
    await alice.visit(proving("wrong"))
    clock.now += 29 * minute
    expect(await whoIsThere(alice), "the idle lifetime").toBe("alice")
    clock.now = began + 43_199_999
    await alice.visit(proving("alice's"))
    if (hasRows) expect(await whoIsThere(before)).toBe(undefined)
    clock.now = began + 43_200_000
    expect([await whoIsThere(alice), await whoIsThere(before)]).toEqual(["alice", undefined])
  })

  it("parallel reads write at most once per interval, and the cookie ends with the row at the latest", async () => {
    const { alice, began, copy } = await start()
    clock.now = began + 59_999
    await whoIsThere(alice)
    expect(committed).toBe(0)
    for (const [at, writes] of [
      [60_000, 1],
      [119_999, 1],
      [120_000, 2]
    ] as const) {
      clock.now = began + at
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => (hasRows ? copy() : alice).visit(({ getUser }) => getUser()))
      )
      // Signed cookies are not compared: each response has the whole session.
      if (hasRows) expect(committed).toBe(writes)
      const set = answers.flatMap(({ cookies }) => cookies).filter((line) => line.startsWith("sessionid="))
      for (const line of set) expect(cookieEnd([line], clock.now)).toBe(clock.now + 1_800_000)
      const end = (await rowEnd(alice.cookies.get("sessionid"))) ?? Number.POSITIVE_INFINITY
      for (const line of set) expect(cookieEnd([line], clock.now)).toBeLessThanOrEqual(end)
    }
  })

  it("a reader writes nothing, before and after the end", async () => {
    const { alice, began } = await start()
    const head = {
      method: "GET",
      target: "/",
      headers: [["Cookie", `sessionid=${alice.cookies.get("sessionid")}`]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    } as const
    for (const [at, user] of [
      [120_000, "alice"],
      [1_799_999, "alice"],
      [1_800_000, undefined]
    ] as const) {
      clock.now = began + at
      expect((await app.auth.reader(head).getUser())?.username).toBe(user)
    }
    expect(committed).toBe(0)
    clock.now = began + 1_799_999
    expect(await whoIsThere(alice)).toBe("alice")
  })

  if (hasRows)
    it("reads beside a logout do not bring the session back", async () => {
      const { alice, began, copy } = await start()
      clock.now = began + 120_000
      const before = copy()
      await Promise.all([
        alice.visit(({ logout }) => logout()),
        ...Array.from({ length: 5 }, () => copy().visit(({ getUser }) => getUser()))
      ])
      expect(await whoIsThere(before)).toBe(undefined)
      expect(await rowEnd(before.cookies.get("sessionid"))).toBe(undefined)
    })

  if (name.includes("records"))
    it("a list of the sessions says when each ends", async () => {
      const { alice, began, copy } = await start()
      const ends = async (visitor = alice): Promise<ReadonlyArray<number | undefined>> => {
        let listed: ReadonlyArray<number | undefined> = []
        await visitor.visit(async ({ listSessions }) => {
          listed = (await listSessions()).map(({ endsAt }) => endsAt)
        })
        return listed
      }
      expect((await ends())[0]).toBe(began + 1_800_000)
      clock.now = began + 120_000
      await whoIsThere(alice)
      expect((await ends(copy()))[0]).toBe(began + 1_920_000)
      expect((await ends(copy()))[0]).toBe(await rowEnd(alice.cookies.get("sessionid")))
    })

  it.each([
    [true, 86_400],
    [false, undefined],
    [undefined, 1800]
  ])("login(user, { remember: %s }) makes a cookie of %s seconds, for this login only", async (remember, seconds) => {
    const { alice, began, cookies } = await start(remember)
    expect(cookieEnd(cookies, began)).toBe(seconds === undefined ? undefined : began + seconds * 1000)
    const limit = remember === true ? lifetime.remembered : lifetime
    clock.now = began + limit.idleSeconds * 1000 - 1
    expect(await whoIsThere(alice)).toBe("alice")
    clock.now += limit.idleSeconds * 1000
    expect(await whoIsThere(alice)).toBe(undefined)
    const again = await alice.visit(loggingIn())
    expect(cookieEnd(again.cookies, clock.now)).toBe(clock.now + 1_800_000)
  })
})
