/** A state machine as a Mermaid diagram. */
import type { Step } from "./machine-table.ts"

/** @see https://mermaid.js.org/syntax/stateDiagram.html */
export const stateDiagram = (steps: ReadonlyArray<Step>): string => {
  const states = [...new Set(steps.flatMap(({ from, to }) => [from, to]))].filter((state) => state !== start)
  return [
    "stateDiagram-v2",
    ...states.filter((state) => idOf(state) !== state).map((state) => `  state "${state}" as ${idOf(state)}`),
    ...steps.map(({ from, on, to }) => `  ${idOf(from)} --> ${idOf(to)}${on === "" ? "" : `: ${on}`}`),
    ...states.filter(isEnd).map((state) => `  ${idOf(state)} --> [*]`)
  ].join("\n")
}

const start = "(start)"

const isEnd = (state: string): boolean => /^Done(:|$)/.test(state)

/** Mermaid takes names of letters, digits and underscores. */
const idOf = (state: string): string =>
  state === start ? "[*]" : state.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "")
