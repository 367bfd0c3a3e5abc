/** A site that is not described as laws and flows need it: each error says what is wrong and what to do. */
import { describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { Flow, type FlowAction } from "../../src/testing/fast-check.ts"
import { type LawSite, lawSite, laws, testSite } from "../../src/testing/index.ts"

const site = testSite()
const app = withAuth(site.auth, async (request, { authenticate, getUser, login, logout, setPassword }) => {
  const { pathname } = new URL(request.url)
  const body = request.method === "POST" ? JSON.parse(await request.text()) : {}
  if (pathname === "/login") {
    const user = await authenticate(body)
    if (user === undefined) return new Response("wrong", { status: 401 })
    await login(user)
  }
  if (pathname === "/logout") await logout()
  const user = await getUser()
  if (pathname === "/password" && user !== undefined) await setPassword(user, body.password)
  return Response.json({ user: user?.username })
})

const sound = lawSite(site, {
  pages: {
    visit: (browser) => browser.fetch(app, "/"),
    login: (browser, user) => browser.fetch(app, "/login", { json: user }),
    logout: (browser) => browser.fetch(app, "/logout", { json: {} }),
    changePassword: (browser, password) => browser.fetch(app, "/password", { json: { password } })
  },
  user: async (response) => JSON.parse(await response.text()).user
})

const law = (changed: object) => {
  const one = laws({ ...sound, ...changed }).find(({ id }) => id === "the-same-user-each-time")
  return one?.check() ?? Promise.reject(new Error("no such law"))
}

const flow = (changed: object, action: FlowAction = { _tag: "log in", user: 0, password: "right" }) =>
  new Flow([{ browser: 0, action }], 1).run({ ...sound, ...changed })

const page = (name: string, answer: unknown) => ({
  pages: { ...sound.pages, [name]: { [name]: async () => answer }[name] }
})

const unusable: ReadonlyArray<readonly [string, object, string]> = [
  ["a page that answers nothing", page("visit", undefined), "pages.visit: it answers undefined; return the Response"],
  [
    "a page that answers an object",
    page("login", {}),
    "pages.login: it answers an object (Object); return the Response"
  ],
  [
    "a page in which the user cannot be read",
    {
      pages: { ...sound.pages, visit: async () => new Response("<h1>", { headers: { "content-type": "text/html" } }) }
    },
    "user: it cannot read what pages.visit answered (status 200, text/html): Unexpected token"
  ],
  ["a user that is no name", { user: async () => ({}) }, "answer the name of the user as a string, or undefined"],
  ["null for no user", { user: async () => null }, "answer the name of the user as a string, or undefined"]
]

describe("a law, and a flow", () => {
  it("hold on the sound site", async () => {
    await law({})
    await flow({})
  })

  it.each(unusable)("say what is wrong: %s", async (_, changed, message) => {
    await expect(law(changed)).rejects.toThrow(message)
    await expect(flow(changed)).rejects.toThrow(message)
  })

  it.each<[string, object, string]>([
    ["no pages", { pages: undefined }, "pages is missing"],
    ["no page to visit", { pages: { ...sound.pages, visit: undefined } }, "pages.visit is missing"],
    ["one user", { users: sound.users.slice(1) }, "users: write two users"],
    ["no reset", { reset: undefined }, "reset is missing"]
  ])("refuse a description with %s", async (_, changed, message) => {
    expect(() => laws({ ...sound, ...changed })).toThrow(message)
    await expect(flow(changed)).rejects.toThrow(message)
  })
})

const countdown = () => {
  let now = 1e12
  return () => now--
}

/** A login page that knows the new password only, once the password was changed. */
const lockedOut = (): LawSite["pages"]["login"] => {
  let logins = 0
  return async (browser, user) => {
    logins += 1
    return logins <= 2 ? sound.pages.login(browser, user) : new Response("wrong", { status: 401 })
  }
}

describe("a law says what to change", () => {
  const clock = (change: object): Partial<LawSite> =>
    sound.clock === undefined ? {} : { clock: { ...sound.clock, ...change } }

  it.each<[string, object, string]>([
    [
      "a page that fails",
      page("visit", new Response("", { status: 500 })),
      "pages.visit: a browser without cookies gets 500"
    ],
    [
      "a browser of another kind",
      { browser: () => ({}) },
      "browser: it answers an object (Object); answer a new Browser"
    ],
    [
      "a reset that keeps sessions",
      { reset: () => {} },
      "reset: a session from before is still there; remove all sessions"
    ],
    [
      "a reset that keeps passwords",
      { pages: { ...sound.pages, login: lockedOut() } },
      "reset: alice has another password than before; set the first passwords again"
    ],
    [
      "a clock that stands still",
      clock({ advance: () => {} }),
      "clock: after advance({ seconds: 1 }) it is 0 milliseconds later"
    ],
    ["a clock that runs backwards", clock({ advance: () => {}, now: countdown() }), "it is -1 milliseconds later"],
    ["sessions that never last", clock({ sessionSeconds: 0 }), "clock.sessionSeconds: it is 0"]
  ])("for %s", async (_, changed, message) => {
    await expect(law(changed)).rejects.toThrow(message)
  })
})
