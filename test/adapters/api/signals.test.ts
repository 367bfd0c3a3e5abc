import { describe, expect, it } from "vitest"
import { application, browser, type Handler, logIn, whoIsThere } from "../request/site.ts"

describe("signals", () => {
  it("report logins, logouts and failures, in the order of subscription", async () => {
    const app = await application()
    const heard: Array<unknown> = []
    app.auth.on("user_logged_in", ({ user }) => void heard.push(["in", user.username]))
    app.auth.on("user_logged_in", ({ signal }) => void heard.push(signal))
    app.auth.on("user_logged_out", ({ user }) => void heard.push(["out", user?.username]))
    app.auth.on("user_login_failed", ({ credentials }) => void heard.push(credentials))
    const alice = browser(app)
    await alice.visit(logIn())
    await alice.visit(({ logout }) => logout())
    await alice.visit(({ logout }) => logout())
    await alice.visit(({ authenticate }) => authenticate({ username: "alice", password: "guess" }))
    expect(heard).toEqual([
      ["in", "alice"],
      "user_logged_in",
      ["out", "alice"],
      ["out", undefined],
      { username: "alice", password: "********************" }
    ])
  })

  it("reach receivers of user_logged_in when the session acts as the user, and may write it", async () => {
    const app = await application()
    app.auth.on("user_logged_in", async (_, { getUser, session }) => {
      await session.set("greeted", (await getUser())?.username)
    })
    const alice = browser(app)
    await alice.visit(logIn())
    let greeted: unknown
    await alice.visit(async ({ session }) => {
      greeted = await session.get("greeted")
    })
    expect(greeted).toBe("alice")
  })

  it("reach receivers of user_logged_out while the user still is logged in", async () => {
    const app = await application()
    const seen: Array<unknown> = []
    app.auth.on("user_logged_out", async (_, { getUser, session }) => {
      seen.push((await getUser())?.username, await session.get("cart"))
    })
    const alice = browser(app)
    await alice.visit(async (context) => {
      await logIn()(context)
      await context.session.set("cart", [1])
    })
    await alice.visit(({ logout }) => logout())
    expect(seen).toEqual(["alice", [1]])
    expect(app.stores.sessions.rows.size).toBe(0)
  })

  it("fail the operation when a receiver throws, and leave the request and session unchanged", async () => {
    const app = await application()
    const refused = new Error("not today")
    app.auth.on("user_logged_in", () => {
      throw refused
    })
    const alice = browser(app)
    await alice.visit(({ session }) => session.set("cart", [1]))
    const key = alice.cookies.get("sessionid")
    await alice.visit(async ({ authenticate, getUser, login, session }) => {
      const user = await authenticate({ username: "alice", password: "alice's" })
      await expect(login(user!)).rejects.toBe(refused)
      expect(await getUser()).toBeUndefined()
      expect([session.key(), await session.get("cart")]).toEqual([key, [1]])
    })
    expect(await whoIsThere(alice)).toBeUndefined()
  })

  it("ignore what a receiver writes after the operation is over", async () => {
    const app = await application()
    let late: Parameters<Handler>[0] | undefined
    app.auth.on("user_logged_in", async (_, context) => {
      await context.session.set("in time", 1)
      late = context
    })
    const alice = browser(app)
    await alice.visit(async (context) => {
      await context.session.set("before", 1)
      await logIn()(context)
      await late?.session.set("late", 1)
      expect(await context.session.has("late")).toBe(false)
      await context.session.set("after", 1)
      await late?.session.set("later", 1)
    })
    await alice.visit(async ({ session }) => {
      const keys = (await session.keys()).filter((key) => !key.startsWith("_"))
      expect(keys).toEqual(["before", "in time", "after"])
    })
  })

  it("show a receiver that failed no later changes of the session", async () => {
    const app = await application()
    let late: Parameters<Handler>[0] | undefined
    app.auth.on("user_logged_out", (_, context) => {
      late = context
      throw new Error("not today")
    })
    await browser(app).visit(async (context) => {
      await context.session.set("before", 1)
      await expect(context.logout()).rejects.toThrow("not today")
      await context.session.set("after", 1)
      expect(await late?.session.keys()).toEqual(["before"])
    })
  })

  it("keep a write that the same request made while a receiver was waiting", async () => {
    const app = await application()
    let release = (): void => {}
    app.auth.on("user_logged_in", () => new Promise<void>((resolve) => (release = resolve)))
    const alice = browser(app)
    await alice.visit(async ({ authenticate, login, session }) => {
      const user = await authenticate({ username: "alice", password: "alice's" })
      const loggingIn = login(user!)
      await new Promise((resolve) => setTimeout(resolve, 5))
      const writing = session.set("cart", [1])
      release()
      await Promise.all([loggingIn, writing])
    })
    await alice.visit(async ({ session }) => expect(await session.get("cart")).toEqual([1]))
    expect(await whoIsThere(alice)).toBe("alice")
  })

  it("are sent after the commit for subscriptions at the commit, and not without a commit", async () => {
    const app = await application()
    const heard: Array<string> = []
    for (const signal of ["user_logged_in", "user_logged_out"] as const)
      app.auth.on(signal, () => void heard.push(`${signal}, ${app.stores.sessions.rows.size} stored`), {
        when: "committed"
      })
    const alice = browser(app)
    await alice.visit(logIn(), 500)
    expect(heard).toEqual([])
    await alice.visit(async (context) => {
      await logIn()(context)
      expect(heard).toEqual([])
    })
    await alice.visit(({ logout }) => logout(), 500)
    expect(heard).toEqual(["user_logged_in, 1 stored", "user_logged_out, 0 stored"])
  })

  it("all wait for the commit, where one request has several", async () => {
    const app = await application()
    const heard: Array<string> = []
    for (const signal of ["user_logged_in", "user_logged_out", "user_login_failed"] as const)
      app.auth.on(signal, () => void heard.push(signal), { when: "committed" })
    await browser(app).visit(async (context) => {
      await context.authenticate({ username: "alice", password: "guess" })
      await context.logout()
      await logIn()(context)
      expect(heard).toEqual([])
    })
    expect(heard).toEqual(["user_login_failed", "user_logged_out", "user_logged_in"])
  })

  it("delay the response of a failed login, so that receivers are called after the commit", async () => {
    const { auth } = await application()
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const request = auth.open({ method: "GET", target: "/", headers: [], transport })
    await request.context.authenticate({ username: "alice", password: "guess" })
    expect(request.respond(200)).toBeInstanceOf(Promise)
  })

  it("stop when the subscription ends", async () => {
    const app = await application()
    let heard = 0
    const stop = app.auth.on("user_logged_in", () => void heard++)
    stop()
    await browser(app).visit(logIn())
    expect(heard).toBe(0)
  })

  it("store the time of the last login", async () => {
    const app = await application()
    await browser(app).visit(logIn())
    const user = await browser(app).visit(async (context) => {
      const alice = await context.authenticate({ username: "alice", password: "alice's" })
      expect(alice?.lastLoginAt).toBeGreaterThan(Date.now() - 60_000)
    })
    expect(user.cookies).toEqual([])
  })
})
