/** One deadline for all calls of stores of a request. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { storeDeadline } from "../../../../src/adapters/api/options/store-deadline.ts"
import { defineBackend } from "../../../../src/adapters/backend/define-backend.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { remoteUserBackend } from "../../../../src/adapters/backend/remote-user-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { defineSessionStore } from "../../../../src/adapters/store/define-session-store.ts"
import { memoryThrottle } from "../../../../src/adapters/store/memory/memory-throttle.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { intercepted } from "../../../../src/testing/browser/intercept.ts"
import { credentials, operations, rawOperations, sessionOperations } from "../../api/per-request/every-operation.ts"

const transport = { secure: false, serverName: "localhost", serverPort: "80" }
const late = { _tag: "StoreUnavailable" }

/** A site whose own stores take some time for each call, and its log of the calls that were begun. */
const slowSite = async (options: Partial<AuthOptions<MemoryUser, AnyFields>>, throttled = true) => {
  const stores = memory({ userSessions: true })
  const calls: Array<string> = []
  let milliseconds = 0
  const around = <A, E>(name: string, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      calls.push(name)
      return milliseconds === 0 ? call : Effect.andThen(Effect.sleep(milliseconds), call)
    })
  const own = intercepted(stores, ({ operation }, call) => around(operation, call))
  const counting = memoryThrottle()
  const throttle: ThrottleStore = {
    isShared: false,
    take: (asks, now) => around("take", counting.take(asks, now)),
    settle: (changes) => around("settle", counting.settle(changes))
  }
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "slow stores",
    sessions: own.sessions,
    backends: { model: modelBackend(own.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    reauthentication: {},
    ...(throttled ? { throttle: { store: throttle } } : {}),
    ...options
  })
  await auth.createUser({ ...credentials, email: "alice@example.com" })
  return {
    auth,
    calls,
    stores,
    open: (cookie: string, headers: ReadonlyArray<readonly [string, string]> = []) =>
      auth.open({ method: "GET", target: "/", headers: [["Cookie", cookie], ...headers], transport }),
    /** From now on, each call takes this long. */
    slow: (each: number) => {
      milliseconds = each
    },
    login: async () => {
      const { context, respond } = bound(auth)
      const user = await context.authenticate(credentials)
      if (user !== undefined) await context.login(user)
      await context.session.set("cart", [1])
      return (await respond()).map((line) => line.split(";")[0]).join("; ")
    }
  }
}

const bound = (auth: ReturnType<typeof createAuth<MemoryUser, AnyFields>>) => {
  const request = auth.open({ method: "GET", target: "/", headers: [], transport })
  return { context: request.context, respond: async () => (await request.respond(200)).cookies }
}

/** How long a call took, and its error. */
const failureOf = async (call: () => unknown) => {
  const startedAt = performance.now()
  try {
    await call()
    return { error: undefined, ms: performance.now() - startedAt }
  } catch (error) {
    return { error, ms: performance.now() - startedAt }
  }
}

/** Calls a member of one door: an Effect, or a function that returns an Effect, a Promise or a value. */
const called = (door: object, name: string, args: ReadonlyArray<unknown>): unknown => {
  const member: unknown = Reflect.get(door, name)
  const result: unknown = typeof member === "function" ? Reflect.apply(member, door, [...args]) : member
  return Effect.isEffect(result) ? Effect.runPromise(result as Effect.Effect<unknown, unknown>) : result
}

describe("the store calls of a request", () => {
  it("have one deadline together: the last one gets what is left, and may have been carried out", async () => {
    const { auth, calls, login, slow, stores } = await slowSite({ deadlineSeconds: 0.7 }, false)
    await login()
    calls.length = 0
    slow(300)
    const request = auth.open({ method: "GET", target: "/", headers: [], transport })
    const startedAt = performance.now()
    const user = await request.context.authenticate(credentials)
    if (user === undefined) throw new Error("alice cannot log in")
    await request.context.login(user)
    await expect(request.respond(200)).rejects.toMatchObject(late)
    const ms = performance.now() - startedAt
    expect(calls).toEqual(["findByUsername", "recordLogin", "Insert"])
    expect(ms).toBeGreaterThanOrEqual(680)
    expect(ms).toBeLessThan(890)
    expect(stores.sessions.rows.size).toBe(1)
  })

  it("do not start after the deadline", async () => {
    const { auth, calls, slow } = await slowSite({ deadlineSeconds: 0.3 }, false)
    slow(200)
    calls.length = 0
    const request = auth.open({ method: "GET", target: "/", headers: [], transport })
    const user = await request.context.authenticate(credentials)
    if (user === undefined) throw new Error("alice cannot log in")
    await expect(request.context.login(user)).rejects.toMatchObject(late)
    await request.context.session.flush()
    await request.context.session.set("cart", [1]).catch(() => {})
    await Promise.resolve(request.respond(200)).catch(() => {})
    expect(calls).toEqual(["findByUsername", "recordLogin"])
  })

  it("do not count the work of the handler, and the wait for hashing", async () => {
    const { auth, slow } = await slowSite({ deadlineSeconds: 0.3, beforeAttempt: () => sleep(200) }, false)
    slow(20)
    const request = auth.open({ method: "GET", target: "/", headers: [], transport })
    await sleep(200)
    const user = await request.context.authenticate(credentials)
    await sleep(200)
    if (user === undefined) throw new Error("alice cannot log in")
    await request.context.login(user)
    expect((await request.respond(200)).cookies).toHaveLength(2)
  })

  it("have no common deadline outside a request", async () => {
    const { auth, slow } = await slowSite({ deadlineSeconds: 0.05 })
    slow(100)
    expect(await auth.createUser({ username: "bob", password: "bob's password" })).toMatchObject({ username: "bob" })
    expect(await auth.clearSessions()).toBe(0)
  })

  it("that end all other sessions are as many as there are sessions", async () => {
    const { auth, calls, login, open, slow } = await slowSite({ deadlineSeconds: 0.4 })
    const cookies = []
    for (let n = 0; n < 6; n++) cookies.push(await login())
    calls.length = 0
    slow(100)
    expect(await open(cookies[0] ?? "").context.endOtherSessions()).toBe(5)
    expect(calls.filter((name) => name === "Delete")).toHaveLength(5)
    slow(0)
    const [user] = await auth.findUsersByEmail("alice@example.com")
    expect(user && (await auth.listSessions(user))).toHaveLength(1)
  })
})

describe("after the deadline, an operation calls no store", () => {
  /** A request that has waited for its stores until the deadline, and whose stores are fast again. */
  const tired = async () => {
    const site = await slowSite({ deadlineSeconds: 0.02 })
    const cookie = await site.login()
    site.slow(60_000)
    const request = site.open(cookie)
    await expect(request.context.session.get("cart")).rejects.toMatchObject(late)
    site.slow(0)
    site.calls.length = 0
    return { site, cookie, request }
  }

  const tables = [
    ["", operations],
    ["session", sessionOperations],
    ["raw", rawOperations]
  ] as const
  const doorOf = <A extends { readonly session: { readonly raw: object } & object }>(door: A, part: string): object =>
    part === "" ? door : part === "raw" ? door.session.raw : door.session

  for (const [part, table] of tables)
    it.each(Object.entries<ReadonlyArray<unknown>>(table))(`${part} %s`, async (name, args) => {
      const { cookie, request, site } = await tired()
      for (const door of [request.effects, request.context]) {
        const { error } = await failureOf(() => called(doorOf(door, part), name, args))
        expect(site.calls).toEqual([])
        const { calls } = site
        await failureOf(() => called(doorOf(site.open(cookie).context, part), name, args))
        if (calls.length > 0) expect(error).toMatchObject({ _tag: "StoreUnavailable" })
        calls.length = 0
      }
    })

  it("the response", async () => {
    const { request, site } = await tired()
    await request.context.session.flush()
    await expect(request.respond(200)).rejects.toMatchObject(late)
    expect(site.calls).toEqual([])
  })

  it("the login by the header of a proxy", async () => {
    const stores = memory()
    const calls: Array<string> = []
    const own = intercepted(stores, ({ operation }, call) =>
      Effect.suspend(() => {
        calls.push(operation)
        return Effect.andThen(Effect.sleep("100 millis"), call)
      })
    )
    const auth = createAuth<MemoryUser, AnyFields>({
      secretKey: "slow stores",
      deadlineSeconds: 0.15,
      sessions: own.sessions,
      backends: { proxy: remoteUserBackend(own.users) },
      remoteUser: { header: "X-User" }
    })
    const request = auth.open({ method: "GET", target: "/", headers: [["X-User", "carol"]], transport })
    await expect(
      request.enter({ body: undefined, exempt: () => true, loginRequired: undefined })
    ).rejects.toMatchObject(late)
    expect(calls).toEqual(["findByUsername", "create"])
  })
})

describe("functions of the application that never answer", () => {
  it("of a session store end with the request", async () => {
    const never = () => new Promise<never>(() => {})
    const auth = createAuth({
      secretKey: "slow stores",
      deadlineSeconds: 0.1,
      sessions: defineSessionStore({
        capabilities: { atomicSwap: true, merges: true, revokes: true, sharedWithDjango: false },
        load: never,
        commit: never,
        clearExpired: never
      }),
      backends: { model: modelBackend(memory().users) }
    })
    const open = () =>
      auth.open({ method: "GET", target: "/", headers: [["Cookie", "sessionid=abcdefghijkl"]], transport })
    const read = await failureOf(() => open().context.getUser())
    expect(read.error).toMatchObject(late)
    expect(read.ms).toBeLessThan(1000)
    const other = open()
    await other.context.session.flush()
    await other.context.session.set("cart", 1).catch(() => {})
    await expect(other.respond(200)).rejects.toMatchObject(late)
  })

  it("that list or delete sessions end, each at a deadline of its own, where all other sessions are ended", async () => {
    const stores = memory({ userSessions: true })
    const { commit, load, userSessions } = stores.sessions
    if (userSessions === undefined) throw new Error("the store records no sessions")
    let silent: string | undefined
    const { deadlineSeconds, ...others } = stores.sessions
    expect(deadlineSeconds).toBe(0)
    const sessions: SessionStore = {
      ...others,
      load,
      commit: (change, now) => (silent === change._tag ? Effect.never : commit(change, now)),
      userSessions: {
        ...userSessions,
        list: (query, now) => (silent === "list" ? Effect.never : userSessions.list(query, now))
      }
    }
    const { login, open } = await slowSite({ deadlineSeconds: 0.1, sessions })
    const cookie = await login()
    await login()
    for (const call of ["list", "Delete"]) {
      silent = call
      const { error, ms } = await failureOf(() => open(cookie).context.endOtherSessions())
      expect(error).toMatchObject(late)
      expect(ms).toBeLessThan(1000)
    }
    silent = undefined
    expect(await open(cookie).context.endOtherSessions()).toBe(1)
  })

  it("of a backend end with the request", async () => {
    const stores = memory()
    let isSilent = false
    const auth = createAuth({
      secretKey: "slow stores",
      deadlineSeconds: 0.1,
      sessions: stores.sessions,
      backends: {
        directory: defineBackend({
          credentials: Schema.Struct({ token: Schema.String }),
          authenticate: ({ token }) => ({ id: token }),
          getUser: (id) => (isSilent ? new Promise<never>(() => {}) : { id }),
          idOf: ({ id }) => id
        })
      }
    })
    const first = auth.open({ method: "GET", target: "/", headers: [], transport })
    const user = await first.context.authenticate({ token: "7" })
    if (user !== undefined) await first.context.login(user)
    const cookie = (await first.respond(200)).cookies.map((line) => line.split(";")[0]).join("; ")
    isSilent = true
    const request = auth.open({ method: "GET", target: "/", headers: [["Cookie", cookie]], transport })
    await expect(request.context.getUser()).rejects.toMatchObject(late)
  })
})

describe("the deadline", () => {
  it("is 3 seconds, or the longest that one call of a store may take", () => {
    expect(storeDeadline(undefined, [])).toBe(3)
    expect(storeDeadline(undefined, [{ deadlineSeconds: 1 }, {}, undefined])).toBe(3)
    expect(storeDeadline(undefined, [{ deadlineSeconds: 1 }, { deadlineSeconds: 20 }])).toBe(20)
    expect(storeDeadline(2, [{ deadlineSeconds: 20 }])).toBe(2)
  })
})
