/** Calls of one turn of the event loop are answered together. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { CurrentWorkCount, WorkCount } from "../../../src/adapters/ports/telemetry.ts"
import { batched } from "../../../src/adapters/store/batched.ts"

/** Doubles numbers, and remembers which were asked for together. */
const doubling = (most = 10) => {
  const asked: Array<ReadonlyArray<number>> = []
  const call = batched((numbers: ReadonlyArray<number>) => {
    asked.push(numbers)
    if (numbers.includes(13)) return Effect.fail(new Error("13 is not allowed"))
    if (numbers.includes(14)) throw new Error("14 is a fault of the program")
    return Effect.succeed((place: number) => (numbers[place] ?? Number.NaN) * 2)
  }, most)
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

  it.each([13, 14])("all fail if one of them does (%d), and later ones do not", async (number) => {
    const { double } = doubling()
    const answers = await Promise.allSettled([1, number, 3].map(double))
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
    expect(await double(4)).toBe(8)
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
          return (place: number) => numbers[place]
        }),
      10
    )
    const works = [new WorkCount(undefined), new WorkCount(undefined)]
    await Promise.all([
      ...works.map((work, at) => Effect.runPromise(Effect.provideService(ask(at), CurrentWorkCount, work))),
      Effect.runPromise(ask(2))
    ])
    expect(works.map(({ statements }) => statements)).toEqual([1, 1])
  })
})
