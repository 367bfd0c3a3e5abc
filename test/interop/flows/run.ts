/** Runs random flows: their number, the seed, what they covered, and the message when an answer differs. */
import * as fc from "fast-check"
import { type Difference, differences, type Exchange } from "./compare.ts"
import { added, type IntendedWith, intended, type Meant, reshapedHere } from "./differences.ts"
import { remembered } from "./remembered.ts"
import { flows, surfaceRows } from "./requests.ts"
import { type Flow, printed } from "./step.ts"
import { walk } from "./walk.ts"
import type { Inhabited, Worlds } from "./worlds.ts"

/** `LATCHKEY_INTEROP_FLOWS`, else `fallback`. For engines other than `db`, a sixth of that number. */
export const flowCount = (kind: "db" | "other"): number => {
  const asked = Number(process.env["LATCHKEY_INTEROP_FLOWS"] || 0)
  if (asked === 0) return kind === "db" ? 10 : 3
  return kind === "db" ? asked : Math.ceil(asked / 6)
}

/** `LATCHKEY_INTEROP_SEED`; the same seed produces the same flows. */
export const seed = Number(process.env["LATCHKEY_INTEROP_SEED"] || 4_2025)

/** The answers to one flow, by world. */
export interface Walked {
  readonly django: ReadonlyArray<Exchange>
  readonly example: ReadonlyArray<Exchange>
  readonly inTurns: ReadonlyArray<Exchange>
}

/** Runs one flow in all worlds, each in its initial state. */
export const walkAll = async (flow: Flow, { django, example, inTurns, leavesOut }: Worlds): Promise<Walked> => {
  const through = async ({ place, world }: Inhabited): Promise<ReadonlyArray<Exchange>> => {
    await place.restore()
    return walk(flow, world, leavesOut)
  }
  const reference = through(django)
  const walked = { example: await through(example), inTurns: await through(inTurns) }
  return { django: await reference, ...walked }
}

export interface Run {
  /** The first flow that failed, shrunk, and how it differs; `undefined` when none failed. */
  readonly failure: string | undefined
  /** How often each row was used. */
  readonly used: ReadonlyMap<string, number>
  readonly needed: ReadonlySet<Meant>
  /** How many steps were sent for the shortest random flow. */
  readonly shortest: number
}

/** What every random flow must contain once it is walked. */
const MINIMUM_STEPS = 25

/** Runs `count` random flows, after those that once failed, in all worlds, until one differs. */
export const run = async (count: number, worlds: Worlds): Promise<Run> => {
  const used = new Map<string, number>()
  const needed = new Set<Meant>()
  const examples = remembered.map((flow): [Flow] => [flow])
  let shortest = Number.POSITIVE_INFINITY
  const property = fc.asyncProperty(flows, async (flow) => {
    const walked = await walkAll(flow, worlds)
    if (!remembered.includes(flow)) shortest = Math.min(shortest, walked.django.length)
    for (const { step } of walked.django) used.set(step.ask.row, (used.get(step.ask.row) ?? 0) + 1)
    const told = toldDifferences(walked, worlds, (entry) => needed.add(entry))
    if (told !== undefined) throw new Error(told)
  })
  const details = await fc.check(property, { numRuns: examples.length + count, seed, examples })
  const error = details.errorInstance
  const failure = details.failed ? `seed ${details.seed}, flow ${details.numRuns}\n${error}` : undefined
  return { failure, used, needed, shortest }
}

/**
 * What was not covered: rows used less often than a third of the number of flows, flows that were too short, and
 * intended differences that did not occur although the first flows contain them.
 */
export const uncovered = (
  count: number,
  { needed, shortest, used }: Run,
  withSettings: ReadonlyArray<IntendedWith> = []
): ReadonlyArray<string> => [
  ...surfaceRows
    .filter((row) => (used.get(row) ?? 0) < count / 3)
    .map((row) => `${row} was used ${used.get(row) ?? 0} times`),
  ...(shortest < MINIMUM_STEPS ? [`the shortest flow had ${shortest} steps`] : []),
  ...[...intended, ...reshapedHere, added, ...withSettings]
    .filter((entry) => !needed.has(entry))
    .map((entry) => `unneeded: ${JSON.stringify(entry)}`)
]

/** How the other worlds differ from Django's; `undefined` when they do not. */
export const toldDifferences = (
  { django, example, inTurns }: Walked,
  worlds: Worlds,
  needed?: (entry: Meant) => void
): string | undefined => {
  for (const [exchanges, { name }] of [
    [example, worlds.example],
    [inTurns, worlds.inTurns]
  ] as const) {
    const found = differences(django, exchanges, needed, worlds.intended)
    if (found.length > 0) return told(name, exchanges, found)
  }
  return undefined
}

const told = (world: string, exchanges: ReadonlyArray<Exchange>, found: ReadonlyArray<Difference>): string => {
  const lines = found.slice(0, 4).map(({ django, example: ours, field, index, row }) => {
    const by = exchanges[index]?.by
    return `${world}: step ${index}, ${row}, ${field}, answered by ${by}\n  Django alone: ${cut(django)}\n  otherwise:    ${cut(ours)}`
  })
  const last = found.slice(0, 4).at(-1)?.index ?? 0
  return `${lines.join("\n")}\n${printed(exchanges.slice(0, last + 1).map(({ step }) => step))}`
}

const cut = (text: string): string => (text.length > 700 ? `${text.slice(0, 700)}…` : text)
