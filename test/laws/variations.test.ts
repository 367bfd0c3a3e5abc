/** The exported laws on sites whose pages do more than those of the kit. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { cachedDbSessions } from "../../src/adapters/store/cached-db.ts"
import { memory } from "../../src/adapters/store/memory.ts"
import { type Browser, everyOrder, type LawTestSite, laws, testSite } from "../../src/testing/index.ts"
import type { LawPages } from "../../src/testing/laws/law-pages.ts"
import type { LawSite } from "../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"
import { type Action, both, logIn, look, send, userOf } from "./requests.ts"

type Request = (browser: Browser) => Promise<Response>
type RequestOf = (action: Action<unknown>) => Request

/** A site with some pages replaced. */
const withPages = (site: LawTestSite, replace: (request: RequestOf, pages: LawPages) => Partial<LawPages>): LawSite => {
  const described = lawSiteOf(site)
  const requestOf: RequestOf = (action) => async (browser) => (await send(site.auth, browser, action)).response
  return { ...described, pages: { ...described.pages, ...replace(requestOf, described.pages) } }
}

const check = (site: LawSite, id: string) => {
  const law = laws(site).find((one) => one.id === id)
  return law === undefined ? Promise.reject(new Error(`no law ${id}`)) : law.check()
}

const logOut: Action<void> = ({ logout }) => logout()

describe("a logout is final", () => {
  it.each<[string, Action<unknown>]>([
    ["a flush", ({ session }) => session.flush()],
    ["a look and a logout", both(look, logOut)],
    ["a logout and a write", both(logOut, ({ session }) => session.set("farewell", 1))],
    ["a logout and a login as another user", both(logOut, logIn("bob"))]
  ])("when the logout is %s", async (_, action) => {
    await check(
      withPages(testSite(), (request) => ({ logout: request(action) })),
      "a-logout-is-final"
    )
  })

  it("when a receiver of user_logged_out makes the logout load the session", async () => {
    const site = testSite()
    site.auth.on("user_logged_out", () => {})
    await check(lawSiteOf(site), "a-logout-is-final")
  })

  it.each<[string, (request: RequestOf, pages: LawPages) => ReadonlyArray<Request>]>([
    ["renews twice", (_, { cycle }) => (cycle === undefined ? [] : [cycle, cycle])],
    [
      "renews and writes",
      (request) => [
        request(
          both(
            ({ session }) => session.cycleKey(),
            ({ session }) => session.set("a", 1)
          )
        )
      ]
    ],
    [
      "renews, then writes",
      (request, { cycle }) => [cycle ?? request(look), request(({ session }) => session.set("a", 1))]
    ],
    ["renews, then logs out", (request, { cycle, logout }) => [cycle ?? request(look), logout]],
    ["reads, then clears", (request) => [request(both(look, ({ session }) => session.clear()))]]
  ])("beside a client that %s", async (_, requestsOf) => {
    const { pages: all, ...site } = withPages(testSite(), (request, pages) => ({
      cycle: async (browser) => {
        let response = new Response()
        for (const one of requestsOf(request, pages)) response = await one(browser)
        return response
      }
    }))
    const { cycle, login, logout, visit } = all
    const pages = { visit, login, logout, ...(cycle === undefined ? {} : { cycle }) }
    await check({ ...site, pages }, "a-logout-is-final")
  })

  it("after a change of the secret key, when every request renews the session", async () => {
    const site = lawSiteOf(testSite())
    const { login } = site.pages
    const renewed = {
      ...site.pages,
      login: async (...input: Parameters<typeof login>) => {
        const response = await login(...input)
        await site.secretKeys?.replace()
        return response
      }
    }
    await check({ ...site, pages: renewed }, "a-logout-is-final")
  })

  it.each([
    ["visit", false],
    ["visit", true],
    ["cycle", false],
    ["cycle", true]
  ] as const)("with the engine cached_db, in every order of both stores' calls, beside: %s (cached: %s)", async (name, isCached) => {
    const cache = memory()
    const emptyCache = cache.snapshot()
    const site = testSite({
      stores: ({ sessions, users }, gate) => {
        const ordered = (name: string, store: SessionStore): SessionStore => {
          const turn = (call: string) => Effect.promise(() => gate.turn(`${name} ${call}`))
          return {
            ...store,
            load: (key, now) => Effect.andThen(turn("load"), store.load(key, now)),
            commit: (change, now) => Effect.andThen(turn(change._tag), store.commit(change, now))
          }
        }
        return {
          users,
          sessions: cachedDbSessions({ rows: ordered("rows", sessions), cache: ordered("cache", cache.sessions) })
        }
      }
    })
    const { pages } = lawSiteOf(site)
    const reset = () => {
      site.reset()
      emptyCache()
    }
    const { orders } = await everyOrder({ gate: site.gate, reset }, async () => {
      const alice = await site.browserOf("alice")
      if (isCached) await pages.visit(alice)
      const [tab, known] = [alice.copy(), alice.cookie("sessionid")]
      return {
        requests: [() => pages.logout(alice), () => pages[name]?.(tab) ?? pages.visit(tab)],
        check: async () => {
          expect([await userOf(site, known), await userOf(site, tab.cookie("sessionid"))]).toEqual([
            undefined,
            undefined
          ])
        }
      }
    })
    expect(orders).toBeGreaterThan(5)
  })
})

describe("an anonymous request that stores nothing makes no session", () => {
  it.each<[string, Action<unknown>, number?]>([
    ["does nothing", async () => undefined],
    ["looks", look],
    ["flushes", ({ session }) => session.flush()],
    ["clears", ({ session }) => session.clear()],
    ["saves", ({ session }) => session.save()],
    ["updates nothing", ({ session }) => session.raw.update(new Map())],
    [
      "sets and deletes",
      both(
        ({ session }) => session.set("a", 1),
        ({ session }) => session.delete("a")
      )
    ],
    ["takes what is not there", ({ session }) => session.pop("a")],
    ["sets no expiry", ({ session }) => session.setExpiry(null)],
    ["writes, then fails", ({ session }) => session.set("a", 1), 500],
    ["logs in, then fails", logIn("alice"), 503]
  ])("when it %s", async (_, action, status = 200) => {
    const site = testSite()
    const idle = async (browser: Browser) => (await send(site.auth, browser, action, status)).response
    const described = lawSiteOf(site)
    const { visit } = described.pages
    // The page that is judged is the logout: it may answer anything.
    const pages = { ...described.pages, visit, logout: idle }
    await check({ ...described, pages }, "no-session-without-data")
  })
})
