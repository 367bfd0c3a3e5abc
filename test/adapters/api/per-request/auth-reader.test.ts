import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import { unmask } from "../../../../src/core/csrf/csrf-secret.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { faultyMemory, outage } from "../../http/contract/faults.ts"
import { application, browser, logIn, model } from "../../request/site.ts"

const headWith = (cookies: ReadonlyMap<string, string>, target = "/page?x=1"): RequestHead => ({
  method: "GET",
  target,
  headers: [
    ["Host", "localhost"],
    ["Cookie", Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ")]
  ],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

/** An application that counts its queries, with a logged-in user who has data in the session. */
const scene = async (options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
  const stores = faultyMemory()
  const app = await application({ sessions: stores.sessions, ...options })
  const backends = { [model]: modelBackend(stores.users) }
  const { auth } = await application({ ...options, sessions: stores.sessions, backends })
  const alice = browser({ auth })
  await alice.visit(logIn())
  await alice.visit(async ({ session }) => session.set("cart", [1]))
  stores.heal()
  const rows = () => Array.from(stores.sessions.rows, ([key, row]) => [String(key), { ...row }])
  return { ...app, auth, alice, stores, rows, backends }
}

describe("a reader", () => {
  it("returns the user and the data of the session", async () => {
    const { alice, auth } = await scene()
    const { getUser, hasPerm, host, isSecure, session } = auth.reader(headWith(alice.cookies))
    expect((await getUser())?.username).toBe("alice")
    expect([await session.get("cart"), await session.has("cart"), await session.raw.get("cart")]).toEqual([
      [1],
      true,
      "[1]"
    ])
    expect([
      session.key() === alice.cookies.get("sessionid"),
      session.isEmpty(),
      (await session.keys()).length
    ]).toEqual([true, false, 4])
    expect([await hasPerm("a.b"), host(), isSecure()]).toEqual([false, "localhost", false])
  })

  it("returns no user for an anonymous visitor", async () => {
    const { auth } = await scene()
    const { getUser, session } = auth.reader(headWith(new Map()))
    expect([await getUser(), await session.get("cart"), session.isEmpty()]).toEqual([undefined, undefined, true])
  })

  it("loads the session once, for any number of calls", async () => {
    const { alice, auth, stores } = await scene()
    const { getUser, loginRequired, session } = auth.reader(headWith(alice.cookies))
    await Promise.all([getUser(), getUser(), session.get("cart"), loginRequired()])
    expect([stores.asked(), stores.commits()]).toEqual([{ sessions: 1, users: 1 }, 0])
  })

  it("treats a session that is no longer valid as anonymous, and keeps its row", async () => {
    const { alice, auth, rows } = await scene()
    const { getUser } = auth.reader(headWith(alice.cookies))
    const user = await getUser()
    if (user === undefined) throw new Error("no user is logged in")
    await auth.setPassword(user, "another")
    const before = rows()
    const { getUser: whoNow, session } = auth.reader(headWith(alice.cookies))
    expect([await whoNow(), await session.get("cart")]).toEqual([undefined, undefined])
    expect(rows()).toEqual(before)
  })

  it("finds a user by an older secret key, and renews nothing", async () => {
    const { alice, backends, rows, stores } = await scene()
    const rotated = createAuth({
      secretKey: "a newer key",
      secretKeyFallbacks: ["secret-key"],
      sessions: stores.sessions,
      backends
    })
    const before = rows()
    expect((await rotated.reader(headWith(alice.cookies)).getUser())?.username).toBe("alice")
    expect([rows(), stores.commits()]).toEqual([before, 0])
  })

  it("writes nothing even with saveEveryRequest", async () => {
    const { alice, auth, stores } = await scene({ saveEveryRequest: true })
    await auth.reader(headWith(alice.cookies)).getUser()
    expect(stores.commits()).toBe(0)
  })

  it("never treats an outage as an anonymous user", async () => {
    const { alice, auth, stores } = await scene()
    stores.beforeLoad = outage
    const { getUser, loginRequired, session } = auth.reader(headWith(alice.cookies))
    for (const ask of [getUser, loginRequired, () => session.get("cart")])
      await expect(ask()).rejects.toBeInstanceOf(StoreUnavailable)
  })

  it("redirects anonymous visitors to the login page, which redirects them back", async () => {
    const { alice, auth } = await scene({ loginUrl: "/login" })
    const { at, loginRequired, permissionRequired, userPassesTest } = auth.reader(headWith(new Map()))
    const toLogin = (next: string) => ({ _tag: "Redirect", location: `/login?next=${next}` })
    expect([
      await loginRequired(),
      await userPassesTest(() => false),
      await permissionRequired("a.b"),
      await permissionRequired("a.b", "Forbid"),
      await at("/there?y=2").loginRequired(),
      await at("/there").userPassesTest((user) => user !== undefined),
      await at("/there").permissionRequired(["a.b"], "LoginOrForbid")
    ]).toEqual([
      toLogin("/page%3Fx%3D1"),
      toLogin("/page%3Fx%3D1"),
      toLogin("/page%3Fx%3D1"),
      { _tag: "Forbidden" },
      toLogin("/there%3Fy%3D2"),
      toLogin("/there"),
      toLogin("/there")
    ])
    expect(await auth.reader(headWith(alice.cookies)).at("/there").loginRequired()).toMatchObject({
      _tag: "Allowed",
      user: { username: "alice" }
    })
  })

  it.each([
    ["/東京?q=東京", "/%E6%9D%B1%E4%BA%AC?q=%E6%9D%B1%E4%BA%AC"],
    ["/%E6%9D%B1?q=%e6%9d%b1", "/%E6%9D%B1?q=%e6%9d%b1"],
    ["/straße?q=ß", "/stra%C3%9Fe?q=%C3%9F"],
    // Cut to bytes, the first character would be a slash: the path of another host.
    ["/\u012fevil.example", "/%C4%AFevil.example"],
    ["/a b\\", "/a%20b%5C"],
    ["/\ud800", "/%EF%BF%BD"]
  ])("redirects back to the page %j, whose path has any characters", async (page, next) => {
    const { auth } = await scene({ loginUrl: "/login" })
    const decision = await auth.reader(headWith(new Map())).at(page).loginRequired()
    const location = decision._tag === "Redirect" ? decision.location : ""
    expect(new URL(location, "http://localhost").searchParams.get("next")).toBe(next)
  })

  it("checks the URL in `next`", async () => {
    const { auth } = await scene()
    const { nextUrl } = auth.reader(headWith(new Map(), "/login?next=/there"))
    expect([nextUrl(), nextUrl({ next: "/elsewhere" }), nextUrl({ next: "//evil.example" })]).toEqual([
      "/there",
      "/elsewhere",
      undefined
    ])
  })

  describe("has a CSRF token", () => {
    it("made from the secret in the cookie", async () => {
      const { alice, auth } = await scene()
      const tokens = [1, 2].map(() => auth.reader(headWith(alice.cookies)).getCsrfToken())
      const [one = "", other = ""] = await Promise.all(tokens)
      expect([unmask(one), unmask(other)]).toEqual([alice.cookies.get("csrftoken"), alice.cookies.get("csrftoken")])
      expect(one).not.toBe(other)
    })

    it("made from the secret in the session", async () => {
      const { alice, auth, rows } = await scene({ csrfUseSessions: true })
      const before = rows()
      const { getCsrfToken, session } = auth.reader(headWith(alice.cookies))
      const token = (await getCsrfToken()) ?? ""
      expect([JSON.stringify(unmask(token)), rows()]).toEqual([await session.raw.get("_csrftoken"), before])
    })

    it.each([undefined, "", "malformed", "§".repeat(32)])("for no browser whose secret is %j", async (secret) => {
      for (const csrfUseSessions of [false, true]) {
        const { auth } = await scene({ csrfUseSessions })
        const cookies = new Map(secret === undefined ? [] : [["csrftoken", secret]])
        expect(await auth.reader(headWith(cookies)).getCsrfToken()).toBeUndefined()
      }
    })
  })

  it("does not accept a promise as the result of a user test", async () => {
    const { auth } = await scene()
    const { userPassesTest } = auth.reader(headWith(new Map()))
    // @ts-expect-error the test returns no promise
    await expect(userPassesTest(async () => false)).rejects.toBeInstanceOf(TypeError)
  })

  it("has no functions that write, in its types and at run time", async () => {
    const { auth } = await scene()
    const reader = auth.reader(headWith(new Map()))
    const writes = (): ReadonlyArray<unknown> => [
      // @ts-expect-error a reader cannot log in
      reader.login,
      // @ts-expect-error nor out
      reader.logout,
      // @ts-expect-error there is no response that could carry cookies
      reader.ensureCsrfCookie,
      // @ts-expect-error nor anything to be written
      reader.commit,
      // @ts-expect-error a reader does not write
      reader.session.set,
      // @ts-expect-error
      reader.session.flush,
      // @ts-expect-error
      reader.session.raw.update
    ]
    expect(writes().filter((each) => each !== undefined)).toEqual([])
  })

  it("has the types of the application's session", async () => {
    const stores = memory()
    const auth = createAuth({
      secretKey: "secret-key",
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users) },
      sessionData: Schema.Struct({ cart: Schema.Array(Schema.Number) })
    })
    const { session } = auth.reader(headWith(new Map()))
    const cart: ReadonlyArray<number> | undefined = await session.get("cart")
    expect(cart).toBeUndefined()
    // @ts-expect-error there is no such key
    await session.get("basket")
  })
})
