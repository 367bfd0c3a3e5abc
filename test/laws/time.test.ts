/** The expiry of a session depends on one clock: the application's. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { browser, copyOf, parseSetCookie } from "./browser.ts"
import { inEveryOrder } from "./every-order.ts"
import { type Law, states } from "./law.ts"
import * as Pages from "./pages.ts"
import { plants } from "./plant.ts"
import { keyOf, makeWorld, type Page } from "./world.ts"

const ageSeconds = 1000
const seconds = (from: number, to: number) => fc.integer({ min: from, max: to })

/** The argument of `setExpiry`; instants are in milliseconds from the login. */
const expiry = fc.oneof(
  fc.record({ _tag: fc.constant("Policy" as const) }),
  fc.record({ _tag: fc.constant("BrowserClose" as const) }),
  fc.record({ _tag: fc.constant("Seconds" as const), seconds: fc.oneof(seconds(-10, -1), seconds(1, 5000)) }),
  fc.record({ _tag: fc.constant("Instant" as const), after: fc.integer({ min: -5000, max: 5_000_000 }) })
)

const expiring =
  (
    judge: (run: {
      readonly world: Awaited<ReturnType<typeof makeWorld>>
      readonly key: string
      /** The instant at which the session must end. */
      readonly end: number
    }) => Promise<void> | void
  ): Law =>
  (plant) =>
    fc.asyncProperty(
      expiry,
      fc.option(fc.nat({ max: 4_000_000 }), { nil: undefined }),
      async (chosen, rewrittenAfter) => {
        const world = await makeWorld({ plant, sessionCookie: { ageSeconds } })
        const start = world.clock.now
        const alice = browser()
        const given = {
          Policy: null,
          BrowserClose: 0,
          Seconds: chosen._tag === "Seconds" ? chosen.seconds : 0,
          Instant: new Date(start + (chosen._tag === "Instant" ? chosen.after : 0))
        }[chosen._tag]
        const { issued: key = "" } = await world.request(
          alice,
          Pages.both(
            Pages.login("alice"),
            Pages.doing(({ session }) => session.setExpiry(given))
          )
        )
        const endWhenWritten = (at: number): number =>
          given instanceof Date ? given.getTime() : at + (given === null || given === 0 ? ageSeconds : given) * 1000
        let end = endWhenWritten(start)
        if (rewrittenAfter !== undefined && start + rewrittenAfter < end) {
          world.clock.now = start + rewrittenAfter
          await world.request(browser({ sessionid: key }), Pages.write("key", "value"))
          end = endWhenWritten(world.clock.now)
        }
        await judge({ world, key, end })
      }
    )

describe("a session", () => {
  states(
    "expiry",
    "a session ends by the server's clock, also if the browser keeps its cookie and no cleaning has run",
    expiring(async ({ end, key, world }) => {
      for (const now of [end - 3600_000, end - 1, end, end + 1, end + 3600_000]) {
        world.clock.now = now
        const user = now < end ? "alice" : undefined
        const forgetful = browser({ sessionid: key })
        expect(world.who(key), "expiry: by the cookie alone").toBe(user)
        expect(
          (await world.request(forgetful, Pages.visit)).value,
          "expiry: by a browser that keeps cookies without an end"
        ).toBe(user)
        await world.auth.clearSessions()
        expect(world.who(key), "expiry: after cleaning").toBe(user)
      }
    }),
    { finds: plants("a load returns expired sessions until they are cleared") }
  )

  states(
    "instant of expiry",
    "a session is valid until one millisecond before its end, and not at its end",
    expiring(({ end, key, world }) => {
      world.clock.now = end - 1
      expect(world.who(key), "instant of expiry: just before").toBe("alice")
      world.clock.now = end
      expect(world.who(key), "instant of expiry: at the end").toBe(undefined)
    }),
    {
      finds: plants(
        "a load returns a session at the instant of its expiry",
        "a load returns expired sessions until they are cleared"
      )
    }
  )

  states(
    "expiry and reads",
    "reading a session does not change its expiry",
    expiring(async ({ end, key, world }) => {
      const written = world.clock.now
      for (const now of [written, (written + end) / 2, end - 1]) {
        world.clock.now = Math.floor(now)
        await world.request(browser({ sessionid: key }), Pages.look)
        if (world.clock.now < end)
          expect(world.stores.sessions.rows.get(keyOf(key))?.expiresAt, "expiry and reads: the row").toBe(end)
      }
    }),
    { finds: plants("a load extends the session's expiry") }
  )
})

describe("the Max-Age of a session cookie", () => {
  it("matches the stored expiry, also when another request sets the expiry in parallel, in every order", async () => {
    const orders = await inEveryOrder(async () => {
      const world = await makeWorld({ sessionCookie: { ageSeconds } })
      const visitor = browser()
      await world.request(visitor, Pages.write("old", 1))
      /** Responses in the order in which their sessions were stored. */
      const maxAges: Array<string | undefined> = []
      const send = (page: Page<unknown>) => async () => {
        const { setCookies } = await world.request(copyOf(visitor), page)
        const session = setCookies.map(parseSetCookie).find(({ name }) => name === "sessionid")
        maxAges.push(session?.attributes.get("max-age"))
      }
      return {
        world,
        requests: [
          send(Pages.write("a", 1)),
          send(Pages.doing(({ session }) => session.setExpiry(60))),
          send(Pages.write("b", 1))
        ],
        check: () => {
          const at = maxAges.indexOf("60")
          expect(at).toBeGreaterThanOrEqual(0)
          expect(maxAges).toEqual(maxAges.map((_, each) => (each < at ? String(ageSeconds) : "60")))
        }
      }
    })
    expect(orders).toBeGreaterThan(20)
  })
})
