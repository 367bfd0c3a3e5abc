/** What `everyOrder` cannot put into order: it never passes over it, and says what to do. */
import { readFile } from "node:fs/promises"
import { describe, expect, it } from "vitest"
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import { withAuth } from "../../src/adapters/http/fetch.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import { type EveryOrderOptions, everyOrder, type OrderedSite, testSite } from "../../src/testing/index.ts"
import { stopwatch } from "../../src/testing/orders/at-rest.ts"

type Handler = (context: AuthContext<MemoryUser, AnyFields>) => Promise<unknown>

const site = testSite()

/** Two tabs of alice's browser send a request each. The check holds always. */
const run = (handlers: ReadonlyArray<Handler>, options?: EveryOrderOptions, at: OrderedSite = site) =>
  everyOrder(
    at,
    async () => {
      const alice = await site.browserOf("alice")
      const requests = handlers.map((handler) => {
        const tab = alice.copy()
        const answer = async (context: AuthContext<MemoryUser, AnyFields>) => {
          const response = await handler(context)
          return response instanceof Response ? response : new Response()
        }
        return () =>
          tab.fetch(
            withAuth(site.auth, (_, context) => answer(context), { csrfExempt: true }),
            "/",
            { json: {} }
          )
      })
      return { requests, check: () => {} }
    },
    options
  )

const set =
  (key: string): Handler =>
  ({ session }) =>
    session.set(key, 1)

/** A timer that does not keep the process alive: Node does not report it as pending. */
const hiddenTimer = (milliseconds: number) =>
  new Promise((resolve) => AbortSignal.timeout(milliseconds).addEventListener("abort", resolve))

describe("everyOrder notices", () => {
  it("requests in place of a scene", async () => {
    // @ts-expect-error a list of requests
    await expect(everyOrder(site, [() => {}], () => {})).rejects.toThrow(
      "everyOrder: the second argument is a function that makes a scene: () => ({ requests, check })"
    )
  })

  it("a reset that does not reset", async () => {
    const at = { gate: site.gate, reset: () => {} }
    await expect(run([set("a"), set("b")], {}, at)).rejects.toThrow(/not deterministic.* reset\(\) restore all else/)
  })

  it("an answer that differs although the order is the same", async () => {
    let calls = 0
    const flaky: Handler = async ({ session }) => {
      await session.set("a", 1)
      calls += 1
      return new Response(null, { status: calls % 2 === 0 ? 200 : 404 })
    }
    await expect(run([flaky, set("b")])).rejects.toThrow(/not deterministic: after "A A B B"/)
  })

  it("a call after the order is over", async () => {
    let next = Promise.withResolvers<void>()
    const forgotten: Handler = async ({ getUser }) => {
      await getUser()
      void next.promise.then(() => site.gate.turn("write the log"))
    }
    const reset = () => {
      site.reset()
      next.resolve()
      next = Promise.withResolvers()
    }
    await expect(run([forgotten, set("b")], {}, { gate: site.gate, reset })).rejects.toThrow(
      "A makes a call after its order is over: write the log"
    )
  })

  it("a timer that Node does not report", async () => {
    const late: Handler = async ({ session }) => {
      await hiddenTimer(50)
      await session.set("a", 1)
    }
    await expect(run([late, set("b")])).rejects.toThrow("A waits for something that Node does not tell after A begins")
  })

  it("work that ends while the request is busy with something else", async () => {
    const busy: Handler = async ({ session }) => {
      let isRead = false
      const read = readFile(import.meta.filename).then(() => {
        isRead = true
      })
      while (!isRead) await new Promise((resolve) => setImmediate(resolve))
      await read
      await session.set("a", 1)
    }
    await expect(run([busy, set("b")])).rejects.toThrow("A waits for FSReqPromise after A begins")
  })

  it("a second one on the same site at the same time", async () => {
    const [one, other] = await Promise.allSettled([run([set("a"), set("b")]), run([set("a"), set("b")])])
    expect(one).toMatchObject({ status: "fulfilled", value: { orders: 6, complete: true } })
    expect(other).toMatchObject({
      reason: { message: expect.stringContaining("another everyOrder runs on this gate") }
    })
    expect(await run([set("a"), set("b")])).toMatchObject({ complete: true })
  })
})

describe("everyOrder", () => {
  it("does not lose patience while the machine runs other processes", () => {
    const time = stopwatch()
    const until = performance.now() + 60
    while (performance.now() < until);
    expect(time()).toBe(10)
  })

  it("takes its turn for a call of any name", async () => {
    const turn: Handler = () => site.gate.turn("the transaction begins")
    expect(await run([turn, turn])).toMatchObject({ orders: 2, complete: true })
  })

  // Vitest has timers of its own: one at the wrong moment makes an order run once more.
  it("runs an order again in which another part of the process set a timer", { retry: 2 }, async () => {
    let runs = 0
    const beside: Handler = async ({ session }) => {
      runs += 1
      if (runs === 1 || runs === 5) setTimeout(() => {}, 100)
      await session.set("a", 1)
    }
    expect(await run([beside, set("b")])).toMatchObject({ orders: 6, complete: true, notControlled: [] })
    expect(runs).toBe(1 + 6 + 2)
  })

  it("names a timer that each run of an order waits for, once for all orders", { retry: 2 }, async () => {
    let runs = 0
    const waiting: Handler = async ({ session }) => {
      runs += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
      await session.set("a", 1)
    }
    const { complete, notControlled } = await run([waiting, set("b")], { incomplete: "allowed" })
    expect({ complete, notControlled }).toEqual({
      complete: false,
      notControlled: [expect.stringContaining("A waits")]
    })
    expect(runs).toBe(1 + 6 + 2)
  })

  it("finishes the requests of an order that it gives up", async () => {
    let [begun, ended, calls] = [0, 0, 0]
    const flaky: Handler = async ({ authenticate, session }) => {
      begun += 1
      if (calls++ % 3 === 2) await authenticate(site.credentials("bob"))
      await session.set("a", 1)
      ended += 1
    }
    await expect(run([flaky, flaky])).rejects.toThrow("not deterministic")
    expect([begun > 2, ended]).toEqual([true, begun])
  })

  it.each<[string, object, string]>([
    ["a budget of no orders", { budget: 0 }, "budget: write a whole number from 1"],
    ["an unknown option", { incompleted: "allowed" }, "incompleted: there is no such option; did you mean incomplete?"],
    ["a word that means nothing", { starts: "step" }, 'starts: write "lazy" or "steps"']
  ])("refuses %s", async (_, options, message) => {
    await expect(run([set("a")], options)).rejects.toThrow(message)
  })

  it("refuses a site and a scene that are none", async () => {
    const none = (site: object, scene: object): Promise<unknown> =>
      Reflect.apply(everyOrder, undefined, [site, () => scene])
    await expect(none({}, { requests: [], check: () => {} })).rejects.toThrow("as testSite() makes it")
    await expect(none(site, { requests: [() => {}] })).rejects.toThrow("has to return { requests, check }")
    expect(await run([set("a")])).toMatchObject({ complete: true })
  })
})
