/** Series of calls to a throttle store, compared step by step with the store in memory. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { ThrottleAsk, ThrottleChange, ThrottledKey, ThrottleStore } from "../../adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../adapters/store/memory.ts"
import type { Taken, ThrottlePolicy } from "../../core/throttle/throttle.ts"
import { compareSeries, type Failure } from "./shortest-series.ts"
import { newKey, numbers } from "./store-steps.ts"

/**
 * The clock that a throttle store decides by: `"given"`, the `now` of each call, or `"own"`, that of the store's
 * server.
 */
export type ThrottleClock = "given" | "own"

/** One call. Keys are numbers until the series runs: each run has new keys. */
type Call =
  | { readonly _tag: "take"; readonly asks: ReadonlyArray<Ask>; readonly at: number }
  | { readonly _tag: "settle"; readonly changes: ReadonlyArray<Change>; readonly at: number }
  | { readonly _tag: "list"; readonly at: number }

interface Ask {
  readonly key: number
  readonly policy: number
}

/** @property back which of the instants that were answered for the key is taken back; `undefined` for a reset */
interface Change {
  readonly key: number
  readonly back: number | undefined
}

const keyCount = 3

/** With a clock of its own, a store is not made to wait: there, a delay is none at all or outlasts the series. */
const policies: { readonly [clock in ThrottleClock]: ReadonlyArray<ThrottlePolicy> } = {
  given: [
    { delays: [0, 0, 1, 2, 4], forgetSeconds: 100 },
    { delays: [1], forgetSeconds: 10 },
    { delays: [0, 5, 60], forgetSeconds: 3600 }
  ],
  own: [
    { delays: [0, 0, 3600], forgetSeconds: 90_000 },
    { delays: [7200], forgetSeconds: 90_000 },
    { delays: [0, 0, 0, 0, 3600, 7200], forgetSeconds: 180_000 }
  ]
}

const steps = [0, 0, 0, 1, 999, 1000, 2000, 5000, 60_000, 100_000, -30_000] as const

const seriesOf = (seed: number, clock: ThrottleClock): ReadonlyArray<Call> => {
  const number = numbers(seed)
  const among = <A>(items: readonly [A, ...ReadonlyArray<A>]): A => items[number(items.length)] ?? items[0]
  let at = 0
  return Array.from({ length: 4 + number(16) }, (): Call => {
    // With a clock of its own, a store reads another instant for each call.
    at += clock === "own" ? 1 : among(steps)
    const two = <A>(make: (key: number) => A): ReadonlyArray<A> => {
      const key = number(keyCount)
      return number(3) === 0 ? [make(key), make((key + 1) % keyCount)] : [make(key)]
    }
    switch (among(["take", "take", "take", "take", "settle", "settle", "list"])) {
      case "take":
        return { _tag: "take", at, asks: two((key) => ({ key, policy: number(policies[clock].length) })) }
      case "settle":
        return {
          _tag: "settle",
          at,
          changes: two((key) => ({ key, back: number(3) === 0 ? undefined : number(4) }))
        }
      default:
        return { _tag: "list", at }
    }
  })
}

/** What one store has answered: its words for the instants of the other one. */
interface Told {
  readonly wanted: number
  readonly found: number
}

/** An instant in the words of the store in memory; `undefined` if no answer has said it. */
type Instant = (key: string, until: number) => number | undefined

/** Runs a series. @returns the story up to the first answer that is not the one of the store in memory */
const run = async (
  store: ThrottleStore,
  series: ReadonlyArray<Call>,
  clock: ThrottleClock,
  start: number
): Promise<Failure | undefined> => {
  const sound = memoryThrottle()
  const keys = Array.from({ length: keyCount }, () => `account:${newKey()}`)
  const nameOf = (key: number): string => keys[key] ?? ""
  const told = new Map<string, Array<Told>>(keys.map((key) => [key, []]))
  /** The instant of the store in memory that an instant of the other store stands for. */
  const wantedFor = (key: string, until: number): number | undefined =>
    told.get(key)?.findLast(({ found }) => found === until)?.wanted
  const same = (_: string, until: number): number => until
  const shownInstant = (instant: number | undefined): string =>
    instant === undefined ? "an instant that no answer has said" : `${instant - start} ms`
  const story: Array<string> = []

  for (const call of series) {
    const now = start + call.at
    // A clock of the store's own has to go on: no two attempts have the same instant.
    if (clock === "own" && call._tag === "take") await sleep(2)
    const [wanted, found] = await (async (): Promise<readonly [string, string]> => {
      switch (call._tag) {
        case "take": {
          const asks = call.asks.map(
            ({ key, policy }): ThrottleAsk => ({
              key: nameOf(key),
              policy: policies[clock][policy] ?? { delays: [], forgetSeconds: 1 }
            })
          )
          const right = await Effect.runPromise(sound.take(asks, now))
          const answers = await Effect.runPromise(store.take(asks, now))
          for (const [at, { _tag, until }] of right.entries()) {
            const answer = answers[at]
            const key = asks[at]?.key ?? ""
            if (_tag === "Taken" && answer?._tag === "Taken" && (clock === "own" || answer.until === until))
              told.get(key)?.push({ wanted: until, found: answer.until })
          }
          const shown = (all: ReadonlyArray<Taken>, instant: Instant) =>
            all
              .map(({ _tag, until }, at) =>
                _tag === "Taken" && clock === "own"
                  ? _tag
                  : `${_tag} until ${shownInstant(instant(asks[at]?.key ?? "", until))}`
              )
              .join(", ")
          return [shown(right, same), shown(answers, wantedFor)]
        }
        case "settle": {
          const changes = (word: keyof Told) =>
            call.changes.map(({ back, key }): ThrottleChange => {
              const instants = told.get(nameOf(key)) ?? []
              const one = back === undefined ? undefined : (instants.at(-1 - back) ?? instants.at(-1))
              return one === undefined
                ? { _tag: "Reset", key: nameOf(key) }
                : { _tag: "TakeBack", key: nameOf(key), until: one[word] }
            })
          await Effect.runPromise(sound.settle(changes("wanted")))
          await Effect.runPromise(store.settle(changes("found")))
          return ["done", "done"]
        }
        case "list": {
          if (store.list === undefined) return ["no list", "no list"]
          const shown = (all: ReadonlyArray<ThrottledKey>, instant: Instant): string =>
            all
              .map(({ failures, forgottenAt, key, until }) => {
                const waitsUntil = instant(key, until) ?? 0
                return [
                  `key${keys.indexOf(key) + 1}`,
                  `${failures} failures`,
                  ...(clock === "given" ? [`forgotten at ${forgottenAt - start} ms`] : []),
                  ...(waitsUntil > now ? [`waits until ${shownInstant(waitsUntil)}`] : [])
                ].join(" ")
              })
              .toSorted()
              .join(", ")
          return [
            shown(await Effect.runPromise(sound.list(now, keys)), same),
            shown(await Effect.runPromise(store.list(now, keys)), wantedFor)
          ]
        }
        default:
          return call satisfies never
      }
    })()
    const line = `${said(call)} → ${found || "none"}`
    if (found === wanted) story.push(line)
    else return { story: [...story, `${line}, and has to be ${wanted || "none"}`] }
  }
  return undefined
}

const said = (call: Call): string => {
  const at = `${call.at} ms: `
  switch (call._tag) {
    case "take":
      return `${at}take ${call.asks.map(({ key, policy }) => `key${key + 1} (policy ${policy + 1})`).join(" and ")}`
    case "settle":
      return `${at}settle ${call.changes.map(({ back, key }) => `key${key + 1} (${back === undefined ? "Reset" : `TakeBack ${back}`})`).join(" and ")}`
    case "list":
      return `${at}list`
    default:
      return call satisfies never
  }
}

/**
 * Compares a store with the store in memory, over many series of calls.
 *
 * @throws {LawBroken} with the shortest series that was found, and the seed that makes it again
 */
export const countsAsMemory = (
  store: ThrottleStore,
  {
    clock,
    seed,
    series,
    start
  }: { readonly clock: ThrottleClock; readonly seed: number; readonly series: number; readonly start: number }
): Promise<void> =>
  compareSeries({
    ...{ seed, series },
    seriesOf: (of) => seriesOf(of, clock),
    run: (calls) => run(store, calls, clock, start)
  })
