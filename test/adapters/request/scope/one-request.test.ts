/** The operations of one request: what they share, and the request's result. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it, vi } from "vitest"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { CsrfFailed, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { SessionStore } from "../../../../src/adapters/ports/session-store.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import * as SessionKey from "../../../../src/core/session-key.ts"
import { application, browser, logIn, model, whoIsThere } from "../site.ts"

const transport = { secure: false, serverName: "localhost", serverPort: "80" }
const headOf = (cookies: ReadonlyMap<string, string>) => ({
  method: "GET",
  target: "/",
  headers: [["Cookie", `sessionid=${cookies.get("sessionid")}`] as const],
  transport
})

describe("operations of one request that need the session", () => {
  /** A store with slow loads that counts its calls. */
  const slowSite = async ({
    firstLoad = Effect.sleep("20 millis")
  }: {
    readonly firstLoad?: Effect.Effect<void>
  } = {}) => {
    const stores = memory()
    let loads = 0
    const app = await application({
      sessions: {
        ...stores.sessions,
        load: (key, now) =>
          Effect.suspend(() => {
            loads += 1
            return Effect.andThen(loads === 1 ? firstLoad : Effect.sleep("20 millis"), stores.sessions.load(key, now))
          })
      },
      backends: { [model]: modelBackend(stores.users) }
    })
    const alice = browser(app)
    await alice.visit(logIn())
    loads = 0
    return { app, alice, loads: () => loads }
  }

  it("load it once when they run at the same time", async () => {
    const { alice, app, loads } = await slowSite()
    const { effects } = app.auth.open(headOf(alice.cookies))
    const both = Effect.all([effects.getUser, effects.session.has("cart"), effects.getUser], {
      concurrency: "unbounded"
    })
    const [user, hasCart, again] = await Effect.runPromise(both)
    expect([user?.username, hasCart, again?.username, loads()]).toEqual(["alice", false, "alice", 1])
  })

  it("get the answer also if the operation that ran the query is interrupted", async () => {
    const { alice, app, loads } = await slowSite({ firstLoad: Effect.never })
    const { effects } = app.auth.open(headOf(alice.cookies))
    const program = Effect.gen(function* () {
      const first = yield* Effect.forkChild(effects.session.has("cart"))
      yield* Effect.sleep("5 millis")
      const second = yield* Effect.forkChild(effects.getUser)
      yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(first)
      return yield* Fiber.join(second)
    })
    expect((await Effect.runPromise(program))?.username).toBe("alice")
    expect(loads()).toBe(2)
  })
})

describe("a user that was loaded with the session from a store of other users", () => {
  it("is not used", async () => {
    const [sessions, users] = [memory(), memory()]
    const app = await application({
      sessions: sessions.sessions,
      backends: { [model]: modelBackend(users.users) }
    })
    const alice = browser(app)
    await alice.visit(logIn())
    const key = SessionKey.parse(alice.cookies.get("sessionid")) ?? expect.fail("no session")
    // A user with the same id and password, in the same database as the sessions.
    const { password = "" } = (await Effect.runPromise(users.users.findById("1"))) ?? {}
    await Effect.runPromise(
      sessions.users.create(
        { username: "mallory", email: "", password, isStaff: false, isSuperuser: false },
        Date.now()
      )
    )
    sessions.sessions.prefetch?.remember(key, model, "1")
    expect(await whoIsThere(alice)).toBe("alice")
  })
})

describe("a login", () => {
  it("after a change of the password in the same request keeps the user logged in", async () => {
    const app = await application()
    const alice = browser(app)
    await alice.visit(async ({ authenticate, login, setPassword }) => {
      const user = (await authenticate({ username: "alice", password: "alice's" })) ?? expect.fail("wrong password")
      await setPassword(user, "a new one")
      await login(user)
    })
    expect(await whoIsThere(alice)).toBe("alice")
  })

  it("is one of the backend that is named, although another one authenticated the user", async () => {
    const second = "site.backends.Second"
    const stores = memory()
    const app = await application({
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users), [second]: modelBackend(stores.users) }
    })
    const alice = browser(app)
    await alice.visit(async ({ authenticate, login }) => {
      const user = (await authenticate({ username: "alice", password: "alice's" })) ?? expect.fail("wrong password")
      await login(user, { backend: second })
    })
    let backend: string | undefined
    await alice.visit(async ({ session }) => {
      backend = await session.raw.get("_auth_user_backend")
    })
    expect(backend).toBe(JSON.stringify(second))
  })
})

describe("the end of a request", () => {
  it("is that of a login although a receiver fails after the commit", async () => {
    const app = await application()
    const reported = vi.spyOn(console, "log").mockReturnValue()
    const errors = vi.spyOn(console, "error").mockReturnValue()
    app.auth.on("user_logged_in", () => Promise.reject(new Error("the audit log is full")), { when: "committed" })
    const alice = browser(app)
    await alice.visit(logIn())
    reported.mockRestore()
    errors.mockRestore()
    expect(await whoIsThere(alice)).toBe("alice")
  })

  it.each([
    [200, "CsrfFailed"],
    [302, "CsrfFailed"],
    [404, "answered"]
  ])("with %i is %s for a form whose token was not checked", async (status, expected) => {
    const { auth } = await application()
    const request = auth.open({
      method: "POST",
      target: "/",
      headers: [
        ["Host", "localhost"],
        ["Content-Type", "application/x-www-form-urlencoded"]
      ],
      transport
    })
    await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    const ended = await Promise.resolve(request.respond(status)).then(
      () => "answered",
      (error: unknown) => (error instanceof CsrfFailed ? error._tag : String(error))
    )
    expect(ended).toBe(expected)
  })
})

describe("two commits of one request", () => {
  const site = (fails: boolean) => {
    const stores = memory()
    let commits = 0
    const outage = new StoreUnavailable({ operation: "commit a session", cause: undefined })
    const sessions: SessionStore = {
      ...stores.sessions,
      commit: (change, now) => {
        commits += 1
        return Effect.andThen(
          Effect.sleep("5 millis"),
          fails ? Effect.fail(outage) : stores.sessions.commit(change, now)
        )
      }
    }
    return { app: application({ sessions }), commits: () => commits }
  }

  it.each([
    [false, "fulfilled"],
    [true, "rejected"]
  ])("write the session once, and both get the result (store unavailable: %s)", async (fails, outcome) => {
    const { app, commits } = site(fails)
    const { context } = (await app).auth.open(headOf(new Map()))
    await context.session.set("cart", 1)
    const both = await Promise.allSettled([context.commit(), context.commit()])
    expect([both.map(({ status }) => status), commits()]).toEqual([[outcome, outcome], 1])
  })
})
