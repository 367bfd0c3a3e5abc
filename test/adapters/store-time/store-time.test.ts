/** The time that the store calls of one request may take together. */
import { stat } from "node:fs"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  giveUpAfter,
  limited,
  StoreTime,
  storeCall,
  withStoreTime,
  withTimePerCall
} from "../../../src/adapters/store-time/store-time.ts"

/** A call of a store: when it begins, and how long it would take. */
const calls = fc.array(fc.record({ at: fc.nat(1000), takes: fc.nat(300) }), { maxLength: 20 })

/**
 * What calls do in a time, each of whose calls ends by itself when its rest is over.
 *
 * @returns the milliseconds in which at least one call ran, and in which one was begun when no time was left
 */
const replayed = (limit: number, given: ReadonlyArray<{ readonly at: number; readonly takes: number }>) => {
  const time = new StoreTime(limit)
  const ends: Array<number> = []
  let waited = 0
  let lateStarts = 0
  for (let now = 0; now <= 1300; now++) {
    for (const end of ends.filter((one) => one === now)) {
      time.end(end)
      ends.splice(ends.indexOf(end), 1)
    }
    for (const { takes } of given.filter(({ at }) => at === now)) {
      const rest = time.start(now)
      if (rest > 0 && waited >= limit) lateStarts += 1
      if (rest > 0) ends.push(now + Math.max(1, Math.min(takes, rest)))
      else if (waited < limit) throw new Error(`refused after ${waited} of ${limit}`)
    }
    if (ends.length > 0) waited += 1
  }
  return { waited, lateStarts }
}

describe("the time of a request", () => {
  it("is what at least one call took, and no call starts or goes on when it is over", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), calls, (limit, given) => {
        const { lateStarts, waited } = replayed(limit, given)
        expect(lateStarts).toBe(0)
        expect(waited).toBeLessThanOrEqual(limit)
      })
    )
  })

  it("counts calls at the same time once", () => {
    const time = new StoreTime(100)
    expect([time.start(0), time.start(20)]).toEqual([100, 80])
    time.end(50)
    time.end(60)
    expect(time.start(1000)).toBe(40)
  })

  it("does not count the time between calls", () => {
    const time = new StoreTime(100)
    time.start(0)
    time.end(30)
    expect(time.start(5000)).toBe(70)
  })
})

/** Keeps the process busy. */
const busy = (milliseconds: number) => {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** From here on, Node first looks which timers are due, and then reads what has arrived. */
const beforeTimers = () => new Promise((resolve) => setImmediate(resolve))

describe("giving up after some time", () => {
  it("comes after what arrived while the process was busy", async () => {
    const order: Array<string> = []
    await beforeTimers()
    await new Promise<void>((resolve) => {
      stat(import.meta.filename, () => order.push("answer"))
      giveUpAfter(50, () => {
        order.push("gave up")
        resolve()
      })
      busy(100)
    })
    expect(order).toEqual(["answer", "gave up"])
  })

  it("does not happen if it is cancelled, also while what arrived is read", async () => {
    let times = 0
    const cancelled = giveUpAfter(5, () => {
      times += 1
    })
    cancelled()
    await beforeTimers()
    const cancel = giveUpAfter(50, () => {
      times += 1
    })
    stat(import.meta.filename, cancel)
    busy(100)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(times).toBe(0)
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 40])("never happens after %d milliseconds", async (milliseconds) => {
    let times = 0
    const cancel = giveUpAfter(milliseconds, () => {
      times += 1
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    cancel()
    expect(times).toBe(0)
  })
})

describe("a call of a store without a deadline", () => {
  const run = <A, E>(time: StoreTime, call: Effect.Effect<A, E>) => Effect.runPromise(withStoreTime(time, call))
  const late = { _tag: "StoreUnavailable", operation: "ask" }

  it("ends when the time of its request is over", async () => {
    const time = new StoreTime(50)
    const startedAt = performance.now()
    await expect(run(time, limited("ask", Effect.never))).rejects.toMatchObject(late)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(48)
  })

  it("does not start later", async () => {
    const time = new StoreTime(50)
    await run(time, limited("ask", Effect.never)).catch(() => {})
    let started = 0
    const call = limited(
      "ask",
      Effect.sync(() => ++started)
    )
    await expect(run(time, call)).rejects.toMatchObject(late)
    expect(started).toBe(0)
  })

  it("gives its answer, its failure and its defect", async () => {
    const time = new StoreTime(60_000)
    expect(await run(time, limited("ask", Effect.succeed(1)))).toBe(1)
    expect(await run(time, limited("ask", Effect.as(Effect.sleep("2 millis"), 2)))).toBe(2)
    await expect(run(time, limited("ask", Effect.fail("no")))).rejects.toBe("no")
    await expect(run(time, limited("ask", Effect.andThen(Effect.sleep("2 millis"), Effect.fail("no"))))).rejects.toBe(
      "no"
    )
    await expect(run(time, limited("ask", Effect.die(new Error("a mistake"))))).rejects.toThrow("a mistake")
  })

  it("is interrupted with its caller, and counts until then", async () => {
    const time = new StoreTime(60_000)
    let interrupted = 0
    const call = Effect.onInterrupt(Effect.never, () => Effect.sync(() => ++interrupted))
    const fiber = Effect.runFork(withStoreTime(time, limited("ask", call)))
    fiber.interruptUnsafe()
    await new Promise((resolve) => fiber.addObserver(resolve))
    expect(interrupted).toBe(1)
    expect(time.start(performance.now() + 100_000)).toBeGreaterThan(50_000)
  })

  it("may take as long as it wants outside a request", async () => {
    expect(await Effect.runPromise(limited("ask", Effect.as(Effect.sleep("30 millis"), "answer")))).toBe("answer")
  })

  it("has a time of its own in a long operation, however often calls have been ended there before", async () => {
    const slow = limited("ask", Effect.as(Effect.sleep("30 millis"), "answer"))
    const each = Effect.forEach([1, 2, 3], () => slow)
    expect(await run(new StoreTime(5), withTimePerCall(80, each))).toEqual(["answer", "answer", "answer"])
    const ended = Effect.flip(limited("ask", Effect.never))
    const both = Effect.andThen(ended, slow)
    expect(await run(new StoreTime(5), withTimePerCall(80, both))).toBe("answer")
    await expect(run(new StoreTime(60_000), withTimePerCall(20, slow))).rejects.toMatchObject(late)
  })

  it("of a store with a deadline is left to the store", async () => {
    const slow = Effect.as(Effect.sleep("30 millis"), "answer")
    expect(await run(new StoreTime(5), storeCall({ deadlineSeconds: 1 }, "ask", slow))).toBe("answer")
    await expect(run(new StoreTime(5), storeCall({}, "ask", slow))).rejects.toMatchObject(late)
    await expect(run(new StoreTime(5), storeCall(undefined, "ask", slow))).rejects.toMatchObject(late)
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 40])("may have a limit that no timer can measure (%d)", async (limit) => {
    expect(await run(new StoreTime(limit), limited("ask", Effect.as(Effect.sleep("5 millis"), 1)))).toBe(1)
  })
})
