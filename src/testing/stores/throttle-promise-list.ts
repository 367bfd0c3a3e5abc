/** The promises of throttle stores, one by one. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../adapters/errors/errors.ts"
import type { ThrottleStore } from "../../adapters/ports/throttle-store.ts"
import type { Taken, ThrottlePolicy } from "../../core/throttle/throttle.ts"
import { LawBroken, must } from "../laws/law-broken.ts"
import { newKey } from "./store-steps.ts"
import { countsAsMemory, type ThrottleClock } from "./throttle-steps.ts"

/** How a promise is checked. */
export interface Settings {
  readonly clock: ThrottleClock
  readonly seed: number
  readonly series: number
  readonly make: () => Promise<Attempts>
  readonly unreachable: () => Promise<Attempts>
}

/** A promise, what it needs of the store, and its check. */
export interface Promised {
  readonly title: string
  readonly needs?: "shared" | "unreachable"
  readonly holds: (settings: Settings) => Promise<void>
}

/** The calls of a store, at a time that goes on. */
export class Attempts {
  readonly store: ThrottleStore
  readonly clock: ThrottleClock
  now = Date.now()

  constructor(store: ThrottleStore, clock: ThrottleClock) {
    this.store = store
    this.clock = clock
  }

  /** One attempt with one key. */
  async take(key: string, policy: ThrottlePolicy): Promise<Taken> {
    const [answer, ...more] = await Effect.runPromise(this.store.take([{ key, policy }], this.now))
    if (answer === undefined || more.length > 0)
      throw new LawBroken(`a take with one key is answered with ${answer === undefined ? 0 : more.length + 1} answers`)
    return answer
  }

  /** How many of some attempts in a row are taken. */
  async takes(key: string, policy: ThrottlePolicy, count: number): Promise<number> {
    let taken = 0
    for (let at = 0; at < count; at++) if ((await this.take(key, policy))._tag === "Taken") taken++
    return taken
  }

  /** The failures that the store lists for a key; `undefined` if it cannot list them. */
  async list(key: string): Promise<number | undefined> {
    if (this.store.list === undefined) return undefined
    const [found] = await Effect.runPromise(this.store.list(this.now, [key]))
    return found?.failures ?? 0
  }

  reset(key: string): Promise<void> {
    return Effect.runPromise(this.store.settle([{ _tag: "Reset", key }]))
  }

  takeBack(key: string, until: number): Promise<void> {
    return Effect.runPromise(this.store.settle([{ _tag: "TakeBack", key, until }]))
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    this.now += seconds * 1000
    if (this.clock === "own") await sleep(seconds * 1000)
  }
}

const freshKey = (): string => `account:${newKey()}`

/** So many attempts are free; the next ones wait for an hour. */
const freeFor = (free: number): ThrottlePolicy => ({
  delays: [...Array<number>(free - 1).fill(0), 3600],
  forgetSeconds: 90_000
})

/** A check of durations. If the machine was so slow that it says nothing, it is repeated with longer ones. */
const timed = async (
  { clock, make }: Settings,
  check: (attempts: Attempts, second: number, isSlow: () => boolean) => Promise<void>
): Promise<void> => {
  for (let second = clock === "own" ? 0.2 : 1; ; second *= 3) {
    const began = performance.now()
    const isSlow = () => clock === "own" && second < 10 && performance.now() - began > second * 900
    try {
      return await check(await make(), second, isSlow)
    } catch (cause) {
      if (!(cause instanceof TooSlow)) throw cause
    }
  }
}

class TooSlow extends Error {}

export const promises: ReadonlyArray<Promised> = [
  {
    title: "answers every series of calls as the store in memory",
    holds: async ({ clock, make, seed, series }) => {
      const { now: start, store } = await make()
      await countsAsMemory(store, { clock, seed, series, start })
    }
  },
  {
    title: "takes as many of many attempts at the same time as are free, and no more",
    holds: async ({ make }) => {
      const attempts = await make()
      for (let round = 0; round < 5; round++) {
        const key = freshKey()
        const answers = await Promise.all(Array.from({ length: 40 }, () => attempts.take(key, freeFor(5))))
        const taken = answers.filter(({ _tag }) => _tag === "Taken").length
        must(taken === 5, () => `${taken} of 40 attempts at the same time are taken, and 5 are free`)
        const listed = await attempts.list(key)
        must(listed === undefined || listed === 5, () => `${listed} failures are counted, and 5 attempts were taken`)
      }
    }
  },
  {
    title: "counts every one of many attempts at the same time",
    holds: async ({ make }) => {
      const attempts = await make()
      const key = freshKey()
      await Promise.all(Array.from({ length: 29 }, () => attempts.take(key, freeFor(31))))
      const taken = await attempts.takes(key, freeFor(31), 4)
      must(taken === 2, () => `29 attempts at the same time leave ${taken} of 31 free attempts, and have to leave 2`)
    }
  },
  {
    title: "counts the attempts of two processes together",
    needs: "shared",
    holds: async ({ make }) => {
      const processes = [await make(), await make()]
      const key = freshKey()
      await Promise.all(
        processes.flatMap((attempts) => Array.from({ length: 15 }, () => attempts.take(key, freeFor(32))))
      )
      const taken = (await processes[0]?.takes(key, freeFor(32), 4)) ?? 0
      must(taken === 2, () => `30 attempts of two processes leave ${taken} of 32 free attempts, and have to leave 2`)
      const answers = await Promise.all(processes.map((attempts) => attempts.take(key, freeFor(32))))
      must(
        answers.every(({ _tag }) => _tag === "Refused"),
        () => "an attempt that one process refuses is taken by the other one"
      )
      await processes[1]?.reset(key)
      must(
        (await processes[0]?.take(key, freeFor(32)))?._tag === "Taken",
        () => "a Reset of one process does not end the wait in the other one"
      )
    }
  },
  {
    title: "takes back exactly the attempts that it is told to, while others are counted",
    holds: async ({ make }) => {
      const attempts = await make()
      const key = freshKey()
      const untils: Array<number> = []
      for (let at = 0; at < 12; at++) untils.push((await attempts.take(key, freeFor(40))).until)
      await Promise.all(
        untils.flatMap((until) => [
          attempts.takeBack(key, until),
          attempts.take(key, freeFor(40)).then(() => undefined)
        ])
      )
      const taken = await attempts.takes(key, freeFor(40), 30)
      must(taken === 28, () => `24 attempts, 12 of them taken back, leave ${taken} of 40, and have to leave 28`)
      for (let round = 0; round < 20; round++) {
        const other = freshKey()
        const { until } = await attempts.take(other, freeFor(3))
        await Promise.all([attempts.takeBack(other, until), attempts.take(other, freeFor(3))])
        const left = await attempts.takes(other, freeFor(3), 4)
        must(left === 2, () => `an attempt, while another one is taken back, leaves ${left} of 3, and has to leave 2`)
      }
    }
  },
  {
    title: "ends the wait of an attempt that is taken back, and not that of a later one",
    holds: async ({ make }) => {
      const attempts = await make()
      for (const back of ["the first", "the last"] as const) {
        const key = freshKey()
        const [first, last] = [await attempts.take(key, freeFor(2)), await attempts.take(key, freeFor(2))]
        await attempts.takeBack(key, (back === "the first" ? first : last).until)
        const { _tag } = await attempts.take(key, freeFor(2))
        const wanted = back === "the first" ? "Refused" : "Taken"
        must(
          _tag === wanted,
          () => `the last of two attempts waits; when ${back} is taken back, the next one is ${_tag}, not ${wanted}`
        )
      }
    }
  },
  {
    title: "takes an attempt again when its wait is over",
    holds: (settings) =>
      timed(settings, async (attempts, second, isSlow) => {
        const key = freshKey()
        const policy = { delays: [second], forgetSeconds: second * 1000 }
        await attempts.take(key, policy)
        await attempts.pass(second / 2)
        const early = await attempts.take(key, policy)
        if (isSlow()) throw new TooSlow()
        must(early._tag === "Refused", () => "an attempt is taken before its wait is over")
        await attempts.pass(second / 2 + (settings.clock === "own" ? 0.05 : 0))
        must(
          (await attempts.take(key, policy))._tag === "Taken",
          () => "an attempt is refused after its wait, which an attempt that was refused must not prolong"
        )
      })
  },
  {
    title: "forgets failures some time after the last one that was counted",
    holds: (settings) =>
      timed(settings, async (attempts, second, isSlow) => {
        const key = freshKey()
        const policy = { delays: [0, second / 2], forgetSeconds: second }
        await attempts.takes(key, policy, 2)
        const refused = await attempts.take(key, policy)
        if (isSlow()) throw new TooSlow()
        must(refused._tag === "Refused", () => "the second failure makes no attempt wait")
        await attempts.pass(second + (settings.clock === "own" ? 0.05 : 0))
        const listed = await attempts.list(key)
        must(listed === undefined || listed === 0, () => "a key whose failures are forgotten is listed")
        const taken = await attempts.takes(key, policy, 2)
        must(taken === 2, () => "failures are not forgotten: the first attempt after them makes the next one wait")
      })
  },
  {
    title: "removes keys whose failures are forgotten, and no other",
    holds: (settings) =>
      timed(settings, async (attempts, second) => {
        const { clearForgotten } = attempts.store
        if (clearForgotten === undefined) return
        const [over, alive] = [freshKey(), freshKey()]
        await attempts.take(over, { delays: [0], forgetSeconds: second })
        await attempts.take(alive, freeFor(1))
        await attempts.pass(second + (settings.clock === "own" ? 0.05 : 0))
        const removed = await Effect.runPromise(clearForgotten(attempts.now))
        must(removed >= 1, () => `it answers ${removed}, and one key was forgotten`)
        must(
          (await attempts.take(alive, freeFor(1)))._tag === "Refused",
          () => "a key whose failures are not forgotten was removed"
        )
      })
  },
  {
    title: "tells keys apart by case and by what follows them",
    holds: async ({ make }) => {
      const attempts = await make()
      const key = `${freshKey()}aA`
      await attempts.take(key, freeFor(1))
      for (const other of [
        key.toUpperCase(),
        key.toLowerCase(),
        `${key} `,
        `${key}%`,
        `${key.slice(0, -1)}_`,
        `${key}*`
      ])
        must(
          (await attempts.take(other, freeFor(1)))._tag === "Taken",
          () => `the failures of ${JSON.stringify(key)} are counted for ${JSON.stringify(other)}`
        )
    }
  },
  {
    title: "is unavailable, and takes and refuses nothing, while its server does not answer",
    needs: "unreachable",
    holds: async ({ unreachable }) => {
      const { now, store } = await unreachable()
      const key = freshKey()
      const calls = {
        take: store.take([{ key, policy: freeFor(5) }], now),
        settle: store.settle([{ _tag: "Reset", key }]),
        ...(store.list && { list: store.list(now) }),
        ...(store.clearForgotten && { clearForgotten: store.clearForgotten(now) })
      }
      for (const [name, call] of Object.entries<Effect.Effect<unknown, StoreUnavailable>>(calls)) {
        const failure = await Effect.runPromise(
          Effect.match(call, { onFailure: (error: unknown) => error, onSuccess: () => undefined })
        )
        must(failure instanceof StoreUnavailable, () => `${name} does not fail with StoreUnavailable`)
      }
    }
  }
]
