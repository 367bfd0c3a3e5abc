/** Every order of the store calls of requests to a Koa and an Express application, in this process without a socket. */
import express from "express"
import Koa from "koa"
import { describe, expect, it } from "vitest"
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import { koaAuth } from "../../src/adapters/http/koa.ts"
import { authErrors, connectAuth, type WithAuth } from "../../src/adapters/http/node.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import { type Browser, everyOrder, listener, OrderBroken, type Target, testSite } from "../../src/testing/index.ts"

const site = testSite()

type Context = AuthContext<MemoryUser, AnyFields>

/** A counter that an application reads and writes in two steps. */
let shared = 0

const page = async (path: string, { getUser, logout, session }: Context): Promise<unknown> => {
  if (path === "/logout") await logout()
  if (path === "/a" || path === "/b") await session.set(path.slice(1), 1)
  if (path === "/count") {
    await getUser()
    const seen = shared
    await site.gate.turn("write the counter")
    shared = seen + 1
  }
  return { user: (await getUser())?.username ?? null, a: await session.get("a"), b: await session.get("b") }
}

const koa = new Koa().use(koaAuth(site.auth)).use(async (ctx) => {
  ctx.body = await page(ctx.path, ctx["auth"])
})

const expressApp = express()
expressApp.use(express.json(), connectAuth(site.auth))
expressApp.use(async (req, res) =>
  res.json(await page(req.path, (req as typeof req & WithAuth<MemoryUser, AnyFields>).auth))
)
expressApp.use(authErrors)

const applications: ReadonlyArray<readonly [string, Target, Target]> = [
  ["Koa", listener(koa), listener(koa)],
  ["Express", listener(expressApp), listener(expressApp)],
  ["Koa and Express", listener(koa), listener(expressApp)]
]

/** Sends a POST of alice's browser to each application, from tabs of their own. */
const inTabs = (
  [one, other]: readonly [Target, Target],
  [first, second]: readonly [string, string],
  check: (alice: Browser, statuses: ReadonlyArray<number>) => Promise<void>
) =>
  everyOrder(
    {
      gate: site.gate,
      reset: () => {
        site.reset()
        shared = 0
      }
    },
    async () => {
      const alice = await site.browserOf("alice")
      const [here, there] = [alice.copy(), alice.copy()]
      return {
        requests: [() => here.fetch(one, first, { json: {} }), () => there.fetch(other, second, { json: {} })],
        check: (answers) =>
          check(
            alice,
            answers.map(({ status }) => status)
          )
      }
    }
  )

describe.each(applications)("every order of two requests to %s", (_, one, other) => {
  it("stores what both write", async () => {
    const done = await inTabs([one, other], ["/a", "/b"], async (alice) => {
      expect(await (await alice.fetch(one, "/")).json()).toEqual({ user: "alice", a: 1, b: 1 })
    })
    expect(done).toMatchObject({ complete: true, notControlled: [] })
    expect(done.orders).toBeGreaterThanOrEqual(6)
  })

  it("leaves no session when one of them logs out", async () => {
    const done = await inTabs([one, other], ["/a", "/logout"], async (alice, [, logout]) => {
      expect(logout).toBe(200)
      expect(await (await alice.fetch(one, "/")).json()).toEqual({ user: null })
    })
    expect(done).toMatchObject({ complete: true })
  })

  it("finds the order in which the application loses a count", async () => {
    const broken = await inTabs([one, other], ["/count", "/count"], async () => {
      expect(shared, "the counter").toBe(2)
    }).catch((error: unknown) => error)
    if (!(broken instanceof OrderBroken)) throw broken
    expect(broken.message).toContain("the counter: expected 1 to be 2")
  })
})
