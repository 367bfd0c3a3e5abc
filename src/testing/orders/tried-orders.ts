/** The orders that were run so far: whether the same steps always led to the same calls. */
import { notDeterministic, type Order, type SharedByOrders } from "./one-order.ts"

/** What has to be the same each time that an order begins with the same steps. */
type Repeats = "answers" | "calls" | "nothing"

/** What the orders that were run have in common. */
export class Tried implements SharedByOrders {
  readonly blocked = new Set<string>()
  /** Whether any request has made a call at the gate. */
  hasCalls = false
  readonly notControlled = new Set<string>()
  readonly #marks = new Map<string, string>()
  readonly #repeats: Repeats

  constructor(repeats: Repeats) {
    this.#repeats = repeats
  }

  /** Whether something happened in an order that is not controlled, and not known yet. */
  isNew({ notControlled }: Order<unknown>): boolean {
    return this.#repeats !== "nothing" && [...notControlled].some((line) => !this.notControlled.has(line))
  }

  /** @throws {Error} if the same steps led to something else than in an earlier order */
  add({ marks, notControlled, steps }: Order<unknown>): void {
    if (steps.some(({ isCall }) => isCall)) this.hasCalls = true
    let words = ""
    for (const [at, { calls, outcomes }] of marks.entries()) {
      const mark = this.#repeats === "answers" ? `${outcomes}\n${calls}` : calls
      const known = this.#marks.get(words)
      const isOther = known !== undefined && known !== mark
      if (isOther && this.#repeats !== "nothing")
        throw notDeterministic(
          steps.slice(0, at),
          difference(known, mark),
          new Set([...this.notControlled, ...notControlled])
        )
      if (isOther) this.notControlled.add("the same order does not make the same calls each time")
      this.#marks.set(words, mark)
      words += `${steps[at]?.word ?? ""} `
    }
  }
}

const difference = (one: string, other: string): string => {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 30), at + 60))
  return `Before: ${part(one)}; now: ${part(other)}.`
}
