/** Every order of the store calls of real requests, through a real adapter. */
import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { describe, expect, expectTypeOf, it, vi } from "vitest"
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import { type EveryOrderOptions, everyOrder, OrderBroken, OrdersIncomplete, testSite } from "../../src/testing/index.ts"

const site = testSite()

type Context = AuthContext<MemoryUser, AnyFields>
type Page = ReturnType<typeof page>

const page = (does: (context: Context) => Promise<unknown>) =>
  withAuth(
    site.auth,
    async (_, context) => {
      await does(context)
      return Response.json(Object.fromEntries(await context.session.raw.all()))
    },
    { csrfExempt: true }
  )

const look = page(async () => {})
const logout = page(({ logout }) => logout())
const set = (key: string, before: (context: Context) => Promise<unknown> = async () => {}) =>
  page(async (context) => {
    await before(context)
    await context.session.set(key, 1)
  })

interface Outcome {
  /** The keys of the session's data, for the cookie of before. */
  readonly keys: ReadonlyArray<string>
  readonly statuses: ReadonlyArray<number>
}

/** Alice is logged in; each page gets a request of a tab of her browser. */
const inTabs = (pages: ReadonlyArray<Page>, check: (outcome: Outcome) => void, options?: EveryOrderOptions) =>
  everyOrder(
    site,
    async () => {
      const alice = await site.browserOf("alice")
      const [observer, ...tabs] = [alice, ...pages].map(() => alice.copy())
      return {
        requests: pages.map((one, each) => async () => tabs[each]?.fetch(one, "/", { json: {} })),
        check: async (answers) => {
          const data: unknown = await (await observer?.fetch(look, "/"))?.json()
          const statuses = answers.map((answer) => answer?.status ?? 0)
          check({ keys: Object.keys(Object(data)).filter((key) => !key.startsWith("_")), statuses })
        }
      }
    },
    options
  )

const bothStored = ({ keys }: Outcome): void => expect(keys.toSorted()).toEqual(["a", "b"])
const nothing = (): void => {}

/** Two writes of different keys, each after the same preparation. */
const twoWrites = (before: (context: Context) => Promise<unknown>, options?: EveryOrderOptions, check = bothStored) =>
  inTabs([set("a", before), set("b", before)], check, options)

describe("every order", () => {
  it("runs as many orders as there are: two requests of two calls have six", async () => {
    const visits = await inTabs([look, look], nothing)
    expect(visits).toEqual({ orders: 2, complete: true, notControlled: [] })
    expect(await twoWrites(async () => {})).toEqual({ orders: 6, complete: true, notControlled: [] })
  })

  it("runs every order of three requests: with one call each six, with two calls each ninety", async () => {
    expect(await inTabs([look, look, look], nothing)).toMatchObject({ orders: 6, complete: true })
    const twice = async () => {
      await site.gate.turn("a call")
      await site.gate.turn("another call")
    }
    const seen = new Set<string>()
    const scene = () => {
      const said: Array<string> = []
      const request = (name: string) => async () => {
        await twice()
        said.push(name)
      }
      return { requests: ["A", "B", "C"].map(request), check: () => void seen.add(said.join("")) }
    }
    expect(await everyOrder(site, scene)).toMatchObject({ orders: 90, complete: true })
    expect([...seen].toSorted()).toEqual(["ABC", "ACB", "BAC", "BCA", "CAB", "CBA"])
  })

  it("includes the orders in which one request ends before another begins", async () => {
    const statuses = new Set<string>()
    await inTabs([set("a"), logout], (outcome) => statuses.add(outcome.statuses.join()))
    expect([...statuses].toSorted()).toEqual(["200,200", "400,200"])
  })

  it.each<[string, () => Promise<unknown>]>([
    [
      "microtasks",
      async () => {
        for (let i = 0; i < 50; i++) await null
      }
    ],
    ["process.nextTick", () => new Promise((resolve) => process.nextTick(resolve))],
    [
      "setImmediate",
      async () => {
        for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
      }
    ],
    ["Effect.yieldNow", () => Effect.runPromise(Effect.forEach(Array(10), () => Effect.yieldNow))],
    ["the body of a request", () => new Request("http://x", { method: "POST", body: "x".repeat(1e5) }).text()]
  ])("is complete for handlers that wait for %s", async (_, wait) => {
    expect(await twoWrites(wait)).toMatchObject({ complete: true })
  })

  it("fails with the order that has the fewest switches, as a story, and runs it again alone", async () => {
    const shared = { cart: 0 }
    const add = page(async ({ getUser }) => {
      const seen = shared.cart
      await getUser()
      shared.cart = seen + 1
    })
    const lost = (options?: EveryOrderOptions) =>
      everyOrder(
        {
          gate: site.gate,
          reset: () => {
            site.reset()
            shared.cart = 0
          }
        },
        async () => {
          const alice = await site.browserOf("alice")
          return {
            requests: [alice.copy(), alice.copy()].map((tab) => () => tab.fetch(add, "/", { json: {} })),
            check: () => expect(shared.cart, "what is in the cart").toBe(2)
          }
        },
        { starts: "steps", ...options }
      )
    const broken = await lost().catch((error: unknown) => error)
    if (!(broken instanceof OrderBroken)) throw broken
    expect(broken.order).toBe("A B")
    expect(broken.message).toContain("what is in the cart: expected 1 to be 2")
    expect(broken.message).toContain("  A begins\n  B begins\n  B load\n  A load\n")
    expect(broken.message).toContain(
      'order "A B", 2 switches; 4 of 6 orders fail. To run this order alone: everyOrder(site, scene, { only: "A B", starts: "steps" })'
    )
    await expect(lost({ patience: Number.POSITIVE_INFINITY })).rejects.toThrow(", patience: Infinity })")
    await expect(lost({ only: broken.order })).rejects.toThrow("1 of 1 order fails")
    await expect(lost({ only: "A A B B" })).resolves.toMatchObject({ orders: 1, complete: false })
    await expect(lost({ only: "A A A" })).rejects.toThrow("A has nothing to do after A A; it could be B")
  })

  it("names what it does not control, and rejects", async () => {
    const error = await twoWrites(() => sleep(50)).catch((one: unknown) => one)
    if (!(error instanceof OrdersIncomplete)) throw error
    expect(error.message).toContain("A waits for Timeout after A begins")
    expect(error.message).toContain("gate.turn")
    await expect(twoWrites(() => sleep(50), { incomplete: "allowed" })).resolves.toMatchObject({ complete: false })
    const files = await twoWrites(() => readFile(import.meta.filename), { incomplete: "allowed" })
    expect(files.notControlled.join()).toContain("FSReqPromise")
  })

  it("controls a call of the application that takes its turn", async () => {
    expect(await twoWrites(() => site.gate.turn("insert the order"))).toMatchObject({ orders: 20, complete: true })
  })

  it("finds a handler that is not deterministic", async () => {
    let calls = 0
    const flaky = set("a", async ({ authenticate }) =>
      calls++ % 3 === 0 ? authenticate(site.credentials("bob")) : undefined
    )
    await expect(inTabs([flaky, set("b")], nothing)).rejects.toThrow(
      /not deterministic: after ".*" they did not do the same/
    )
  })

  it("goes on where one request waits for another", async () => {
    let lock: Promise<void> = Promise.resolve()
    const locked = (key: string) =>
      page(async ({ getUser, session }) => {
        const before = lock
        const own = Promise.withResolvers<void>()
        lock = own.promise
        await before
        try {
          await getUser()
          await session.set(key, 1)
        } finally {
          own.resolve()
        }
      })
    expect(await inTabs([locked("a"), locked("b")], bothStored, { patience: 20 })).toMatchObject({ complete: true })
  })

  it("says which request never ends", async () => {
    const stuck = page(() => new Promise(() => {}))
    await expect(inTabs([stuck, look], nothing, { patience: 10 })).rejects.toThrow("A never ended")
  })

  it("says when there are more orders than the budget allows", async () => {
    await expect(twoWrites(async ({ getUser }) => getUser(), { budget: 3 })).rejects.toThrow(
      "there are more orders than the budget of 3"
    )
  })

  it("runs calls that a request makes in parallel in both orders", async () => {
    const parallel = page(({ authenticate, session }) =>
      Promise.all([session.set("a", 1), authenticate(site.credentials("bob"))])
    )
    const { complete, orders } = await inTabs([parallel, look], nothing)
    expect({ complete, isMore: orders > 3 }).toEqual({ complete: true, isMore: true })
  })

  it("works while timers are fake", async () => {
    vi.useFakeTimers()
    try {
      expect(await twoWrites(async () => {})).toMatchObject({ complete: true })
    } finally {
      vi.useRealTimers()
    }
  })

  it("says when no call passes the gate", async () => {
    const idle = async () => {}
    const scene = async () => ({ requests: [idle, idle], check: () => {} })
    await expect(everyOrder(site, scene)).rejects.toThrow("no request made a call that passes the gate")
  })

  it("passes on what a request throws", async () => {
    const broken = async () => {
      await site.gate.turn("a call")
      throw new Error("broken")
    }
    const scene = async () => ({ requests: [broken, broken], check: () => {} })
    await expect(everyOrder(site, scene)).rejects.toThrow("A threw: Error: broken")
  })
})

describe("the answers of a scene", () => {
  it("are a tuple: each has the type of its request's answer", async () => {
    const site = testSite()
    const { complete } = await everyOrder(site, async () => {
      const alice = await site.browserOf("alice")
      const [one, other] = [alice.copy(), alice.copy()]
      const shop = withAuth(site.auth, async (_, { getUser }) => Response.json((await getUser())?.username))
      return {
        requests: [async () => (await one.fetch(shop)).status, async () => (await other.fetch(shop)).text()],
        check: ([status, text]) => {
          expectTypeOf(status).toEqualTypeOf<number>()
          expectTypeOf(text).toEqualTypeOf<string>()
          expect([status, text]).toEqual([200, '"alice"'])
        }
      }
    })
    expect(complete).toBe(true)
  })
})
