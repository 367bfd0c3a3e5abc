/** Throttle stores with one fault each. A good test suite detects all of them. */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { StoreUnavailable } from "../../adapters/errors/errors.ts"
import type { ThrottleAsk, ThrottleChange, ThrottleStore } from "../../adapters/ports/throttle-store.ts"
import type { Taken, ThrottlePolicy } from "../../core/throttle/throttle.ts"

/** A throttle store with a fault. */
export interface BrokenThrottle {
  /** What the store does wrong. */
  readonly name: string
  /**
   * What is needed to see it: `"nothing"`, two processes that share a store, or a server that does not answer.
   */
  readonly needs: "nothing" | "shared" | "unreachable"
  /** Puts the fault into a sound store. */
  readonly store: (sound: ThrottleStore) => ThrottleStore
}

const broken = (
  name: string,
  change: (sound: ThrottleStore) => Partial<ThrottleStore>,
  needs: BrokenThrottle["needs"] = "nothing"
): BrokenThrottle => ({ name, needs, store: (sound) => ({ ...sound, ...change(sound) }) })

/** The fault is in what is asked for. */
const asking = (name: string, change: (ask: ThrottleAsk) => ThrottleAsk): BrokenThrottle =>
  broken(name, ({ take }) => ({ take: (asks, now) => take(asks.map(change), now) }))

const withPolicy = (name: string, change: (policy: ThrottlePolicy) => ThrottlePolicy): BrokenThrottle =>
  asking(name, (ask) => ({ ...ask, policy: change(ask.policy) }))

/** The fault is in what is settled. */
const settling = (
  name: string,
  change: (change: ThrottleChange, lastUntil: (key: string) => number) => ReadonlyArray<ThrottleChange>
): BrokenThrottle =>
  broken(name, ({ settle, take }) => {
    const last = new Map<string, number>()
    return {
      take: (asks, now) =>
        Effect.tap(take(asks, now), (answers) =>
          Effect.sync(() => {
            for (const [at, { _tag, until }] of answers.entries())
              if (_tag === "Taken") last.set(asks[at]?.key ?? "", until)
          })
        ),
      settle: (changes) => settle(changes.flatMap((one) => change(one, (key) => last.get(key) ?? 0)))
    }
  })

const takenBack = (asks: ReadonlyArray<ThrottleAsk>, answers: ReadonlyArray<Taken>): ReadonlyArray<ThrottleChange> =>
  answers.flatMap(({ _tag, until }, at) => {
    const key = asks[at]?.key
    return _tag === "Taken" && key !== undefined ? [{ _tag: "TakeBack", key, until }] : []
  })

/** Throttle stores with one fault each. */
export const brokenThrottles: ReadonlyArray<BrokenThrottle> = [
  broken("a take counts keys after the first one that refuses", ({ take }) => ({
    take: (asks, now) =>
      Effect.map(
        Effect.forEach(asks, (ask) => take([ask], now)),
        (each) => {
          const answers = each.flat()
          const refused = answers.findIndex(({ _tag }) => _tag === "Refused")
          return refused < 0 ? answers : answers.slice(0, refused + 1)
        }
      )
  })),
  broken("a take counts only the first key", ({ take }) => ({
    take: (asks, now) =>
      Effect.map(take(asks.slice(0, 1), now), (answers) =>
        answers[0]?._tag === "Taken" ? asks.map(() => ({ _tag: "Taken", until: now }) as const) : answers
      )
  })),
  broken("an attempt is not counted", ({ settle, take }) => ({
    take: (asks, now) => Effect.tap(take(asks, now), (answers) => settle(takenBack(asks, answers)))
  })),
  broken("an attempt is decided first, and counted in a second step", ({ settle, take }) => ({
    take: (asks, now) =>
      Effect.gen(function* () {
        const seen = yield* take(asks, now)
        yield* settle(takenBack(asks, seen))
        yield* Effect.sleep(1)
        if (seen.at(-1)?._tag === "Taken") yield* take(asks, now)
        return seen
      })
  })),
  broken("attempts at the same time count as one", ({ take }) => {
    const running = new Map<string, Promise<Exit.Exit<ReadonlyArray<Taken>, StoreUnavailable>>>()
    return {
      take: (asks, now) =>
        Effect.flatMap(
          Effect.promise(() => {
            const name = JSON.stringify(asks)
            const first =
              running.get(name) ??
              Effect.runPromiseExit(Effect.delay(take(asks, now), 1)).finally(() => {
                running.delete(name)
              })
            running.set(name, first)
            return first
          }),
          (exit) => exit
        )
    }
  }),
  broken("an attempt that is refused prolongs the wait", ({ settle, take }) => ({
    take: (asks, now) =>
      Effect.gen(function* () {
        const answers = yield* take(asks, now)
        const [ask, last] = [asks[answers.length - 1], answers.at(-1)]
        if (ask === undefined || last?._tag !== "Refused") return answers
        yield* settle([{ _tag: "TakeBack", key: ask.key, until: last.until }])
        const [again] = yield* take([ask], now)
        return [...answers.slice(0, -1), { _tag: "Refused", until: again?.until ?? last.until } as const]
      })
  })),
  broken("an attempt that is refused is answered with Taken", ({ take }) => ({
    take: (asks, now) =>
      Effect.map(take(asks, now), (answers) => answers.map(({ until }) => ({ _tag: "Taken", until })))
  })),
  broken("an attempt that is refused is answered with the present instant", ({ take }) => ({
    take: (asks, now) =>
      Effect.map(take(asks, now), (answers) =>
        answers.map((answer) => (answer._tag === "Refused" ? { ...answer, until: now } : answer))
      )
  })),
  asking("keys are not told apart by case", (ask) => ({ ...ask, key: ask.key.toLowerCase() })),
  asking("keys are cut after sixteen characters", (ask) => ({ ...ask, key: ask.key.slice(0, 16) })),
  withPolicy("waits have half their length", ({ delays, forgetSeconds }) => ({
    delays: delays.map((seconds) => seconds / 2),
    forgetSeconds
  })),
  withPolicy("all waits are as long as the first one", ({ delays, forgetSeconds }) => ({
    delays: delays.slice(0, 1),
    forgetSeconds
  })),
  withPolicy("after the last delay of the list there is none", ({ delays, forgetSeconds }) => ({
    delays: [...delays, 0],
    forgetSeconds
  })),
  withPolicy("failures are never forgotten", ({ delays, forgetSeconds }) => ({
    delays,
    forgetSeconds: forgetSeconds * 1000
  })),
  withPolicy("failures are forgotten when the wait is over", ({ delays }) => ({
    delays,
    forgetSeconds: Math.max(0.001, delays[0] ?? 0)
  })),
  settling("a Reset takes one failure back", (change, lastUntil) =>
    change._tag === "Reset" ? [{ _tag: "TakeBack", key: change.key, until: lastUntil(change.key) }] : [change]
  ),
  settling("a Reset does nothing", (change) => (change._tag === "Reset" ? [] : [change])),
  settling("a TakeBack does nothing", (change) => (change._tag === "TakeBack" ? [] : [change])),
  settling("a TakeBack forgets all failures", ({ key }) => [{ _tag: "Reset", key }]),
  settling("a TakeBack keeps the delay of its attempt", (change) =>
    change._tag === "TakeBack" ? [{ ...change, until: -1 }] : [change]
  ),
  settling("a TakeBack ends the delay of a later attempt", (change, lastUntil) =>
    change._tag === "TakeBack" ? [{ ...change, until: lastUntil(change.key) }] : [change]
  ),
  broken("only the first of several changes is made", ({ settle }) => ({
    settle: (changes) => settle(changes.slice(0, 1))
  })),
  broken(
    "each process counts by itself",
    ({ settle, take }) => {
      const id = randomUUID().slice(0, 8)
      const own = (key: string) => key + id
      return {
        take: (asks, now) =>
          take(
            asks.map((ask) => ({ ...ask, key: own(ask.key) })),
            now
          ),
        settle: (changes) => settle(changes.map((change) => ({ ...change, key: own(change.key) })))
      }
    },
    "shared"
  ),
  broken(
    "an outage is answered with Taken",
    ({ take }) => ({
      take: (asks, now) =>
        Effect.catch(take(asks, now), () => Effect.succeed(asks.map(() => ({ _tag: "Taken", until: now }) as const)))
    }),
    "unreachable"
  ),
  broken(
    "an outage is answered with Refused",
    ({ take }) => ({
      take: (asks, now) =>
        Effect.catch(take(asks, now), () => Effect.succeed([{ _tag: "Refused", until: now }] as const))
    }),
    "unreachable"
  ),
  broken(
    "a change that an outage prevents is reported as made",
    ({ settle }) => ({
      settle: (changes): Effect.Effect<void, StoreUnavailable> => Effect.catch(settle(changes), () => Effect.void)
    }),
    "unreachable"
  )
]
