/** Calls of one turn of the event loop are answered together. */
import { stat } from "node:fs"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { CurrentWorkCount, WorkCount } from "../../../src/adapters/ports/telemetry.ts"
import { batched } from "../../../src/adapters/store/batched.ts"
import { StoreTime, withStoreTime } from "../../../src/adapters/store-time/store-time.ts"

const doubled = (wanted: number, found: number | undefined) => {
  if (found !== wanted) throw new Error(`${wanted} got the answer of ${found}`)
  if (wanted === 15) throw new Error("15 is not answered")
  return wanted * 2
}

const unreachable = (): never => {
  throw new Error("no call is limited by a request")
}

/** Doubles numbers, and remembers which were asked for together. */
const doubling = (most = 10) => {
  const asked: Array<ReadonlyArray<number>> = []
  const call = batched(
    (numbers: ReadonlyArray<number>) => {
      asked.push(numbers)
      if (numbers.includes(13)) return Effect.fail(new Error("13 is not allowed"))
      if (numbers.includes(14)) throw new Error("14 is a fault of the program")
      return Effect.succeed(numbers)
    },
    doubled,
    { most, milliseconds: 1000, tooLate: () => new Error("too late") }
  )
  return { asked, call, double: (number: number) => Effect.runPromise(call(number)) }
}

describe("calls that are answered together", () => {
  it("are those of one turn", async () => {
    const { asked, double } = doubling()
    expect(await Promise.all([1, 2, 2, 3].map(double))).toEqual([2, 4, 4, 6])
    expect(await double(5)).toBe(10)
    expect(asked).toEqual([[1, 2, 2, 3], [5]])
  })

  it("are not more than allowed", async () => {
    const { asked, double } = doubling(2)
    expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10])
    expect(asked).toEqual([[1, 2], [3, 4], [5]])
  })

  it("do not wait for the end of the turn when there are as many as allowed", async () => {
    const { asked, double } = doubling(2)
    const answers = [1, 2, 3].map(double)
    expect(asked).toEqual([[1, 2]])
    expect(await Promise.all(answers)).toEqual([2, 4, 6])
    expect(asked).toEqual([[1, 2], [3]])
  })

  it("begin a new turn after one in which as many as allowed were answered", async () => {
    const { asked, double } = doubling(2)
    expect(await Promise.all([1, 2].map(double))).toEqual([2, 4])
    const third = double(3)
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toEqual([[1, 2], [3]])
    expect(await third).toBe(6)
  })

  it.each([13, 14])("all fail if one of them does (%d), and later ones do not", async (number) => {
    const { double } = doubling()
    const answers = await Promise.allSettled([1, number, 3].map(double))
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
    expect(await double(4)).toBe(8)
  })

  it("answer the others if one answer cannot be made", async () => {
    const { double } = doubling()
    const answers = await Promise.allSettled([1, 15, 3].map(double))
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
  })

  it("answer the others if one is interrupted", async () => {
    const { call } = doubling()
    const answer = Effect.gen(function* () {
      const first = yield* Effect.forkChild(call(1), { startImmediately: true })
      const second = yield* Effect.forkChild(call(2), { startImmediately: true })
      yield* Fiber.interrupt(first)
      return yield* Fiber.join(second)
    })
    expect(await Effect.runPromise(answer)).toBe(4)
  })

  it("count what they cause for each of the operations that called", async () => {
    const ask = batched(
      (numbers: ReadonlyArray<number>) =>
        Effect.gen(function* () {
          const work = yield* CurrentWorkCount
          work?.addStatement()
          return numbers
        }),
      doubled,
      { most: 10, milliseconds: 1000, tooLate: unreachable }
    )
    const works = [new WorkCount(undefined), new WorkCount(undefined)]
    await Promise.all([
      ...works.map((work, at) => Effect.runPromise(Effect.provideService(ask(at), CurrentWorkCount, work))),
      Effect.runPromise(ask(2))
    ])
    expect(works.map(({ statements }) => statements)).toEqual([1, 1])
  })

  it("get an answer that arrived while the process was busy", async () => {
    const reading = Effect.callback<ReadonlyArray<number>>((resume) => {
      stat(import.meta.filename, () => resume(Effect.succeed([7])))
    })
    const ask = batched(() => reading, doubled, { most: 1, milliseconds: 1000, tooLate: () => new Error("too late") })
    const time = new StoreTime(300)
    // All of the time but 50 milliseconds is over.
    time.start(0)
    time.end(250)
    // From here on, Node first looks which timers are due, and then reads what has arrived.
    await new Promise((resolve) => setImmediate(resolve))
    const answer = Effect.runPromise(withStoreTime(time, ask(7)))
    const until = performance.now() + 100
    while (performance.now() < until);
    expect(await answer).toBe(14)
  })

  it("end one by one, if their requests may not wait for stores as long as the others", async () => {
    let asked = 0
    const ask = batched(
      (numbers: ReadonlyArray<number>) => {
        asked += numbers.length
        return Effect.as(Effect.sleep("150 millis"), numbers)
      },
      doubled,
      { most: 10, milliseconds: 1000, tooLate: () => new Error("too late") }
    )
    const time = new StoreTime(1000)
    time.start(0)
    time.end(950)
    const early = Effect.runPromise(Effect.flip(withStoreTime(time, ask(1))))
    const other = Effect.runPromise(withStoreTime(new StoreTime(1000), ask(2)))
    const outside = Effect.runPromise(ask(3))
    expect(await Promise.race([early, other, outside])).toMatchObject({ message: "too late" })
    expect(await Promise.all([other, outside])).toEqual([4, 6])
    expect(await Effect.runPromise(Effect.flip(withStoreTime(time, ask(4))))).toMatchObject({ message: "too late" })
    expect(asked).toBe(3)
  })
})
