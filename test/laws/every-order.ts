/**
 * Every order in which the calls of the session store can happen when requests run side by side: each order is one run
 * of the same requests in a world of its own, from the first choice to the last.
 */
import { setImmediate as nextRound } from "node:timers/promises"
import type * as fc from "fast-check"
import type { World } from "./world.ts"

/** Calls of the session store: everything else that a request waits for happens at once. */
export const sessionCalls = /^(load|Insert|Update|Move|Delete) leaves$/

/** Calls of the user store as well. */
export const allCalls = /^(?!the response).* leaves$/

interface Call {
  readonly label: string
  readonly go: () => void
}

/** Lets one call happen after the other, as `choices` says; where it says nothing, the one that has waited longest. */
class Gate implements Pick<fc.Scheduler, "schedule"> {
  readonly #ordered: RegExp
  readonly #waiting: Array<Call> = []
  /** How many calls could have been next, at each step. */
  readonly widths: Array<number> = []
  /** What happened, in order. */
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
      // Every request gets as far as it can before the next call happens.
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
 * @param begin makes a world and says which requests run side by side in it, and what must hold afterwards
 * @param ordered which calls are put into every order
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

/** The choices of the next order: the last step that has another choice takes it, and what follows begins anew. */
const following = (
  choices: ReadonlyArray<number>,
  widths: ReadonlyArray<number>
): ReadonlyArray<number> | undefined => {
  const taken = widths.map((_, step) => choices[step] ?? 0)
  const last = taken.findLastIndex((choice, step) => choice + 1 < (widths[step] ?? 0))
  return last < 0 ? undefined : [...taken.slice(0, last), (taken[last] ?? 0) + 1]
}
