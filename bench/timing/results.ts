/** Keeps the results of `npm run timing -- --save`, and shows them in results/timing.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type SceneName, sceneNames, sceneOf } from "./kinds.ts"
import type { Comparison, Outcome } from "./verdicts.ts"

const folder = join(import.meta.dirname, "../results")
const file = join(folder, "timing.json")
export const page = join(folder, "timing.md")

/** One scene, as it was measured. Times are in milliseconds. */
export interface SavedScene {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  /** The load average of the machine at the beginning and at the end; 1 for each process that wants to run. */
  readonly load: readonly [before: number, after: number]
  readonly rounds: number
  readonly seconds: number
  /** Of a new hash, with PBKDF2. */
  readonly iterations: number
  readonly hashMs: number
  readonly limitMs: number
  readonly outcome: Outcome
  readonly processor: ReadonlyArray<Comparison>
  readonly waiting: ReadonlyArray<Comparison>
  /** The processor time after the answer, where mails are sent then. */
  readonly afterwards?: ReadonlyArray<Comparison>
}

export type Saved = Readonly<Partial<Record<SceneName, SavedScene>>>

export const readSaved = (): Saved => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {})

const rounded = (comparisons: ReadonlyArray<Comparison>): ReadonlyArray<Comparison> =>
  comparisons.map((one) => ({
    ...one,
    mean: Number(one.mean.toFixed(3)),
    low: Number(one.low.toFixed(3)),
    high: Number(one.high.toFixed(3)),
    chance: Number(one.chance.toFixed(4))
  }))

export const save = (name: SceneName, scene: SavedScene): void => {
  const { afterwards, processor, waiting } = scene
  const kept: SavedScene = {
    ...scene,
    processor: rounded(processor),
    waiting: rounded(waiting),
    ...(afterwards === undefined ? {} : { afterwards: rounded(afterwards) })
  }
  const saved = { ...readSaved(), [name]: kept }
  writeFileSync(file, `${JSON.stringify(saved, undefined, 2)}\n`)
  writeFileSync(page, pageOf(saved))
}

const ms = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`
const intervalOf = ({ high, low, mean }: Comparison): string => `${ms(mean)} (${ms(low)} to ${ms(high)})`

/** The page that shows the results. */
export const pageOf = (saved: Saved): string =>
  [
    "# What the time of a form shows",
    "",
    "Made by `npm run timing -- --save`. [Security](../../docs/security.md#timing) says how it measures, and what is equal and what is not.",
    "",
    "Each row compares a kind of account with the first kind of its form: the difference in milliseconds, with its 99 % interval. The verdict is about the processor time of the site. *Equal*: the whole interval is within the limit. Rows that begin with “control” are leaks that were planted, or the first kind again: they show that the measurement finds what there is. The load is the number of processes that wanted to run, on all cores together.",
    ...sceneNames.flatMap((name) => {
      const scene = saved[name]
      return scene === undefined ? [] : sectionOf(name, scene)
    }),
    ""
  ].join("\n")

const sectionOf = (name: SceneName, saved: SavedScene): ReadonlyArray<string> => {
  const { title, until } = sceneOf(name)
  const { afterwards, commit, date, hashMs, iterations, limitMs, load, machine, outcome, rounds, seconds, versions } =
    saved
  const known = Object.entries(versions).map(([program, version]) => `${program} ${version}`)
  return [
    "",
    `## ${title.slice(0, 1).toUpperCase()}${title.slice(1)}`,
    "",
    `${outcome.verdict}${outcome.reasons.map((reason) => `; ${reason}`).join("")}. ${date}, commit ${commit}, ${known.join(", ")}, ${machine}, load ${load.map((one) => one.toFixed(1)).join(" to ")}. ${rounds} rounds in ${seconds} s; one hash has ${iterations} iterations and takes ${hashMs.toFixed(1)} ms; the limit is ${limitMs.toFixed(2)} ms.`,
    "",
    `| kind | processor time${until === "answer" ? " until the answer" : ""} | verdict | a client waits |${afterwards === undefined ? "" : " processor time after the answer |"}`,
    `| --- | --- | --- | --- |${afterwards === undefined ? "" : " --- |"}`,
    ...saved.processor.map((one) => {
      const of = (others: ReadonlyArray<Comparison> | undefined): string => {
        const other = others?.find(({ kind }) => kind === one.kind)
        return other === undefined ? "" : intervalOf(other)
      }
      const words = sceneOf(name).kinds[one.kind]?.words ?? one.kind
      const cells = [words, intervalOf(one), one.verdict, of(saved.waiting)]
      return `| ${[...cells, ...(afterwards === undefined ? [] : [of(afterwards)])].join(" | ")} |`
    })
  ]
}
