/** Real WebSockets end with the login of the user who opened them. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import { SessionWatches } from "../../../src/adapters/account/session-watches.ts"
import { type SessionWatchOptions, type WatchedUser, watchSession } from "../../../src/adapters/api/watch-session.ts"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { withAuth } from "../../../src/adapters/http/fetch.ts"
import { requestHead } from "../../../src/adapters/http/node.ts"
import { parse } from "../../../src/core/session-key.ts"
import type { Browser } from "../../../src/testing/index.ts"
import { testSite } from "../../../src/testing/index.ts"

const opened: Array<{ readonly server: Server; readonly sockets: WebSocketServer }> = []
afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  }
})

/** A server whose sockets end with the login, and another process of the application with the same stores. */
const start = async (options: SessionWatchOptions = {}) => {
  const site = testSite({ userSessions: true, auth: { allowedHosts: ["127.0.0.1", "localhost"] } })
  const elsewhere = site.authWith({})
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  server.on("upgrade", (req, socket, head) => {
    try {
      site.auth.reader(requestHead(req)).verifyOrigin()
    } catch {
      return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
    }
    sockets.handleUpgrade(req, socket, head, (ws) => {
      const stop = site.auth.onSessionEnd(requestHead(req), (why) => ws.close(4401, why), options)
      ws.on("close", stop)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  opened.push({ server, sockets })
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  const connect = async (browser: Browser, origin = `http://127.0.0.1:${port}`) => {
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; ")
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { cookie, origin } })
    const closed = once(socket, "close").then(([code, why]) => `${code} ${why}`)
    closed.catch(() => {})
    await once(socket, "open")
    return { closed, isOpen: () => socket.readyState === WebSocket.OPEN, close: () => socket.close() }
  }
  type Auth = typeof site.auth
  /** One request of this browser, in this or the other process. */
  const request = (auth: Auth, browser: Browser, page: Parameters<typeof withAuth<never, never>>[1] | object) =>
    browser.fetch(withAuth(auth, Object(page)), "/", { json: {} })
  return { site, elsewhere, connect, request }
}

type Context = ReturnType<ReturnType<typeof testSite>["auth"]["open"]>["context"]
const page = (run: (context: Context) => Promise<unknown>) => async (_: Request, context: Context) => {
  await run(context)
  return Response.json({})
}

describe("a WebSocket ends", () => {
  it.each<[string, (context: Context) => Promise<unknown>]>([
    ["a logout", ({ logout }) => logout()],
    ["a flush of the session", ({ session }) => session.flush()],
    ["a new session key", ({ session }) => session.cycleKey()],
    [
      "a change of the password",
      async ({ getUser, setPassword }) => {
        const user = await getUser()
        if (user !== undefined) await setPassword(user, "another password")
      }
    ]
  ])("immediately after %s in this process", async (_, run) => {
    const { connect, request, site } = await start({ everySeconds: 3600 })
    const alice = await site.browserOf("alice")
    const socket = await connect(alice)
    await sleep(30)
    expect(socket.isOpen()).toBe(true)
    await request(site.auth, alice, page(run))
    expect(await socket.closed).toBe("4401 ended")
  })

  it("immediately when an administrator ends the sessions, or deactivates or deletes the user", async () => {
    const { connect, site } = await start({ everySeconds: 3600 })
    const user = site.user("alice")
    for (const end of [
      () => site.auth.endSessions(user),
      () => site.auth.setActive(user, false),
      () => site.auth.deleteUser(user)
    ]) {
      site.reset()
      const socket = await connect(await site.browserOf("alice"))
      const other = await connect(await site.browserOf("bob"))
      await sleep(30)
      await end()
      expect(await socket.closed).toBe("4401 ended")
      expect(other.isOpen()).toBe(true)
    }
  })

  it("within everySeconds after a logout in another process, and after the expiry", async () => {
    const { connect, elsewhere, request, site } = await start({ everySeconds: 0.1 })
    const alice = await site.browserOf("alice")
    const socket = await connect(alice)
    await sleep(250)
    expect(socket.isOpen()).toBe(true)
    await request(
      elsewhere,
      alice,
      page(({ logout }) => logout())
    )
    expect(await socket.closed).toBe("4401 ended")
    const bob = await connect(await site.browserOf("bob"))
    site.clock.advance({ seconds: 1_209_601 })
    expect(await bob.closed).toBe("4401 ended")
  })

  it("immediately if the visitor is not logged in, and never opens for a page of another site", async () => {
    const { connect, site } = await start()
    expect(await (await connect(site.browser())).closed).toBe("4401 ended")
    await expect(connect(await site.browserOf("alice"), "https://evil.example")).rejects.toThrow("403")
  })
})

describe("while the store is away, a WebSocket", () => {
  it("stays open, tells of it, and ends if the login is over afterwards", async () => {
    const onOutage = vi.fn()
    const { connect, site } = await start({ everySeconds: 0.05, onOutage })
    const socket = await connect(await site.browserOf("alice"))
    site.network.fail("all", "refused")
    await vi.waitFor(() => expect(onOutage.mock.calls.length).toBeGreaterThan(1), 20_000)
    expect(socket.isOpen()).toBe(true)
    for (const key of site.stores.sessions.rows.keys())
      await Effect.runPromise(site.stores.sessions.commit({ _tag: "Delete", key }, site.clock.now()))
    site.network.heal()
    expect(await socket.closed).toBe("4401 ended")
  })

  it("ends as unverified after graceSeconds", async () => {
    const { connect, site } = await start({ everySeconds: 0.05, graceSeconds: 0.2, onOutage: () => {} })
    const socket = await connect(await site.browserOf("alice"))
    await sleep(100)
    site.network.fail("all", "refused")
    expect(await socket.closed).toBe("4401 unverified")
  })
})

describe("a watch", () => {
  const key = parse("k".repeat(32))

  it("reads the session again if a user changes while it reads the session for the first time", async () => {
    const watches = new SessionWatches()
    const [answers, onEnd] = [[Promise.withResolvers<WatchedUser | undefined>()], vi.fn()]
    const read = async () => answers.shift()?.promise
    const [first] = answers
    watchSession({ watches, key, read, onEnd, options: { everySeconds: 3600 } })
    await Promise.resolve()
    // The store has answered the first reading, and then the user was deactivated.
    watches.userChanged("1")
    first?.resolve({ identity: "alice", id: "1" })
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledExactlyOnceWith("ended"), 20_000)
  })

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("a bug of the application")
      }
    ],
    ["rejects", () => Promise.reject(new Error("a bug of the application"))]
  ])("is over if onEnd %s: the error is logged, and the process goes on", async (_, fail) => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {})
    const [watches, read, onEnd] = [new SessionWatches(), vi.fn(async () => undefined), vi.fn(fail)]
    watchSession({ watches, key, read, onEnd, options: { everySeconds: 0.01 } })
    await sleep(50)
    watches.userChanged("1")
    await sleep(20)
    expect([read.mock.calls.length, onEnd.mock.calls.length]).toEqual([1, 1])
    expect(logged).toHaveBeenCalledExactlyOnceWith(
      "latchkey: the callback of onSessionEnd failed",
      expect.objectContaining({ message: "a bug of the application" })
    )
    logged.mockRestore()
  })
})

describe("a store that does not answer", () => {
  const key = parse("k".repeat(32))
  const alice: WatchedUser = { identity: "alice", id: "1" }
  const never = new Promise<never>(() => {})
  const short = { everySeconds: 0.02, readSeconds: 0.05, graceSeconds: 1 }
  const start = (read: () => Promise<WatchedUser | undefined>, options: SessionWatchOptions = short) => {
    const [watches, onEnd, onOutage] = [new SessionWatches(), vi.fn(), vi.fn()]
    const stop = watchSession({ watches, key, read, onEnd, options: { onOutage, ...options } })
    return { watches, onEnd, onOutage, stop }
  }

  it.each<[string, number]>([
    ["the first reading on", 0],
    ["a later reading on", 2]
  ])("ends the connection as unverified after graceSeconds, from %s", async (_, answered) => {
    const read = vi.fn(() => (read.mock.calls.length <= answered ? Promise.resolve(alice) : never))
    const { onEnd, onOutage } = start(read)
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledExactlyOnceWith("unverified"), 20_000)
    expect(onOutage.mock.calls.length).toBeGreaterThan(1)
    expect(onOutage.mock.calls[0]?.[0]).toMatchObject({ cause: "no answer after 0.05 seconds" })
  })

  it("is asked again, so that the connection stays open if it answers within graceSeconds", async () => {
    const read = vi.fn(() => (read.mock.calls.length === 2 ? never : Promise.resolve(alice)))
    const { onEnd, onOutage, stop } = start(read, { ...short, graceSeconds: 60 })
    await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(4), 20_000)
    stop()
    expect([onEnd.mock.calls.length, onOutage.mock.calls.length]).toEqual([0, 1])
  })

  it("is asked again after a change of this process that came while it did not answer", async () => {
    const answers = [Promise.resolve(alice), never, Promise.resolve(undefined)]
    const read = vi.fn(() => answers.shift() ?? never)
    const { onEnd, watches } = start(read, { ...short, graceSeconds: 60 })
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2), 20_000)
    watches.userChanged("1")
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledExactlyOnceWith("ended"), 20_000)
  })

  it("answers late: the answer is not used, and prolongs nothing", async () => {
    const logged = vi.fn()
    process.on("unhandledRejection", logged)
    const late = () =>
      sleep(150).then(() => (read.mock.calls.length % 2 === 0 ? alice : Promise.reject(new Error("late"))))
    const read = vi.fn(late)
    const { onEnd } = start(read)
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledExactlyOnceWith("unverified"), 20_000)
    await sleep(200)
    process.off("unhandledRejection", logged)
    expect([onEnd.mock.calls.length, logged.mock.calls.length]).toEqual([1, 0])
  })
})

it("ends as unverified if every answer of the session store comes too late", async () => {
  const { connect, site } = await start({
    everySeconds: 0.05,
    readSeconds: 0.05,
    graceSeconds: 1,
    onOutage: () => {}
  })
  const socket = await connect(await site.browserOf("alice"))
  await sleep(100)
  expect(socket.isOpen()).toBe(true)
  site.network.fail("all", "slow")
  expect(await socket.closed).toBe("4401 unverified")
})

it("ends as unverified too if onOutage throws", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {})
  const onOutage = () => {
    throw new Error("the log is away too")
  }
  const { connect, site } = await start({ everySeconds: 0.05, graceSeconds: 0.2, onOutage })
  const socket = await connect(await site.browserOf("alice"))
  await sleep(100)
  site.network.fail("all", "refused")
  expect(await socket.closed).toBe("4401 unverified")
  expect(logged).toHaveBeenCalledWith("latchkey: onOutage of onSessionEnd threw an error")
  logged.mockRestore()
})

it.each([Number.POSITIVE_INFINITY, 2_592_000])("does not read all the time with everySeconds %s", async (seconds) => {
  const onOutage = vi.fn()
  const { connect, site } = await start({ everySeconds: seconds, onOutage })
  const alice = await site.browserOf("alice")
  site.network.fail("all", "refused")
  const socket = await connect(alice)
  await sleep(100)
  socket.close()
  expect(onOutage).toHaveBeenCalledTimes(1)
})

it("refuses intervals that cannot be meant", async () => {
  const site = testSite()
  const head = requestHead(Object.assign(Object.create(null), { headers: {}, rawHeaders: [], socket: {}, url: "/" }))
  for (const options of [{ everySeconds: 0 }, { graceSeconds: -1 }, { readSeconds: 0 }, JSON.parse('{"every":1}')])
    expect(() => site.auth.onSessionEnd(head, () => {}, options)).toThrow(ConfigurationInvalid)
})
