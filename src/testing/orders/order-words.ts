/** Orders as words, one for each step, and as choices between the words that were possible. */
import type { Order, PickWord, Step } from "./one-order.ts"

/** The choices of the next order: changes the last step that has another choice, and drops the steps after it. */
export const nextOf = (steps: ReadonlyArray<Step>): ReadonlyArray<number> | undefined => {
  const last = steps.findLastIndex(({ choices, taken }) => taken + 1 < choices)
  const step = steps[last]
  return step === undefined ? undefined : [...steps.slice(0, last).map(({ taken }) => taken), step.taken + 1]
}

/** Takes the words of an order, one for each step. After the last word, the request that ran goes on. */
export const following = (order: string): PickWord => {
  const wanted = order.split(" ").filter((word) => word !== "")
  const before: Array<string> = []
  return (words, step) => {
    const word = wanted[step]
    if (word === undefined) return 0
    const at = words.indexOf(word)
    if (at < 0)
      throw new Error(
        `only: "${order}": ${word} has nothing to do after ${before.join(" ") || "the start"}; it could be ${words.join(" or ")}`
      )
    before.push(word)
    return at
  }
}

/** How often another request goes on. */
export const switches = ({ steps }: Order<unknown>): number =>
  steps.filter(({ word }, at) => at > 0 && word.charAt(0) !== steps[at - 1]?.word.charAt(0)).length

/** The order as a text. Words at the end after which each request only continues can be left out. */
export const shortOf = ({ steps }: Order<unknown>): string =>
  steps
    .slice(0, Math.max(1, steps.findLastIndex(({ taken }) => taken > 0) + 1))
    .map(({ word }) => word)
    .join(" ")
