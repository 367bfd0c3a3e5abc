/**
 * Every order of the store calls of two and three requests of a bound session, and of a session whose login has offered a
 * registration: register, refresh, requests with and without a proof, logout, new keys, new passwords, logins; also when
 * half a minute passes, longer than the grace, or when a store call fails or its answer is lost.
 *
 * Proven, for these requests: no order breaks a law of this folder's `device-laws.ts`, nor those general laws that hold
 * for any session. In place of a signature a proof has the name of its key: `jose` is not part of this.
 */
import { describe, expect, it } from "vitest"
import { deviceFaults } from "./device-faults.ts"
import { deviceLaws } from "./device-laws.ts"
import { boundRequests, deviceEvents, offeredRequests, openedOnDevices } from "./device-operations.ts"
import { type Broken, combinations, explore, type Law, type Parts } from "./explore.ts"
import { laws } from "./laws.ts"
import type { Operation } from "./operations.ts"

const world = openedOnDevices()

/** The general laws that say nothing about the sessions which only the other exploration has. */
const general = laws.filter(({ sentence }) =>
  /acts as a user whose present|never gets a row again|answer of a logout|names a row that was stored/.test(sentence)
)

const shown = (broken: ReadonlyArray<Broken>): string =>
  broken
    .toSorted((one, other) => one.story.length - other.story.length)
    .slice(0, 3)
    .map(({ law, story }) => [law, ...story].join("\n    "))
    .join("\n")

const exploreAll = (
  operations: ReadonlyArray<Operation>,
  count: number,
  those: ReadonlyArray<Law> = [...general, ...deviceLaws],
  parts: Parts = {}
) => {
  const found = combinations(operations, count).map((some) => explore(world, some, those, parts))
  return {
    orders: found.reduce((sum, { orders }) => sum + orders, 0n),
    broken: found.flatMap(({ broken }) => broken)
  }
}

const scenes = [
  ["a bound session", boundRequests],
  ["a session that is offered a registration", offeredRequests]
] as const

describe.each(scenes)("requests of %s", (_, requests) => {
  it("break no law in any order of one and of two of them, with faults and with time", () => {
    const all = [...requests, ...deviceEvents]
    const [one, two] = [exploreAll(all, 1), exploreAll(all, 2)]
    expect(shown([...one.broken, ...two.broken])).toBe("")
    expect(two.orders).toBeGreaterThan(200n)
  })

  it("break no law in any order of three of them", () => {
    const { broken, orders } = exploreAll(requests, 3)
    expect(shown(broken)).toBe("")
    expect(orders).toBeGreaterThan(10_000n)
  })

  it("break no law in any order of two of them and a fault", () => {
    for (const event of deviceEvents)
      for (const some of combinations(requests, 2))
        expect(shown(explore(world, [...some, event], [...general, ...deviceLaws]).broken)).toBe("")
  })
})

describe("an exploration of bound sessions", () => {
  const partsOf = (name: string): Parts => deviceFaults.find((fault) => fault.name === name)?.parts ?? {}

  it.each(
    deviceLaws.flatMap((law) => law.finds.map((fault) => ({ law, fault, sentence: law.sentence })))
  )("finds by a law: $fault, by: $sentence", ({ fault, law }) => {
    const isFound = scenes.some(([, requests]) =>
      [1, 2].some((count) => exploreAll(requests, count, [law], partsOf(fault)).broken.length > 0)
    )
    expect(isFound).toBe(true)
  })

  it("has a law for each planted fault, and four general laws", () => {
    const found = new Set(deviceLaws.flatMap(({ finds }) => finds))
    expect(deviceFaults.filter(({ name }) => !found.has(name)).map(({ name }) => name)).toEqual([])
    expect(general.length).toBe(4)
  })
})
