import { afterEach, describe, expect, it, vi } from "vitest"
import { CsrfFailed, HeadersAlreadySent, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { NextCookie } from "../../../../src/adapters/http/next/framework/send-cookies.ts"
import { type NextFunctions, serverAction } from "../../../../src/adapters/http/next/handlers/server-action.ts"
import { memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import { application, logIn } from "../../request/site.ts"
import { faultyMemory, outage } from "../contract/faults.ts"
import { notFound, redirect, thrownBy } from "./thrown.ts"

const stores = faultyMemory()
const { auth } = await application({ sessions: stores.sessions, allowedHosts: ["localhost"], loginUrl: "/login" })

/** A browser and a Next server, as far as an action sees them. */
const browser = (lines: Readonly<Record<string, string>> = {}) => {
  const jar = new Map<string, string>()
  const set: Array<NextCookie> = []
  const next: NextFunctions = {
    headers: async () => new Headers({ host: "localhost", origin: "http://localhost", ...lines }),
    cookies: async () => ({
      getAll: () => Array.from(jar, ([name, value]) => ({ name, value })),
      set: (cookie) => {
        set.push(cookie)
        jar.set(cookie.name, cookie.value)
      }
    }),
    redirect
  }
  return { jar, set, withAuthAction: serverAction(next) }
}

const isStored = (key: string | undefined): boolean =>
  Array.from(stores.sessions.rows.keys(), String).includes(String(key))

describe("a Server Action", () => {
  it("gets the authentication of its request as first argument, and returns its result", async () => {
    const { withAuthAction } = browser()
    const action = withAuthAction(auth, async ({ getUser }, first: string, second: number) => [
      (await getUser()) ?? "nobody",
      first.repeat(second)
    ])
    expect(await action("x", 3)).toEqual(["nobody", "xxx"])
  })

  it("logs in: the session is already stored when its cookie is set", async () => {
    const { jar, set, withAuthAction } = browser()
    await withAuthAction(auth, logIn())()
    expect([set.map(({ name }) => name), isStored(jar.get("sessionid"))]).toEqual([["csrftoken", "sessionid"], true])
    expect(await withAuthAction(auth, async ({ getUser }) => (await getUser())?.username)()).toBe("alice")
  })

  it("sets no cookie that is unchanged: a set cookie makes Next's router drop its whole cache", async () => {
    const { set, withAuthAction } = browser()
    await withAuthAction(auth, logIn())()
    set.length = 0
    await withAuthAction(auth, async ({ getUser, hasPerm, session }) => {
      await Promise.all([getUser(), session.get("a"), hasPerm("a.b")])
    })()
    expect(set).toEqual([])
  })

  it.each([
    ["redirects", () => redirect("/next")],
    ["throws notFound", () => notFound()]
  ])("that %s has answered: the session is written, and the error goes on as it is", async (_how, leave) => {
    const { jar, withAuthAction } = browser()
    const error = await thrownBy(leave)
    const action = withAuthAction(auth, async ({ session }) => {
      await session.set("a", 1)
      throw error
    })
    expect(await thrownBy(action)).toBe(error)
    expect(isStored(jar.get("sessionid"))).toBe(true)
  })

  it("that fails stores nothing, and its error is thrown on", async () => {
    const { set, withAuthAction } = browser()
    const before = stores.sessions.rows.size
    for (const error of [new Error("a bug"), new StoreUnavailable({ operation: "test", cause: "x" }), "text"]) {
      const action = withAuthAction(auth, async (context) => {
        await logIn()(context)
        throw error
      })
      expect(await thrownBy(action)).toBe(error)
    }
    expect([set.map(({ name }) => name).filter((name) => name === "sessionid"), stores.sessions.rows.size]).toEqual([
      [],
      before
    ])
  })

  it("refuses a `next` with which Next's router in the browser would leave the site", async () => {
    const { withAuthAction } = browser()
    const where = withAuthAction(auth, ({ redirectToNext }, next: string) => redirectToNext("/home", { next }).location)
    expect(await where("/a/?b=//c")).toBe("/a/?b=//c")
    for (const next of ["/.//evil.example", "/x/..//evil.example", "../..//evil.example", "//evil.example"])
      expect(await where(next)).toBe("/home")
  })

  it("that logs out and then fails has logged out", async () => {
    const { jar, set, withAuthAction } = browser()
    await withAuthAction(auth, logIn())()
    const key = jar.get("sessionid")
    const bug = new Error("a bug")
    set.length = 0
    const action = withAuthAction(auth, async ({ logout }) => {
      await logout()
      throw bug
    })
    expect([await thrownBy(action), isStored(key)]).toEqual([bug, false])
    expect(set).toEqual([expect.objectContaining({ name: "sessionid", value: "", maxAge: 0 })])
  })

  it("that logs out but meets an outage has not logged out", async () => {
    const { jar, set, withAuthAction } = browser()
    await withAuthAction(auth, logIn())()
    set.length = 0
    const unavailable = new StoreUnavailable({ operation: "test", cause: undefined })
    const action = withAuthAction(auth, async ({ logout }) => {
      await logout()
      throw unavailable
    })
    expect([await thrownBy(action), isStored(jar.get("sessionid")), set]).toEqual([unavailable, true, []])
  })

  it("whose session cannot be stored fails, even if it returned or redirected", async () => {
    const { set, withAuthAction } = browser()
    for (const leave of [() => "fine", () => redirect("/next")]) {
      stores.beforeCommit = outage
      const action = withAuthAction(auth, async ({ session }) => {
        await session.set("a", 1)
        return leave()
      })
      expect(await thrownBy(action)).toBeInstanceOf(StoreUnavailable)
    }
    stores.heal()
    expect(set).toEqual([])
  })

  it("cannot write after it has returned", async () => {
    const { withAuthAction } = browser()
    const context = await withAuthAction(auth, async (given) => given)()
    expect(await thrownBy(() => context.session.set("a", 1))).toBeInstanceOf(HeadersAlreadySent)
  })

  it.each([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "" },
    { origin: "http://evil.example", "x-forwarded-host": "evil.example" },
    { origin: "http://localhost.evil.example" }
  ])("is not called by another site: %j", async (lines) => {
    const { withAuthAction } = browser(lines)
    let called = false
    const action = withAuthAction(auth, async () => {
      called = true
    })
    expect([await thrownBy(action), called]).toEqual([expect.any(CsrfFailed), false])
  })

  it("needs a Referer when an https request has no Origin", async () => {
    const trusting = await application({
      allowedHosts: ["localhost"],
      secureProxyHeader: ["x-forwarded-proto", "https"]
    })
    const called = async (lines: Readonly<Record<string, string>>) => {
      const next = {
        headers: async () => new Headers({ host: "localhost", "x-forwarded-proto": "https", ...lines }),
        cookies: async () => ({ getAll: () => [], set: () => {} }),
        redirect
      }
      const error = await serverAction(next)(trusting.auth, async () => "called")().catch(() => "refused")
      return error
    }
    expect([
      await called({}),
      await called({ referer: "https://evil.example/" }),
      await called({ referer: "https://localhost/page" })
    ]).toEqual(["refused", "refused", "called"])
  })

  it("for users only redirects anonymous visitors to the login page, with the path of the page in `next`", async () => {
    const { withAuthAction } = browser()
    const action = withAuthAction(auth, async () => "called", { loginRequired: true, page: "/account?tab=1" })
    expect(await thrownBy(action)).toMatchObject({
      digest: "NEXT_REDIRECT;replace;/login?next=/account%3Ftab%3D1;307;"
    })
    await withAuthAction(auth, logIn())()
    expect(await action()).toBe("called")
  })

  it("for users only is checked on the login page too", async () => {
    const { withAuthAction } = browser()
    const action = withAuthAction(auth, async () => "called", { loginRequired: true, page: "/login" })
    expect(await thrownBy(action)).toMatchObject({ digest: expect.stringContaining("NEXT_REDIRECT;replace;/login") })
  })

  it("is an error when a signed cookie could not be sent unchanged", async () => {
    const signed = await application({ sessions: signedCookieSessions(), allowedHosts: ["localhost"] })
    const { set, withAuthAction } = browser()
    const action = withAuthAction(signed.auth, async ({ session }) => session.set("a", 1))
    expect([await thrownBy(action), set]).toEqual([
      expect.objectContaining({ message: expect.stringContaining("in a route handler") }),
      []
    ])
  })
})

describe("a guard in a Server Action", () => {
  const forbidden = (): never => {
    throw Object.assign(new Error("forbidden"), { digest: "NEXT_HTTP_ERROR_FALLBACK;403" })
  }
  const browserWithForbidden = () => {
    const cookies = new Map<string, string>()
    return serverAction({
      headers: async () => new Headers({ host: "localhost", origin: "http://localhost" }),
      cookies: async () => ({
        getAll: () => Array.from(cookies, ([name, value]) => ({ name, value })),
        set: ({ name, value }) => cookies.set(name, value)
      }),
      redirect,
      forbidden
    })
  }

  it("redirects anonymous visitors to the login page, with the path of the page in `next`", async () => {
    const action = browserWithForbidden()(auth, async ({ requireUser }) => (await requireUser()).username, {
      page: "/account"
    })
    expect(await thrownBy(action)).toMatchObject({ digest: expect.stringContaining("/login?next=/account") })
  })

  it("redirects to the page that asks for the password if the login is too long ago, and a proof lets the action run", async () => {
    const clock = { now: Date.now() }
    const asking = await application({
      sessions: memory().sessions,
      allowedHosts: ["localhost"],
      reauthentication: {},
      clockAndRandom: { now: () => clock.now }
    })
    const withAuthAction = browserWithForbidden()
    await withAuthAction(asking.auth, logIn())()
    const action = withAuthAction(
      asking.auth,
      async ({ requireRecentLogin }) => (await requireRecentLogin(600)).username,
      { page: "/codes" }
    )
    expect(await action()).toBe("alice")
    clock.now += 600_000
    expect(await thrownBy(action)).toMatchObject({
      digest: "NEXT_REDIRECT;replace;/accounts/reauthenticate/?next=/codes;307;"
    })
    await withAuthAction(asking.auth, ({ reauthenticate }) => reauthenticate({ password: "alice's" }))()
    expect(await action()).toBe("alice")
  })

  it("throws as Next's forbidden() does for a user without the permission", async () => {
    const withAuthAction = browserWithForbidden()
    await withAuthAction(auth, logIn())()
    const action = withAuthAction(auth, async ({ requirePermission }) => requirePermission("blog.edit"))
    expect(await thrownBy(action)).toMatchObject({ digest: "NEXT_HTTP_ERROR_FALLBACK;403" })
  })

  it("ends an action that does not await it, too", async () => {
    const withAuthAction = browserWithForbidden()
    const action = withAuthAction(auth, async ({ requireUser }) => {
      void requireUser()
      return "the secret"
    })
    expect(await thrownBy(action)).toMatchObject({ digest: expect.stringContaining("/login") })
  })
})

describe("a Server Action under a base path", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it("redirects to absolute URLs, to which Next adds no base path", async () => {
    vi.stubEnv("__NEXT_ROUTER_BASEPATH", "/shop")
    const { withAuthAction } = browser()
    const home = withAuthAction(auth, async ({ redirectToNext }, next: string) => redirectToNext("/shop", { next }))
    expect((await home("/shop/account?a=1")).location).toBe("http://localhost/shop/account?a=1")
    expect((await home("//evil.example")).location).toBe("http://localhost/shop")
    for (const page of ["/account", "/shop/account"]) {
      const guarded = withAuthAction(auth, () => "done", { loginRequired: true, page })
      expect(await thrownBy(guarded)).toMatchObject({
        digest: "NEXT_REDIRECT;replace;http://localhost/login?next=/shop/account;307;"
      })
    }
  })
})

describe("a throttled Server Action", () => {
  const throttled = async () => {
    const clock = { now: 1_700_000_000_000 }
    const { auth } = await application({
      allowedHosts: ["localhost"],
      reauthentication: {},
      throttle: { store: memoryThrottle() },
      clockAndRandom: { now: () => clock.now }
    })
    return { auth, clock }
  }

  it("returns what it returns for a wrong password, and sets the same cookies", async () => {
    const { auth, clock } = await throttled()
    const attempt = async (password: string) => {
      const { set, withAuthAction } = browser()
      const login = withAuthAction(auth, async ({ authenticate, login }) => {
        const user = await authenticate({ username: "alice", password })
        if (user !== undefined) await login(user)
        return { error: user === undefined ? "wrong user name or password" : undefined }
      })
      return { result: await login(), set }
    }
    const wrong = await attempt("wrong")
    for (let at = 0; at < 4; at++) await attempt("wrong")
    expect(await attempt("alice's")).toEqual(wrong)
    expect(wrong).toEqual({ result: { error: "wrong user name or password" }, set: [] })
    clock.now += 1000
    const { set } = await attempt("alice's")
    expect(set.find(({ name }) => name === "knowndevice")).toMatchObject({
      httpOnly: true,
      maxAge: 31_536_000,
      path: "/",
      sameSite: "lax"
    })
  })

  it("answers the proofs of a user who is logged in as wrong ones", async () => {
    const { auth, clock } = await throttled()
    const { jar, set, withAuthAction } = browser()
    await withAuthAction(auth, logIn())()
    jar.delete("knowndevice")
    const prove = async (password: string) => {
      set.length = 0
      const result = await withAuthAction(
        auth,
        async ({ changePassword, checkPassword, reauthenticate, requireUser }) => {
          const user = await requireUser()
          return [
            await checkPassword(user, password),
            await reauthenticate({ password }),
            await changePassword(user, password, "a new password")
          ]
        }
      )()
      return { result, set: [...set] }
    }
    const wrong = await prove("wrong")
    for (let at = 0; at < 3; at++) await prove("wrong")
    expect(await prove("alice's")).toEqual(wrong)
    expect(wrong).toEqual({ result: [false, false, false], set: [] })
    clock.now += 10_000
    expect((await prove("alice's")).result).toEqual([true, true, true])
  })
})
