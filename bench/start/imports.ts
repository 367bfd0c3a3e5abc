/** What the import of a package adds to a process: CPU time and memory, beside a process that imports nothing. */
import { execFileSync } from "node:child_process"
import { median } from "../statistics.ts"

/** What is imported, and where. */
export interface Imports {
  readonly specifier: string
  /** The folder that it is imported from. */
  readonly folder: string
  /** Whether the package is a link there, and finds other packages beside the link. */
  readonly isLinked?: true
}

export interface Imported {
  /** CPU time, in milliseconds. */
  readonly cpu: number
  /** Resident memory, in MB. */
  readonly memory: number
  /** Memory of JavaScript's values, in MB. */
  readonly heap: number
}

const program = (specifier: string | undefined): string => `
  ${specifier === undefined ? "" : `await import(${JSON.stringify(specifier)})`}
  const { system, user } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  console.log(JSON.stringify({ cpu: (system + user) / 1000, memory: rss / 1e6, heap: heapUsed / 1e6 }))`

const measured = (imports: Imports | undefined): Imported => {
  const args = ["--input-type=module", "--eval", program(imports?.specifier)]
  const options = { cwd: imports?.folder, encoding: "utf8", env: quiet } as const
  const links = imports?.isLinked ? ["--preserve-symlinks"] : []
  return JSON.parse(execFileSync(process.execPath, [...links, ...args], options))
}
const quiet = { ...process.env, NODE_ENV: "production", LATCHKEY_TESTING_IN_PRODUCTION: "allowed" }

/**
 * Each import has a process of its own in each round, so that other load on the machine affects all of them.
 *
 * @returns medians by the specifiers, without those of a process that imports nothing
 */
export const measureImports = (imports: ReadonlyArray<Imports>, rounds: number): ReadonlyMap<string, Imported> => {
  const found = new Map<string | undefined, Array<Imported>>()
  for (let round = 0; round < rounds; round++)
    for (const each of [undefined, ...imports])
      found.set(each?.specifier, [...(found.get(each?.specifier) ?? []), measured(each)])
  const middle = (specifier: string | undefined, of: keyof Imported) =>
    median((found.get(specifier) ?? []).map((each) => each[of]))
  const added = (specifier: string, of: keyof Imported) => middle(specifier, of) - middle(undefined, of)
  return new Map(
    imports.map(({ specifier }) => [
      specifier,
      { cpu: added(specifier, "cpu"), memory: added(specifier, "memory"), heap: added(specifier, "heap") }
    ])
  )
}
