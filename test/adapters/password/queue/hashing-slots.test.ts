import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { afterEach, beforeEach, vi } from "vitest"
import { Busy, ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { makePasswords } from "../../../../src/adapters/password/make-passwords.ts"
import { makeSlots } from "../../../../src/adapters/password/queue/hashing-slots.ts"
import type { Slot, SlotAfter } from "../../../../src/adapters/ports/passwords.ts"

/** Work that runs until the test ends it, and reports whether it has started. */
const makeWork = Effect.fnUntraced(function* () {
  const end = yield* Deferred.make<void>()
  const work = { hasBegun: false, end: Deferred.succeed(end, undefined), run: Effect.void as Effect.Effect<void> }
  work.run = Effect.suspend(() => {
    work.hasBegun = true
    return Deferred.await(end)
  })
  return work
})

const start = Effect.fnUntraced(function* (slot: Slot) {
  const work = yield* makeWork()
  const fiber = yield* Effect.forkChild(slot(work.run), { startImmediately: true })
  return { work, fiber }
})

/** Lets all fibers run until they wait. */
const settle = TestClock.adjust(0)

/** Lets time pass for the timers of Node. */
const pass = (milliseconds: number) =>
  Effect.andThen(
    Effect.sync(() => vi.advanceTimersByTime(milliseconds)),
    settle
  )

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }))
afterEach(() => void vi.useRealTimers())

const busy = new Busy({ retryAfterSeconds: 1 })

describe("slots", () => {
  it.effect("run as many as there are, and let the others wait in order", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 2, queue: 10 })
      const all = yield* Effect.forEach([0, 1, 2, 3, 4], () => start(slot))
      const begun = () => all.map(({ work }) => work.hasBegun)
      expect(begun()).toEqual([true, true, false, false, false])
      yield* all[1]!.work.end
      yield* settle
      expect(begun()).toEqual([true, true, true, false, false])
      yield* all[0]!.work.end
      yield* settle
      expect(begun()).toEqual([true, true, true, true, false])
      yield* Effect.forEach(all, ({ work }) => work.end)
      yield* Effect.forEach(all, ({ fiber }) => Fiber.join(fiber))
    })
  )

  it.effect("refuse immediately when the queue is full, and take again when it is not", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 1 })
      const first = yield* start(slot)
      const second = yield* start(slot)
      const third = yield* start(slot)
      expect(yield* Fiber.await(third.fiber)).toEqual(Exit.fail(busy))
      expect(third.work.hasBegun).toBe(false)
      yield* first.work.end
      yield* Fiber.join(first.fiber)
      const fourth = yield* start(slot)
      yield* Effect.forEach([second, fourth], ({ work }) => work.end)
      yield* Effect.forEach([second, fourth], ({ fiber }) => Fiber.join(fiber))
    })
  )

  it.effect("refuse work that waited too long, before it starts", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 2, queueDeadlineSeconds: 2 })
      const first = yield* start(slot)
      yield* pass(500)
      const second = yield* start(slot)
      yield* pass(1000)
      const third = yield* start(slot)
      yield* pass(999)
      expect(second.fiber.pollUnsafe()).toBeUndefined()
      yield* pass(1)
      expect(yield* Fiber.await(second.fiber)).toEqual(Exit.fail(busy))
      yield* pass(999)
      expect(third.fiber.pollUnsafe()).toBeUndefined()
      yield* pass(1)
      expect(yield* Fiber.await(third.fiber)).toEqual(Exit.fail(busy))
      yield* first.work.end
      yield* Fiber.join(first.fiber)
      yield* settle
      expect([second.work.hasBegun, third.work.hasBegun]).toEqual([false, false])
      expect(yield* slot(Effect.succeed("free"))).toBe("free")
    })
  )

  it.effect("may let work wait without a limit", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queueDeadlineSeconds: Number.POSITIVE_INFINITY })
      const first = yield* start(slot)
      const second = yield* start(slot)
      // Without a limit there is nothing to look for: a timer, if any, is far away.
      const before = performance.now()
      vi.advanceTimersToNextTimer()
      expect(performance.now() - before).toBeGreaterThan(60_000)
      yield* settle
      expect(second.work.hasBegun).toBe(false)
      yield* first.work.end
      yield* settle
      expect(second.work.hasBegun).toBe(true)
      yield* second.work.end
      yield* Fiber.join(second.fiber)
    })
  )

  it.effect("set no deadline for work that has started", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 0, queueDeadlineSeconds: 2 })
      const { work, fiber } = yield* start(slot)
      yield* pass(60_000)
      yield* work.end
      expect(yield* Fiber.await(fiber)).toEqual(Exit.void)
    })
  )

  it.effect("are given immediately if no time to wait is allowed", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 1, queueDeadlineSeconds: 0 })
      expect(yield* slot(Effect.succeed("done"))).toBe("done")
    })
  )

  it.effect("are free again after a failure, a defect and an interruption", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 0 })
      for (let round = 0; round < 3; round += 1) {
        expect(yield* Effect.flip(slot(Effect.fail("no")))).toBe("no")
        expect(Exit.isFailure(yield* Effect.exit(slot(Effect.die(new Error("a bug")))))).toBe(true)
        const { fiber } = yield* start(slot)
        yield* Fiber.interrupt(fiber)
        expect(yield* slot(Effect.succeed("free"))).toBe("free")
      }
    })
  )

  it.effect("remove work that is interrupted in the queue", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 1, queue: 1 })
      const first = yield* start(slot)
      for (let round = 0; round < 3; round += 1) {
        const waiting = yield* start(slot)
        yield* settle
        yield* Fiber.interrupt(waiting.fiber)
        expect(waiting.work.hasBegun).toBe(false)
      }
      const last = yield* start(slot)
      yield* first.work.end
      yield* last.work.end
      expect(yield* Fiber.await(last.fiber)).toEqual(Exit.void)
    })
  )

  it.effect("let 8 attempts wait for each slot, for 2 seconds, by default", () =>
    Effect.gen(function* () {
      const { slot } = makeSlots({ concurrency: 2 })
      const all = yield* Effect.forEach(Array.from({ length: 19 }), () => start(slot))
      yield* settle
      expect(all.map(({ fiber }) => fiber.pollUnsafe() === undefined)).toEqual([...Array(18).fill(true), false])
      yield* pass(2000)
      expect(all.filter(({ fiber }) => fiber.pollUnsafe() === undefined).length).toBe(2)
    })
  )

  it.effect("leave two threads of the pool to others", () =>
    Effect.gen(function* () {
      vi.stubEnv("UV_THREADPOOL_SIZE", "3")
      const { slot } = makeSlots({ queue: 5 })
      vi.unstubAllEnvs()
      const all = yield* Effect.forEach([0, 1], () => start(slot))
      expect(all.map(({ work }) => work.hasBegun)).toEqual([true, false])
    })
  )

  it.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { queue: -1 },
    { queue: Number.NaN },
    { queueDeadlineSeconds: -1 },
    { queueDeadlineSeconds: Number.NaN }
  ])("cannot be made of %j", (options) => {
    expect(() => makeSlots(options)).toThrow(ConfigurationInvalid)
  })
})

describe("attempts that query first", () => {
  /** An attempt whose query and whose work both run until the test ends them. */
  const startQuery = Effect.fnUntraced(function* (slotAfter: SlotAfter) {
    const query = yield* makeWork()
    const work = yield* makeWork()
    const fiber = yield* Effect.forkChild(slotAfter(Effect.as(query.run, work.run)), { startImmediately: true })
    return { query, work, fiber }
  })

  it.effect("take no slot for the query, and one for what it returns", () =>
    Effect.gen(function* () {
      const { slot, slotAfter } = makeSlots({ concurrency: 1, queue: 3 })
      const all = yield* Effect.forEach([0, 1], () => startQuery(slotAfter))
      expect(all.map(({ query }) => query.hasBegun)).toEqual([true, true])
      expect(yield* slot(Effect.succeed("free"))).toBe("free")
      yield* Effect.forEach(all, ({ query }) => query.end)
      yield* settle
      expect(all.map(({ work }) => work.hasBegun)).toEqual([true, false])
      yield* Effect.forEach(all, ({ work }) => work.end)
      yield* Effect.forEach(all, ({ fiber }) => Fiber.join(fiber))
    })
  )

  it.effect("query in the slot while others wait, so that one that is refused has not queried", () =>
    Effect.gen(function* () {
      const { slot, slotAfter } = makeSlots({ concurrency: 1, queue: 2, queueDeadlineSeconds: 2 })
      const first = yield* start(slot)
      const second = yield* start(slot)
      const third = yield* startQuery(slotAfter)
      const fourth = yield* startQuery(slotAfter)
      yield* settle
      expect(yield* Fiber.await(fourth.fiber)).toEqual(Exit.fail(busy))
      yield* Effect.forEach([first, second], ({ work }) => work.end)
      yield* settle
      expect(third.query.hasBegun).toBe(true)
      expect(fourth.query.hasBegun).toBe(false)
      const late = yield* startQuery(slotAfter)
      yield* pass(2000)
      expect(third.fiber.pollUnsafe()).toBeUndefined()
      yield* Effect.forEach([third, late], ({ query }) => query.end)
      yield* Effect.forEach([third, late], ({ work }) => work.end)
      yield* Fiber.join(third.fiber)
      yield* Fiber.join(late.fiber)
    })
  )

  it.effect("query as many at a time as may run and wait", () =>
    Effect.gen(function* () {
      const { slotAfter } = makeSlots({ concurrency: 1, queue: 2 })
      const all = yield* Effect.forEach([0, 1, 2, 3, 4], () => startQuery(slotAfter))
      // The fourth queries in the slot, the fifth waits for that slot.
      expect(all.map(({ query }) => query.hasBegun)).toEqual([true, true, true, true, false])
      yield* Effect.forEach(all, ({ query }) => query.end)
      yield* Effect.forEach(all, ({ work }) => work.end)
      yield* settle
      // Besides the fifth, one of the three with an answer finds a place in the queue.
      const exits = yield* Effect.forEach(all, ({ fiber }) => Fiber.await(fiber))
      expect(exits.filter((exit) => !Exit.isSuccess(exit))).toEqual([Exit.fail(busy), Exit.fail(busy)])
    })
  )

  it.effect("take no place any more after a failure, a defect and an interruption of the query", () =>
    Effect.gen(function* () {
      const { slotAfter } = makeSlots({ concurrency: 1, queue: 0 })
      for (let round = 0; round < 3; round += 1) {
        expect(yield* Effect.flip(slotAfter(Effect.fail("no")))).toBe("no")
        expect(Exit.isFailure(yield* Effect.exit(slotAfter(Effect.die(new Error("a bug")))))).toBe(true)
        const { fiber } = yield* startQuery(slotAfter)
        yield* Fiber.interrupt(fiber)
        expect(yield* slotAfter(Effect.succeed(Effect.succeed("free")))).toBe("free")
      }
      const last = yield* startQuery(slotAfter)
      expect(last.query.hasBegun).toBe(true)
      yield* Fiber.interrupt(last.fiber)
    })
  )
})

describe("a hash in a slot", () => {
  it("keeps the slot until it is done, even when no caller waits for the result any more", async () => {
    const { encode, slot } = makePasswords({
      hashers: [pbkdf2Sha256({ iterations: 300_000 })],
      concurrency: 1,
      queue: 0
    })
    const abandoned = Effect.runFork(slot(encode("p")))
    abandoned.interruptUnsafe()
    expect(await Effect.runPromise(Effect.flip(slot(encode("p"))))).toEqual(busy)
    await Effect.runPromise(Fiber.await(abandoned))
    expect(await Effect.runPromise(slot(Effect.succeed("free")))).toBe("free")
  })
})
