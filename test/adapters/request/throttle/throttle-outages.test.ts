/** Throttled logins while the throttle store, or another store, is away. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import type { ThrottleStore } from "../../../../src/adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { address, throttledSite as site, start } from "./throttled-site.ts"

describe("a throttle store that is unavailable", () => {
  const gone: ThrottleStore = {
    take: () => Effect.fail(new StoreUnavailable({ operation: "take", cause: "a test" })),
    settle: () => Effect.fail(new StoreUnavailable({ operation: "settle", cause: "a test" }))
  }

  it("is an error, and no password is checked", async () => {
    const { calls, client } = await site({ throttle: { store: gone } })
    await expect(client(address).logIn("alice", "alice's")).rejects.toBeInstanceOf(StoreUnavailable)
    expect(calls).not.toContain("find")
  })

  it("is an error also if the framework answers it with 500", async () => {
    const { client } = await site({ throttle: { store: gone } })
    const caught = client(address).handled(async ({ allowRequestFor, authenticate }) => {
      await authenticate({ username: "alice", password: "alice's" }).catch(() => {})
      await allowRequestFor("alice@example.com").catch(() => {})
    }, 500)
    await expect(caught).rejects.toBeInstanceOf(StoreUnavailable)
  })

  describe("with a fallback store", () => {
    const allow = (store: ThrottleStore) => site({ throttle: { store, fallbackStore: memoryThrottle() } })

    it("has the same limits, counted in the process", async () => {
      const { attack, client, clock } = await allow(gone)
      await attack("alice", 4)
      expect(await client(address).logIn("alice", "alice's")).toBe(true)
      await attack("alice", 5)
      expect(await client(address).logIn("alice", "alice's")).toBe(false)
      expect(await client(address).logIn("bob", "bob's")).toBe(true)
      clock.now += 1000
      expect(await client(address).logIn("alice", "alice's")).toBe(true)
    })

    it("limits requests for mails", async () => {
      const { client } = await allow(gone)
      const allowed = () => client(address).handled(({ allowRequestFor }) => allowRequestFor("alice@example.com"))
      for (let at = 0; at < 5; at++) expect(await allowed()).toBe(true)
      expect(await allowed()).toBe(false)
    })

    it("gives an attacker who makes it fail for every second guess no more than twice the guesses", async () => {
      const counts = memoryThrottle()
      let calls = 0
      const { client } = await allow({
        take: (asks, now) => (calls++ % 2 === 0 ? gone.take(asks, now) : counts.take(asks, now)),
        settle: counts.settle
      })
      for (let at = 0; at < 100; at++) await client(`10.7.0.${at}`).logIn("alice", "no")
      expect(
        counts.keys(start).filter(({ failures, key }) => key.startsWith("account:") && failures === 5)
      ).toHaveLength(1)
      expect(await client(address).logIn("alice", "alice's")).toBe(false)
      expect(await client(address).logIn("alice", "alice's")).toBe(false)
    })

    it("takes an attempt back where it was counted", async () => {
      const counts = memoryThrottle()
      let isAway = true
      const { auth, attack, client } = await allow({
        ...counts,
        take: (asks, now) => (isAway ? gone.take(asks, now) : counts.take(asks, now))
      })
      await attack("alice", 5)
      isAway = false
      expect(await client(address).logIn("alice", "alice's")).toBe(true)
      isAway = true
      expect(await client(address).logIn("alice", "alice's")).toBe(false)
      await auth.resetThrottle({ username: "alice" })
      expect(await client(address).logIn("alice", "alice's")).toBe(true)
    })
  })

  it("that never answers is an error after two seconds", async () => {
    const { client } = await site({ throttle: { store: { ...gone, take: () => Effect.never } } })
    await expect(client(address).logIn("alice", "alice's")).rejects.toBeInstanceOf(StoreUnavailable)
  })
})

describe("an attempt that an outage ends", () => {
  it("is not counted", async () => {
    const counts = memoryThrottle()
    const { client } = await site({
      throttle: { store: counts },
      auth: {
        beforeAttempt: ({ operation }) => {
          if (operation === "authenticate") throw new StoreUnavailable({ operation: "a test", cause: "a test" })
        }
      }
    })
    await expect(client(address).logIn("alice", "alice's")).rejects.toBeInstanceOf(StoreUnavailable)
    expect(counts.keys(start)).toEqual([])
  })
})
