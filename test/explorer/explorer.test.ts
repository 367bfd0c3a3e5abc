/**
 * Every order of the store calls of two, three and four requests over the pure core.
 *
 * Proven, for the requests, sessions and settings of this folder: in no order of their store calls, each call atomic, is
 * a law of this folder broken; neither when time passes, nor when one call fails or its answer is lost, at any moment.
 * That is every two of all operations and every three of the first eleven; with `npm run test:long` every three of all
 * operations and every four of the first eleven. Where a minute or more passes, some laws are not judged: that a logout is
 * final (a store remembers a new key for a minute), that an old key has no row, that a deleted cookie's session and a
 * replaced session are over, that no session ends or is refused without a reason, and what is stored of parallel writes
 * (a request that loaded a session before its expiry may store it again). Laws about one kind of request are judged only
 * in explorations of such requests; the code of each law says where.
 * Not proven: more requests, other data, parallel calls within one request (but a load that is answered late), a store
 * that is not atomic, the signed codec, and the code that carries the requests out. The laws over whole sites are for
 * those.
 */
import { afterAll, describe, expect, it } from "vitest"
import { keepResult } from "../rig/long-results.ts"
import { type Broken, combinations, explore, type Law, type Parts } from "./explore.ts"
import { faults } from "./faults.ts"
import { laws } from "./laws.ts"
import { lifetimeLaws } from "./lifetime-laws.ts"
import { clockSteps, events, moreRequests, type Operation, requests } from "./operations.ts"
import { type Store, sound, tellingExpired } from "./table.ts"
import { before, current, limited, opened, type World } from "./world.ts"

/** The most operations in an exploration. `npm run test:long` sets it to 4. */
const size = Number(process.env["LATCHKEY_EXPLORE"] ?? 3)

const everything = [...requests, ...moreRequests, ...events]

const starts = [
  { title: "", start: opened(current), operations: everything },
  { title: " after the secret key changed", start: opened(before), operations: everything },
  {
    title: " with an idle and an absolute lifetime",
    start: opened(current, limited),
    operations: [...everything, ...clockSteps]
  }
]

interface Outcome {
  readonly combinations: number
  readonly orders: bigint
  readonly states: number
  readonly broken: ReadonlyArray<Broken>
}

/** What was explored in this run. */
const explored: Array<Outcome> = []

const exploreAll = (start: World, operations: ReadonlyArray<Operation>, count: number, parts: Parts = {}): Outcome => {
  let [orders, states] = [0n, 0]
  const broken: Array<Broken> = []
  const all = combinations(operations, count)
  for (const some of all) {
    const found = explore(start, some, laws, parts)
    orders += found.orders
    states += found.states
    broken.push(...found.broken)
  }
  const outcome = { combinations: all.length, orders, states, broken }
  explored.push(outcome)
  return outcome
}

/** Whether one or two operations show a fault. */
const isFoundBy = (law: Law, parts: Parts): boolean =>
  starts
    .filter(({ start }) => !lifetimeLaws.includes(law) || start.past.times !== undefined)
    .some(({ operations, start }) =>
      [1, 2].some((count) =>
        combinations(operations, count).some((some) => explore(start, some, [law], parts).broken.length > 0)
      )
    )

afterAll(() => {
  const sum = (of: (outcome: Outcome) => number) => explored.reduce((before, outcome) => before + of(outcome), 0)
  const orders = explored.reduce((before, outcome) => before + outcome.orders, 0n)
  keepResult(
    "explorer",
    `${sum((outcome) => outcome.combinations)} combinations of up to ${size} requests, ${orders} orders, ` +
      `${sum(({ broken }) => broken.length)} break a law`
  )
})

const partsOf = (name: string): Parts => faults.find((fault) => fault.name === name)?.parts ?? {}

const shown = (broken: ReadonlyArray<Broken>): string =>
  broken
    .toSorted((one, other) => one.story.length - other.story.length)
    .slice(0, 3)
    .map(({ law, story }) => [law, ...story].join("\n    "))
    .join("\n")

describe.each(starts)("requests over the pure core$title", ({ operations, start }) => {
  it(`break no law in any order of two of ${operations.length} operations`, () => {
    const { broken, orders } = exploreAll(start, operations, 2)
    expect(shown([...exploreAll(start, operations, 1).broken, ...broken])).toBe("")
    expect(orders).toBeGreaterThan(2000n)
  })

  it("break no law with a store that tells expired rows from absent ones", () => {
    const some = everything.filter(({ name }) => /expiry|weeks|^(visit|write a|cycle|logout|clear)$/.test(name))
    for (const count of [1, 2, 3])
      expect(shown(exploreAll(start, some, count, { store: tellingExpired }).broken)).toBe("")
  })

  it.runIf(size >= 3)(`break no law in any order of three of ${requests.length} operations`, () => {
    const { broken, combinations, orders } = exploreAll(start, requests, 3)
    expect(shown(broken)).toBe("")
    expect(combinations).toBe(286)
    expect(orders).toBeGreaterThan(100_000n)
  })

  it("break no law when a session that gets a new key has got a user in the meantime", () => {
    for (const some of [
      ["clear", "cycle", "log in as the same user", "logout"],
      ["clear", "log in as the same user, then write privately", "log in as another user"]
    ])
      expect(shown(explore(start, operationsNamed(...some), laws).broken)).toBe("")
  })

  it("break no law when half a minute passes, unless the store forgets a new key so soon", () => {
    const forgetful: Store = {
      ...sound,
      commit: (table, change, now) => sound.commit(table, change, change._tag === "Delete" ? now + 30_000 : now)
    }
    for (const renewal of ["cycle", "change the password"]) {
      const some = operationsNamed(renewal, "half a minute passes", "logout")
      expect(shown(explore(start, some, laws).broken)).toBe("")
      const found = explore(start, some, laws, { store: forgetful }).broken.some(({ law }) => law.includes("logout"))
      expect(found).toBe(true)
    }
  })

  it("break no law in any order with two visits or writes and a step of the clock to an end of the session", () => {
    const some = operationsNamed("visit", "write a", "cycle", "log in as the same user", "change the password")
    for (const step of clockSteps)
      for (const pair of combinations(some, 2)) expect(shown(explore(start, [...pair, step], laws).broken)).toBe("")
  })

  it.runIf(size >= 4)(
    `break no law in any order of three of ${operations.length} operations`,
    () => {
      expect(shown(exploreAll(start, operations, 3).broken)).toBe("")
    },
    600_000
  )

  it.runIf(size >= 4)(
    `break no law in any order of four of ${requests.length} operations`,
    () => {
      const { broken, orders } = exploreAll(start, requests, 4)
      expect(shown(broken)).toBe("")
      expect(orders).toBeGreaterThan(10_000_000n)
    },
    600_000
  )
})

describe("an exploration", () => {
  const start = opened(current)

  it("counts the orders: three requests with two calls each have ninety", () => {
    const write = requests.filter(({ name }) => name === "visit")
    expect(explore(start, [...write, ...write, ...write], laws).orders).toBe(90n)
  })

  it("tells the story of what it finds, from the first step", () => {
    const faulty = partsOf("store: an Update inserts a row that is gone")
    const found = explore(start, operationsNamed("write a", "logout"), laws, faulty)
    expect(found.broken[0]?.story).toEqual([
      "write a: LoadSession → SessionFound",
      "logout: Delete → Deleted",
      "write a: Update → Committed"
    ])
  })

  it.each(
    laws.flatMap((law) => law.finds.map((fault) => ({ law, fault, sentence: law.sentence })))
  )("finds by a law: $fault, by: $sentence", ({ fault, law }) => {
    expect(isFoundBy(law, partsOf(fault))).toBe(true)
  })

  it("has a law for each planted fault", () => {
    const found = new Set(laws.flatMap(({ finds }) => finds))
    expect(faults.filter(({ name }) => !found.has(name)).map(({ name }) => name)).toEqual([])
  })
})

const operationsNamed = (...names: ReadonlyArray<string>): ReadonlyArray<Operation> =>
  names.flatMap((name) => everything.filter((one) => one.name === name))
