/** The arbitrary values of the kit: flows that compare a site with a model, and states of the core. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { allowAllUsersModelBackend } from "../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import * as Core from "../../src/core/index.ts"
import {
  credentials,
  type ExtraAction,
  Flow,
  flows,
  loadedSessions,
  requestHeads,
  requests,
  sessions,
  states
} from "../../src/testing/fast-check.ts"
import { brokenStores, LawBroken, lawSite, testSite } from "../../src/testing/index.ts"

describe("flows", () => {
  const site = testSite()
  const app = withAuth(site.auth, async (request, { authenticate, getUser, login, logout }) => {
    const { pathname } = new URL(request.url)
    if (pathname === "/login") {
      const user = await authenticate(JSON.parse(await request.text()))
      if (user === undefined) return new Response("wrong", { status: 401 })
      await login(user)
    }
    if (pathname === "/logout") await logout()
    return Response.json({ user: (await getUser())?.username })
  })

  it("hold on a site in memory, with two and three browsers", async () => {
    for (const browsers of [2, 3])
      await fc.assert(
        fc.asyncProperty(flows({ browsers }), (flow) => flow.run(site)),
        { numRuns: 300 }
      )
  })

  it("hold with requests of the application between the steps", async () => {
    let calls = 0
    const look: ExtraAction = async () => {
      calls += 1
    }
    await fc.assert(
      fc.asyncProperty(flows({ extra: { look } }), (flow) => flow.run(site)),
      { numRuns: 30 }
    )
    expect(calls).toBeGreaterThan(0)
  })

  it("leave out the steps that the application has no page for", async () => {
    const own = lawSite(site, {
      pages: {
        visit: (browser) => browser.fetch(app, "/"),
        login: (browser, user) => browser.fetch(app, "/login", { json: user }),
        logout: (browser) => browser.fetch(app, "/logout", { json: {} })
      },
      user: async (response) => JSON.parse(await response.text()).user
    })
    await fc.assert(
      fc.asyncProperty(flows(), (flow) => flow.run(own)),
      { numRuns: 100 }
    )
  })

  it.each([
    "a Delete removes nothing",
    "a Move keeps the old row",
    "a Move writes under the old key",
    "a load finds a session only every second time",
    "setPassword reports a new password and does not write it"
  ])("find, in a short story: %s", async (name) => {
    const broken = brokenStores.find((one) => one.name === name)
    if (broken === undefined) throw new Error("no such store")
    const faulty = testSite({ stores: (sound) => broken.stores(sound) })
    const found = await fc.check(
      fc.asyncProperty(flows(), (flow) => flow.run(faulty)),
      { numRuns: 500, seed: 1 }
    )
    expect(found.failed).toBe(true)
    expect(found.errorInstance).toBeInstanceOf(LawBroken)
    const [flow] = found.counterexample ?? []
    expect(flow?.steps.length).toBeLessThanOrEqual(4)
  })

  it("find a logout that does nothing within fifty flows, on a site with three pages", async () => {
    const forgetful = lawSite(site, {
      pages: {
        visit: (browser) => browser.fetch(app, "/"),
        login: (browser, user) => browser.fetch(app, "/login", { json: user }),
        logout: (browser) => browser.fetch(app, "/no-logout", { json: {} })
      },
      user: async (response) => JSON.parse(await response.text()).user
    })
    for (let seed = 1; seed <= 100; seed++) {
      const found = await fc.check(
        fc.asyncProperty(flows({ browsers: 2 }), (flow) => flow.run(forgetful)),
        { numRuns: 50, seed, endOnFailure: true }
      )
      expect([seed, found.failed]).toEqual([seed, true])
    }
  })

  it("find a site that logs in inactive users", async () => {
    const faulty = testSite({ auth: ({ users }) => ({ backends: { model: allowAllUsersModelBackend(users) } }) })
    const { errorInstance } = await fc.check(
      fc.asyncProperty(flows(), (flow) => flow.run(faulty)),
      { numRuns: 500, seed: 1 }
    )
    expect(errorInstance).toBeInstanceOf(LawBroken)
  })

  it("tell their story", () => {
    const flow = new Flow(
      [
        { browser: 0, action: { _tag: "log in", user: 1, password: "right" } },
        { browser: 1, action: { _tag: "take the cookies", of: 0 } }
      ],
      2
    )
    expect(String(flow)).toBe("browser 1: log in, user 1, password right; browser 2: take the cookies, of 0")
    expect(fc.stringify(flow)).toContain("take the cookies")
  })
})

describe("requests", () => {
  const site = testSite()
  const app = withAuth(site.auth, async (request, { authenticate, getUser, login, session, verifyCsrf }) => {
    const text = await request.text()
    const form = new URLSearchParams(text)
    const isJson = request.headers.get("content-type")?.includes("json") === true
    if (!isJson && request.method === "POST") await verifyCsrf(form)
    const fields: Readonly<Record<string, unknown>> = isJson ? parsed(text) : Object.fromEntries(form)
    if (new URL(request.url).pathname === "/login") {
      const user = await authenticate(fields)
      if (user !== undefined) await login(user)
    } else if (request.method !== "GET") await session.set("last", text)
    return new Response((await getUser())?.username ?? "no user")
  })
  const parsed = (text: string): Readonly<Record<string, unknown>> => {
    try {
      return { ...JSON.parse(text) }
    } catch {
      return {}
    }
  }

  it("make no site fail, and log in only users who are proven", async () => {
    const counts = { alice: 0, bob: 0, refused: 0 }
    const key = (await site.browserOf("bob")).cookie("sessionid") ?? ""
    const restore = site.stores.snapshot()
    const cookies = { sessionid: key, csrftoken: "c".repeat(32) }
    const fields = { ...site.credentials("alice"), csrfmiddlewaretoken: cookies.csrftoken }
    await fc.assert(
      fc
        .asyncProperty(requests({ paths: ["/", "/login"], cookies, fields }), async (request) => {
          const cookie = request.headers.get("cookie") ?? ""
          const body = await request.clone().text()
          const response = await app(request)
          const user = await response.text()
          expect(response.status).toBeLessThan(500)
          if (response.status === 403) counts.refused += 1
          if (user === "bob") expect(cookie).toContain(key)
          if (user === "alice") expect(body).toMatch(/alice(%27|')s[+ ]password/)
          if (user === "alice" || user === "bob") counts[user] += 1
        })
        .afterEach(restore),
      { numRuns: 400, seed: 1 }
    )
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(3)
  })

  it("open as heads, with any target, method and host", async () => {
    let hostile = 0
    await fc.assert(
      fc.asyncProperty(requestHeads(), async (head) => {
        if (!head.target.startsWith("/") || !/^[A-Z]+$/.test(head.method)) hostile += 1
        const request = site.auth.open(head)
        expect(await request.context.getUser()).toBe(undefined)
        expect(
          (await request.respond(200)).cookies.filter(
            (line) => line.startsWith("sessionid=") && !line.includes("Max-Age=0")
          )
        ).toEqual([])
      }),
      { numRuns: 500, seed: 1 }
    )
    expect(hostile).toBeGreaterThan(10)
  })

  it("shrink to what matters, and print as they are sent", () => {
    const plain = fc.check(
      fc.property(requests(), () => false),
      { seed: 1 }
    )
    expect(fc.stringify(plain.counterexample?.[0])).toBe("GET /")
    const posted = fc.check(
      fc.property(
        requests({ fields: { a: "1" } }),
        (request) => !request.headers.has("origin") || request.method !== "POST"
      ),
      { seed: 1, numRuns: 1000 }
    )
    expect(fc.stringify(posted.counterexample?.[0])).toBe("POST /\nOrigin: http://localhost")
    const head = fc.check(
      fc.property(requestHeads(), () => false),
      { seed: 1 }
    )
    expect(head.counterexample).toMatchObject([
      { method: "GET", target: "/", headers: [["Host", "localhost"]], hasNoBody: true }
    ])
  })

  it("refuse options that cannot be right", () => {
    expect(() => requests({ paths: ["login"] })).toThrow('paths: write an array of paths, as in ["/", "/login"]')
    expect(() => requestHeads({ origin: "shop.example" })).toThrow("origin: write an origin as in")
    expect(() => flows({ browsers: 0 })).toThrow("browsers: write a whole number from 1")
  })
})

describe("states of the core", () => {
  const user = fc.constant({ name: "alice" })

  it("are such that a logout leaves no data, no key and no user", () => {
    fc.assert(
      fc.property(states(user), ({ request, session }) => {
        const after = Core.logout(request, session)
        expect(after.session.key).toBe(undefined)
        expect(Core.Session.isEmpty(after.session)).toBe(true)
        expect(after.request.user).toEqual({ _tag: "Anonymous" })
      })
    )
  })

  it("include sessions in many states", () => {
    const seen = new Set(fc.sample(sessions(), { numRuns: 300, seed: 1 }).map(({ base }) => base._tag))
    expect([...seen].toSorted()).toEqual(expect.arrayContaining(["Absent", "Unread"]))
  })

  it("shrink to a session without operations", () => {
    const { counterexample } = fc.check(
      fc.property(loadedSessions(), () => false),
      { seed: 1 }
    )
    expect(counterexample).toMatchObject([{ operations: [] }])
  })
})

describe("credentials", () => {
  const alice = { username: "alice", password: "alice's password" }
  type Given = Parameters<Parameters<ReturnType<typeof credentials>["filter"]>[0]>[0]

  /** The credentials to which a failure shrinks, from each of twenty starts. */
  const shrunk = (fails: (given: Given) => boolean) =>
    Array.from({ length: 20 }, (_, seed) => {
      const property = fc.property(credentials(alice), (given) => !fails(given))
      return fc.check(property, { seed, numRuns: 1000 }).counterexample?.[0]
    })

  it.each<[string, (given: Given) => boolean, object]>([
    ["the right ones, if all fail", () => true, alice],
    ["one empty password, if wrong passwords fail", ({ password }) => password !== alice.password, { password: "" }],
    ["one empty name, if wrong names fail", ({ username }) => username !== alice.username, { username: "" }]
  ])("shrink to %s", (_, fails, simplest) => {
    for (const given of shrunk(fails)) expect(given).toEqual({ ...alice, ...simplest })
  })

  it("shrink to the two wrong values that matter, if only other types fail", () => {
    const isOther = ({ password, username }: Given) => typeof username !== "string" && typeof password !== "string"
    for (const given of shrunk(isOther))
      expect(JSON.stringify(given)?.length ?? 0).toBeLessThan(JSON.stringify({ username: [""], password: [""] }).length)
  })

  it("never let a site log in a user whose password they do not have", async () => {
    const site = testSite()
    const right = site.credentials("alice")
    await fc.assert(
      fc.asyncProperty(credentials(right), async (given) => {
        site.reset()
        const request = site.auth.open(head)
        const user = await request.context.authenticate(given)
        const isRight = given.username === right.username && given.password === right.password
        expect(user?.username ?? undefined).toBe(isRight ? "alice" : undefined)
      })
    )
  })
})

const head = {
  method: "GET",
  target: "/",
  headers: [["Host", "localhost"]],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
} as const
