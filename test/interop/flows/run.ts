/** Runs of random flows: how many, from which seed, what was used, and what to say when an answer differs. */
import * as fc from "fast-check"
import { type Difference, differences, type Exchange } from "./compare.ts"
import { type Intended, intended, isLeftOut } from "./differences.ts"
import { type Flow, flows, nothing, printed, surfaceRows } from "./requests.ts"
import { type Engine, type Place, SECRET_KEY } from "./sites.ts"
import { type World, walk } from "./walk.ts"

/** `LATCHKEY_INTEROP_FLOWS`, else `fallback`; of the combinations beside `db` a sixth is walked. */
export const flowCount = (kind: "db" | "other"): number => {
  const asked = Number(process.env["LATCHKEY_INTEROP_FLOWS"] || 0)
  if (asked === 0) return kind === "db" ? 20 : 5
  return kind === "db" ? asked : Math.ceil(asked / 6)
}

/** `LATCHKEY_INTEROP_SEED`; the same seed walks the same flows. */
export const seed = Number(process.env["LATCHKEY_INTEROP_SEED"] || 4_2025)

/** Two worlds that should be alike, each with the place whose sites answer in it. */
export interface Worlds {
  readonly engine: Engine
  readonly django: { readonly world: World; readonly place: Place }
  readonly example: { readonly world: World; readonly place: Place }
}

export interface Walked {
  readonly django: ReadonlyArray<Exchange>
  readonly example: ReadonlyArray<Exchange>
}

/** One flow through both worlds, each as new. */
export const walkBoth = async (all: Flow, { django, engine, example }: Worlds): Promise<Walked> => {
  const flow = all.filter((step) => step === nothing || !isLeftOut(engine, step))
  await Promise.all([django.place.restore(), example.place.restore()])
  const [theirs, ours] = await Promise.all([walk(flow, django.world), walk(flow, example.world)])
  return { django: theirs, example: ours }
}

export interface Run {
  /** The first flow that failed, shrunk, and how it differs; `undefined` when none did. */
  readonly failure: string | undefined
  /** How often each row was used. */
  readonly used: ReadonlyMap<string, number>
  readonly needed: ReadonlySet<Intended>
}

/** Walks `count` flows through both worlds until one differs. */
export const run = async (count: number, worlds: Worlds): Promise<Run> => {
  const used = new Map<string, number>()
  const needed = new Set<Intended>()
  const property = fc.asyncProperty(flows, async (flow) => {
    const walked = await walkBoth(flow, worlds)
    for (const { step } of walked.example) used.set(step.ask.row, (used.get(step.ask.row) ?? 0) + 1)
    const found = differences(walked.django, walked.example, SECRET_KEY, (entry) => needed.add(entry))
    if (found.length > 0) throw new Error(told(flow, walked, found))
  })
  const details = await fc.check(property, { numRuns: count, seed })
  const error = details.errorInstance
  const failure = details.failed ? `seed ${details.seed}, flow ${details.numRuns}\n${error}` : undefined
  return { failure, used, needed }
}

/** What was not covered: rows used less often than a third of the flows, intended differences that none needed. */
export const uncovered = (count: number, { needed, used }: Run): ReadonlyArray<string> => [
  ...surfaceRows
    .filter((row) => (used.get(row) ?? 0) < count / 3)
    .map((row) => `${row} was used ${used.get(row) ?? 0} times`),
  // A short walk may miss one by chance; a long one does not.
  ...intended.filter((entry) => count >= 100 && !needed.has(entry)).map((entry) => `unneeded: ${JSON.stringify(entry)}`)
]

const told = (flow: Flow, { example }: Walked, found: ReadonlyArray<Difference>): string => {
  const lines = found.slice(0, 4).map(({ django, example: ours, field, index, row }) => {
    const by = example[index]?.by
    return `step ${index}, ${row}, ${field}, answered by ${by}\n  Django alone: ${cut(django)}\n  otherwise:    ${cut(ours)}`
  })
  return `${lines.join("\n")}\n${printed(flow)}`
}

const cut = (text: string): string => (text.length > 700 ? `${text.slice(0, 700)}…` : text)
