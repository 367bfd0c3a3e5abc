/** Keeps what was measured of the core for each release in `results/core.json`, and makes tables and sentences of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { markdownTable } from "../report/markdown-table.ts"
import type { Kind, RequestCost, Taken } from "./requests.ts"

export interface TransitionCost extends Taken {
  readonly name: string
  /** Whether it computes an HMAC. */
  readonly hmac?: true
}

interface Measured {
  readonly transitions: ReadonlyArray<TransitionCost>
  readonly requests: ReadonlyArray<RequestCost>
}

export interface CoreResult extends Measured {
  readonly date: string
  /** Of latchkey. */
  readonly version: string
  readonly machine: string
}

const folder = fileURLToPath(new URL("../results/", import.meta.url))
const file = `${folder}core.json`

/** @returns the last release that was measured */
export const readCore = (): CoreResult | undefined => readAll().at(-1)
const readAll = (): ReadonlyArray<CoreResult> => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [])

/** Says when and where this process has measured. */
export const withCircumstances = (measured: Measured): CoreResult => {
  const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version
  const machine = `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}`
  return { date: new Date().toISOString().slice(0, 10), version, machine, ...measured }
}

export const keepCore = (result: CoreResult): void => {
  mkdirSync(folder, { recursive: true })
  const others = readAll().filter(({ version }) => version !== result.version)
  writeFileSync(file, `${JSON.stringify([...others, result], undefined, 2)}\n`)
}

const count = (value: number) => Math.round(value).toLocaleString("en")

const titles: Readonly<Record<Kind, string>> = {
  anonymous: "anonymous",
  read: "read of the user",
  write: "read and write",
  login: "login, without the hash",
  logout: "logout"
}

/** Each kind of request: its transitions alone, and with the interpreter. */
export const requestsTable = ({ requests }: Measured): string =>
  markdownTable(
    [
      "request",
      "transitions, ns",
      "with the interpreter, ns",
      "of it the interpreter",
      "bytes",
      "with the interpreter"
    ],
    requests.map(({ interpreter, kind, transitions }) => [
      titles[kind],
      ...[
        transitions.nanoseconds,
        interpreter.nanoseconds,
        interpreter.nanoseconds - transitions.nanoseconds,
        transitions.bytes,
        interpreter.bytes
      ].map(count)
    ])
  )

const isSlow = ({ nanoseconds }: Taken) => nanoseconds > 1000

/** Whether the transitions reach their goal, and which do not. */
export const slowTransitions = ({ transitions }: Measured): string => {
  const half = transitions.toSorted((a, b) => a.nanoseconds - b.nanoseconds)[transitions.length >> 1]
  const [plain, signing] = [transitions.filter(({ hmac }) => !hmac), transitions.filter(({ hmac }) => hmac)]
  const slow = plain.filter(isSlow)
  const list = (of: ReadonlyArray<TransitionCost>) =>
    new Intl.ListFormat("en").format(of.map(({ name, nanoseconds }) => `\`${name}\` (${count(nanoseconds)} ns)`))
  return [
    `Half of the ${transitions.length} transitions take ${count(half?.nanoseconds ?? 0)} ns or less.`,
    "The goal is at most 1 µs for each that computes no HMAC.",
    slow.length === 0 ? "All reach it." : `${slow.length} of ${plain.length} miss it: ${list(slow)}.`,
    ...(signing.length === 0 ? [] : [`With an HMAC: ${list(signing)}.`])
  ].join(" ")
}

/** When and where it was measured. */
export const coreMeasuredOn = ({ date, machine }: CoreResult): string =>
  `Measured on ${date}, ${machine}, in CPU time: \`npm run bench:core -- --save\`.`

/** The page `results/core.md`. */
export const corePage = (result: CoreResult): string =>
  [
    coreMeasuredOn(result),
    "",
    markdownTable(
      ["transition", "ns", "bytes"],
      result.transitions.map(({ bytes, name, nanoseconds }) => [name, count(nanoseconds), count(bytes)])
    ),
    "",
    "A request of each kind, its transitions alone and with the interpreter, both with signed sessions in memory, and without an adapter:",
    "",
    requestsTable(result),
    ""
  ].join("\n")
