/** A site that is not described as laws and flows need it: each error says what is wrong and what to do. */
import { describe, expect, it } from "vitest"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import { Flow, type FlowAction } from "../../src/testing/fast-check.ts"
import { type Browser, type LawSite, type LawUser, lawSite, laws, testSite } from "../../src/testing/index.ts"

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
    return logins <= 3 ? sound.pages.login(browser, user) : new Response("wrong", { status: 401 })
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
      "a login page that is shown again with status 200",
      {
        pages: {
          ...sound.pages,
          login: async (browser: Browser, user: LawUser) => {
            const { status } = await sound.pages.login(browser, user)
            return new Response("<form>", { status: status === 401 ? 200 : 303 })
          }
        }
      },
      "pages.login: a wrong password is answered with 200, as if it were right; say how the site's answer shows that"
    ],
    [
      "a visit that shows no user",
      { user: async () => undefined },
      "user: after the login of alice it answers undefined for the answer of pages.visit (status 200)"
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

describe("a site whose forms are shown again with status 200", () => {
  const forms = withAuth(site.auth, async (request, { authenticate, getUser, login, logout }) => {
    const { pathname } = new URL(request.url)
    if (pathname === "/logout") await logout()
    if (pathname !== "/login") return Response.json({ user: (await getUser())?.username })
    const user = await authenticate(JSON.parse(await request.text()))
    if (user === undefined) return new Response("<form>wrong</form>")
    await login(user)
    return new Response(null, { status: 303, headers: { location: "/" } })
  })
  const described = lawSite(site, {
    pages: {
      visit: (browser) => browser.fetch(forms, "/"),
      login: (browser, user) => browser.fetch(forms, "/login", { json: user }),
      logout: (browser) => browser.fetch(forms, "/logout", { json: {}, headers: { accept: "text/html" } })
    },
    user: async (response) => JSON.parse(await response.text()).user,
    isRefused: async (response) => (await response.text()).includes("wrong")
  })

  it.each(laws(described).filter(({ skipped }) => skipped === undefined))("breaks no law: $title", async ({
    check
  }) => {
    await check()
  })

  it("breaks the law about passwords if it accepts a wrong one", async () => {
    const accepting = {
      ...described,
      pages: { ...described.pages, login: (browser: Browser) => described.pages.login(browser, described.users[0]) }
    }
    const [first] = laws(accepting)
    await expect(first?.check()).rejects.toThrow("then a wrong login: the browser acts as alice")
  })
})

describe("lawSite", () => {
  it("calls the `reset` that it is given, also for an application that is made again", async () => {
    let resets = 0
    const reset = () => {
      resets += 1
      return site.reset()
    }
    const { pages, user } = sound
    await lawSite(site, { application: () => app, pages: () => pages, user, reset }).reset()
    await lawSite(site, { pages, user, reset }).reset()
    expect(resets).toBe(2)
  })

  it("is checked by one law after the other, also if the caller does not wait", async () => {
    const some = laws(sound).filter(({ skipped }) => skipped === undefined)
    expect(some.length).toBeGreaterThan(5)
    await Promise.all(some.slice(0, 5).map(({ check }) => check()))
  })

  it("says what laws and flows take", () => {
    // @ts-expect-error no site
    for (const wrong of [undefined, "site"]) expect(() => laws(wrong)).toThrow("laws and flows: pass a testSite, or")
  })
})
