/** How several operations of one request affect each other. */
import { describe, expect, it } from "vitest"
import { type Browser, everyOrder, type LawTestSite, testSite } from "../../../../src/testing/index.ts"
import { type Action, both, logIn, look, send, userOf } from "../../../laws/requests.ts"

const set =
  (key: string, value: unknown = 1): Action<void> =>
  ({ session }) =>
    session.set(key, value)

/** A site, and a browser with an anonymous session. */
const anonymous = async () => {
  const site = testSite()
  const browser = site.browser()
  await send(site.auth, browser, set("old"))
  return { site, browser, key: browser.cookie("sessionid") }
}

const calls = ({ network }: LawTestSite, operation: string): number =>
  network.log.filter((call) => call.operation === operation).length

/** Runs one request in every order of the calls that its operations make at the same time. */
const inEveryOrder = (
  site: LawTestSite,
  prepare: (browser: Browser) => Promise<unknown>,
  action: Action<unknown>,
  check: (browser: Browser) => Promise<void>
) =>
  everyOrder(site, async () => {
    const browser = site.browser()
    await prepare(browser)
    site.network.forget()
    return {
      requests: [async () => (await send(site.auth, browser, action)).response.status],
      check: async ([status]) => {
        expect(status).toBe(200)
        await check(browser)
      }
    }
  })

describe("operations of one request at the same time", () => {
  it.each([
    ["an anonymous visitor", undefined],
    ["a user", "alice"]
  ] as const)("keep every write, with one load and one commit, for %s", async (_, user) => {
    const site = testSite()
    const operations: ReadonlyArray<Action<unknown>> = [set("a"), look, set("b"), async ({ getUser }) => getUser()]
    await inEveryOrder(
      site,
      async (browser) => {
        if (user !== undefined) await send(site.auth, browser, logIn(user))
        await send(site.auth, browser, set("old"))
      },
      (context) => Promise.all(operations.map((operation) => operation(context))),
      async (browser) => {
        expect(["load", "Update", "findById"].map((name) => calls(site, name))).toEqual([1, 1, 0])
        const { value } = await send(site.auth, browser, look)
        expect(value).toEqual({ user, data: { old: "1", a: "1", b: "1" } })
      }
    )
  })

  it.each([
    ["before it", ["a", "log in"]],
    ["after it", ["log in", "a"]],
    ["around it", ["a", "log in", "b"]]
  ])("keep every write beside a login: %s", async (_, names) => {
    const site = testSite()
    await inEveryOrder(
      site,
      (browser) => send(site.auth, browser, set("old")),
      async (context) => {
        const user = await context.authenticate(site.credentials("alice"))
        await Promise.all(
          names.map((name) =>
            name !== "log in" ? set(name)(context) : user === undefined ? undefined : context.login(user)
          )
        )
      },
      async (browser) => {
        const { value } = await send(site.auth, browser, look)
        const written = names.filter((name) => name !== "log in").map((name) => [name, "1"])
        expect(value).toEqual({ user: "alice", data: { old: "1", ...Object.fromEntries(written) } })
      }
    )
  })

  it("query the user once when the session's load did not return the right user", async () => {
    const site = testSite()
    const browser = await site.browserOf("alice")
    const [key] = site.stores.sessions.rows.keys()
    // The load returns the wrong user together with the session.
    if (key !== undefined)
      site.stores.sessions.prefetch?.remember(key, "django.contrib.auth.backends.ModelBackend", "2")
    site.network.forget()
    const { value } = await send(site.auth, browser, ({ getUser }) => Promise.all([getUser(), getUser(), getUser()]))
    expect(value?.map((user) => user?.username)).toEqual(["alice", "alice", "alice"])
    expect([calls(site, "load"), calls(site, "findById")]).toEqual([1, 1])
  })
})

describe("getUser", () => {
  it.each<[string, Action<unknown>]>([
    ["a logout", ({ logout }) => logout()],
    ["a login as another user", logIn("bob")],
    [
      "a change of the password",
      async ({ getUser, setPassword }) => {
        const user = await getUser()
        if (user !== undefined) await setPassword(user, "another")
      }
    ]
  ])("gives the same answer throughout a request, beside %s", async (_, action) => {
    const site = testSite()
    const { orders } = await everyOrder(site, async () => {
      const browser = await site.browserOf("alice")
      const tab = browser.copy()
      const names = async ({ getUser }: Parameters<Action<unknown>>[0]) => {
        const found: Array<string | undefined> = []
        for (let time = 0; time < 3; time++) {
          found.push((await getUser())?.username)
          await site.gate.turn("the handler waits")
        }
        return found
      }
      return {
        requests: [
          async () => (await send(site.auth, browser, names)).value,
          async () => [(await send(site.auth, tab, action)).response.statusText]
        ],
        check: ([found]) => {
          expect(new Set(found).size).toBe(1)
        }
      }
    })
    expect(orders).toBeGreaterThan(4)
  })
})

describe("a login", () => {
  it("opens a valid session if the handler changed the password after authenticate", async () => {
    const site = testSite()
    const browser = site.browser()
    await send(site.auth, browser, async ({ authenticate, login, setPassword }) => {
      const user = await authenticate(site.credentials("alice"))
      if (user === undefined) return
      await setPassword(user, "another")
      await login(user)
    })
    expect(await userOf(site, browser.cookie("sessionid"))).toBe("alice")
  })

  it("uses the password that this request verified, even if two requests get the same user object", async () => {
    // A store that keeps users in memory returns the same object each time.
    const shared = new Map<string, object>()
    const site = testSite()
    const [first, second] = [site.browser(), site.browser()]
    const [proved, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const login = send(site.auth, first, async ({ authenticate, login }) => {
      const user = await authenticate(site.credentials("alice"))
      if (user !== undefined) shared.set("first", user)
      proved.resolve()
      await changed.promise
      if (user !== undefined) await login(user)
    })
    await proved.promise
    await send(site.auth, second, async ({ authenticate, setPassword }) => {
      const user = await authenticate(site.credentials("alice"))
      if (user !== undefined) {
        shared.set("second", user)
        await setPassword(user, "another")
      }
      await authenticate({ username: "alice", password: "another" })
    })
    changed.resolve()
    await login
    expect(shared.get("first")).toBe(shared.get("second"))
    expect(await userOf(site, first.cookie("sessionid"))).toBe(undefined)
  })
})

describe("a change of password", () => {
  it("ends the session that made it when another change of the password was stored later", async () => {
    const site = testSite()
    const here = await site.browserOf("alice")
    await send(site.auth, here, async ({ getUser, setPassword, updateSessionAuthHash }) => {
      const user = await getUser()
      if (user === undefined) return
      await setPassword(user, "set here")
      await site.auth.setPassword(user, "set elsewhere")
      await updateSessionAuthHash(user)
    })
    expect(await userOf(site, here.cookie("sessionid"))).toBe(undefined)
  })

  it("succeeds although the user was deactivated at the same time", async () => {
    const site = testSite()
    const here = await site.browserOf("alice")
    const { response } = await send(site.auth, here, async ({ getUser, setPassword, updateSessionAuthHash }) => {
      const user = await getUser()
      if (user === undefined) return
      await setPassword(user, "another")
      site.stores.users.change("1", { isActive: false })
      await updateSessionAuthHash(user)
    })
    expect(response.status).toBe(200)
    expect(await userOf(site, here.cookie("sessionid"))).toBe(undefined)
  })
})

describe("a receiver of user_logged_in", () => {
  it("that throws leaves the request and its session unchanged", async () => {
    const { browser, key, site } = await anonymous()
    site.auth.on("user_logged_in", async (_, { session }) => {
      await session.set("from the receiver", 1)
      throw new Error("refused")
    })
    const { value } = await send(site.auth, browser, async (context) => {
      const message = await logIn("alice")(context).catch((error: Error) => error.message)
      return { message, ...(await look(context)) }
    })
    expect(value).toEqual({ message: "refused", user: undefined, data: { old: "1" } })
    expect([browser.cookie("sessionid"), [...site.stores.sessions.rows.keys()]]).toEqual([key, [key]])
    expect((await send(site.auth, browser, look)).value).toEqual({ user: undefined, data: { old: "1" } })
  })

  it("that throws does not undo an earlier login", async () => {
    const { browser, site } = await anonymous()
    await send(site.auth, browser, logIn("bob"))
    site.auth.on("user_logged_in", () => Promise.reject(new Error("refused")))
    const { value } = await send(site.auth, browser, async (context) => {
      await logIn("alice")(context).catch(() => undefined)
      return (await context.getUser())?.username
    })
    expect([value, await userOf(site, browser.cookie("sessionid"))]).toEqual(["bob", "bob"])
  })

  it("may write the session, and the write is stored", async () => {
    const { browser, site } = await anonymous()
    site.auth.on("user_logged_in", async ({ user }, { getUser, session }) => {
      await session.set("greeted", [user.username, (await getUser())?.username])
    })
    await send(site.auth, browser, logIn("alice"))
    const { value } = await send(site.auth, browser, look)
    expect(value).toEqual({ user: "alice", data: { old: "1", greeted: '["alice","alice"]' } })
  })
})

describe("a receiver of user_logged_in that asks to be called after the commit", () => {
  /** The users that it is told, and whether a session acts as them at that moment. */
  const heardOn = (site: LawTestSite) => {
    const heard: Array<readonly [user: string, isStored: boolean]> = []
    const isStored = async (user: string) => {
      const users = await Promise.all([...site.stores.sessions.rows.keys()].map((key) => userOf(site, key)))
      return users.includes(user)
    }
    site.auth.on(
      "user_logged_in",
      async ({ user }) => void heard.push([user.username, await isStored(user.username)]),
      {
        when: "committed"
      }
    )
    return heard
  }

  it.each([
    200, 302, 404, 500, 503
  ])("is called when the login is stored, for status %i and every fault", async (status) => {
    const outcomes = ["none", "refused", "acknowledgementLost", "slow"] as const
    for (const first of outcomes)
      for (const third of outcomes) {
        const { browser, key, site } = await anonymous()
        const heard = heardOn(site)
        // The calls are: findByUsername, load, recordLogin, Move.
        site.network.failEach(["none", first, "none", third])
        await send(site.auth, browser, logIn("alice"), status)
        site.network.heal()
        expect(heard).toEqual(browser.cookie("sessionid") === key ? [] : [["alice", true]])
      }
  })

  it.each<[string, Action<unknown>, ReadonlyArray<string>]>([
    ["was undone in the same request", both(logIn("alice"), ({ logout }) => logout()), []],
    [
      "was flushed before other data was stored",
      both(
        both(logIn("alice"), ({ session }) => session.flush()),
        set("new")
      ),
      []
    ],
    ["another login in the same request replaced", both(logIn("alice"), logIn("bob")), ["bob"]]
  ])("is not called for a login that %s", async (_, action, users) => {
    const { browser, site } = await anonymous()
    const heard = heardOn(site)
    await send(site.auth, browser, action)
    expect(heard.map(([user]) => user)).toEqual(users)
  })
})
