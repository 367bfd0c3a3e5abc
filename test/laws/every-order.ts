/**
 * Tries every order in which the session store's calls of parallel requests can happen. Each order is one run of the
 * same requests in a new world.
 */
import { setImmediate as nextRound } from "node:timers/promises"
import type * as fc from "fast-check"
import type { World } from "./world.ts"

/** Calls of the session store; everything else that a request waits for happens immediately. */
export const sessionCalls = /^(load|Insert|Update|Move|Delete) leaves$/

/** Calls of the session store and of the user store. */
export const allCalls = /^(?!the response).* leaves$/

interface Call {
  readonly label: string
  readonly go: () => void
}

/** Lets one call happen at a time, in the order of `choices`; after their end, the call that has waited longest. */
class Gate implements Pick<fc.Scheduler, "schedule"> {
  readonly #ordered: RegExp
  readonly #waiting: Array<Call> = []
  /** For each step, the number of calls that were waiting. */
  readonly widths: Array<number> = []
  /** The calls that happened, in order. */
  readonly calls: Array<string> = []

  constructor(ordered: RegExp) {
    this.#ordered = ordered
  }

  schedule = <A>(task: Promise<A>, label = ""): Promise<A> =>
    this.#ordered.test(label) ? new Promise<void>((go) => this.#waiting.push({ label, go })).then(() => task) : task

  async open(choices: ReadonlyArray<number>, requests: Promise<unknown>): Promise<void> {
    let isOver = false
    const over = requests.finally(() => {
      isOver = true
    })
    over.catch(() => {})
    for (;;) {
      // Every request runs until it waits, before the next call happens.
      for (let round = 0; round < 3; round++) await nextRound()
      if (isOver && this.#waiting.length === 0) return over.then(() => {})
      if (this.#waiting.length === 0) continue
      const [call] = this.#waiting.splice(choices[this.widths.length] ?? 0, 1)
      this.widths.push(this.#waiting.length + 1)
      this.calls.push(call?.label ?? "")
      call?.go()
    }
  }
}

/**
 * Runs the requests that `begin` starts, once for each order of their store calls.
 *
 * @param begin makes a world, starts the parallel requests in it, and returns the check for afterwards
 * @param ordered the calls whose order is varied
 * @returns how many orders there were
 */
export const inEveryOrder = async (
  begin: () => Promise<{
    readonly world: World
    readonly requests: ReadonlyArray<() => Promise<unknown>>
    readonly judge: (order: string) => void
  }>,
  ordered: RegExp = sessionCalls
): Promise<number> => {
  let orders = 0
  for (let choices: ReadonlyArray<number> | undefined = []; choices !== undefined; orders++) {
    const { judge, requests, world } = await begin()
    const gate = new Gate(ordered)
    world.interleave(gate)
    await gate.open(choices, Promise.all(requests.map((request) => request())))
    world.interleave(undefined)
    judge(gate.calls.join(", "))
    choices = following(choices, gate.widths)
  }
  return orders
}

/** The choices of the next order: changes the last step that has another choice, and drops the steps after it. */
const following = (
  choices: ReadonlyArray<number>,
  widths: ReadonlyArray<number>
): ReadonlyArray<number> | undefined => {
  const taken = widths.map((_, step) => choices[step] ?? 0)
  const last = taken.findLastIndex((choice, step) => choice + 1 < (widths[step] ?? 0))
  return last < 0 ? undefined : [...taken.slice(0, last), (taken[last] ?? 0) + 1]
}
