/** The promises of throttle stores hold for the store in memory, and are broken by every broken store. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { StoreUnavailable } from "../../src/adapters/errors/errors.ts"
import type { ThrottleStore } from "../../src/adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../src/adapters/store/memory.ts"
import { isForgotten, type Taken, type ThrottleState, take, takeBack } from "../../src/core/throttle/throttle.ts"
import { brokenThrottles, LawBroken, type ThrottlePromisesOptions, throttlePromises } from "../../src/testing/index.ts"

const outage = new StoreUnavailable({ operation: "a test", cause: "a test" })
const unreachable = (): ThrottleStore => ({
  take: () => Effect.fail(outage),
  settle: () => Effect.fail(outage),
  list: () => Effect.fail(outage),
  clearForgotten: () => Effect.fail(outage)
})

/** Stores that share their states and decide by a clock of their own, as those on a server do. */
const server = (ahead = 0) => {
  const states = new Map<string, ThrottleState>()
  const clock = () => Date.now() + ahead
  return (): ThrottleStore => ({
    take: (asks) =>
      Effect.sync(() => {
        const answers: Array<Taken> = []
        for (const { key, policy } of asks) {
          const next = take(policy, states.get(key), clock())
          answers.push(next.taken)
          if (next.taken._tag === "Refused") break
          states.set(key, next.state)
        }
        return answers
      }),
    settle: (changes) =>
      Effect.sync(() => {
        for (const change of changes) {
          const state = change._tag === "Reset" ? undefined : takeBack(states.get(change.key), change.until)
          if (state === undefined) states.delete(change.key)
          else states.set(change.key, state)
        }
      }),
    list: (_, keys) =>
      Effect.sync(() =>
        [...states]
          .filter(([key, state]) => keys?.includes(key) !== false && !isForgotten(state, clock()))
          .map(([key, state]) => ({ key, ...state }))
      ),
    clearForgotten: () =>
      Effect.sync(() => {
        const over = [...states].filter(([, state]) => isForgotten(state, clock()))
        for (const [key] of over) states.delete(key)
        return over.length
      })
  })
}

const given = { clock: "given", shared: false } as const

describe("the store in memory", () => {
  it.each(throttlePromises(() => memoryThrottle(), { ...given, series: 1000, unreachable }))("$title", async (one) => {
    await one.check()
  })
})

describe.each([0, 7_200_000, -7_200_000])("a store whose own clock is %d ms ahead", (ahead) => {
  const make = server(ahead)
  it.concurrent.each(throttlePromises(make, { unreachable }))("$title", async ({ check, skipped }) => {
    expect(skipped).toBeUndefined()
    await check()
  })
})

/** The titles of the promises that a store breaks. */
const brokenBy = async (
  make: () => ThrottleStore,
  options: ThrottlePromisesOptions
): Promise<ReadonlyArray<string>> => {
  const broken = await Promise.all(
    throttlePromises(make, options).map(async ({ check, title }) => {
      const error = await check().then(
        () => undefined,
        (one: unknown) => one
      )
      if (error !== undefined && !(error instanceof LawBroken)) throw error
      return error === undefined ? [] : [title]
    })
  )
  return broken.flat()
}

describe("broken stores", () => {
  it("are at least eight, with different names", () => {
    expect(brokenThrottles.length).toBeGreaterThanOrEqual(8)
    expect(new Set(brokenThrottles.map(({ name }) => name)).size).toBe(brokenThrottles.length)
  })

  it.concurrent.each(brokenThrottles)("break a promise, with a clock of their own: $name", async ({ needs, store }) => {
    const make = server()
    const found = await brokenBy(() => store(make()), { unreachable: () => store(unreachable()) })
    expect(found).not.toEqual([])
    if (needs === "shared") expect(found).toContain("counts the attempts of two processes together")
    if (needs === "unreachable") expect(found).toEqual([expect.stringMatching(/^is unavailable/)])
  })

  it.each(
    brokenThrottles.filter(({ needs }) => needs === "nothing")
  )("break a promise, with the clock of the calls: $name", async ({ store }) => {
    expect(await brokenBy(() => store(memoryThrottle()), given)).not.toEqual([])
  })
})

describe("the promises of a throttle store", () => {
  it("tell the shortest series of calls that the store answers wrongly", async () => {
    const broken = brokenThrottles.find(({ name }) => name === "a Reset does nothing")
    const [first] = throttlePromises(() => broken?.store(memoryThrottle()) ?? unreachable(), given)
    expect(String(await first?.check().catch((one: unknown) => one))).toMatch(
      /^LawBroken: another answer than that of the store in memory \(seed \d+\):\n {2}\d+ ms: take key\d .*\n {2}\d+ ms: settle key\d .*Reset.*\n {2}.*, and has to be .*$/
    )
  })

  it("skip what they cannot check, and say so", () => {
    const skipped = throttlePromises(() => memoryThrottle(), given).flatMap(({ skipped: why }) => why ?? [])
    expect(skipped).toEqual(["two stores do not count together", "the option unreachable is missing"])
  })

  it("refuse what is no store, and options that they do not have", async () => {
    const [first] = throttlePromises(() => Object({ take: () => {} }))
    await expect(first?.check()).rejects.toThrow("an object (Object) is no throttle store")
    const [promised] = throttlePromises(() => Object({ take: async () => [], settle: async () => {} }))
    await expect(promised?.check()).rejects.toThrow("returns no Effect")
    expect(() => throttlePromises(Object({}))).toThrow("the first argument is a function")
    expect(() => throttlePromises(unreachable, Object({ clok: "own" }))).toThrow("did you mean clock?")
  })
})
