/** What the import of a package adds to a process: CPU time and memory, beside a process that imports nothing. */
import { execFileSync } from "node:child_process"
import { median } from "../statistics.ts"

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

const measured = (specifier: string | undefined, cwd: string): Imported => {
  const args = ["--input-type=module", "--eval", program(specifier)]
  return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: "utf8", env: quiet }))
}
const quiet = { ...process.env, NODE_ENV: "production", LATCHKEY_TESTING_IN_PRODUCTION: "allowed" }

/**
 * Each import has a process of its own in each round, so that other load on the machine affects all of them.
 *
 * @param imports specifiers, and the folder that they are imported from
 * @returns medians, without those of a process that imports nothing
 */
export const measureImports = (
  imports: ReadonlyArray<readonly [specifier: string, folder: string]>,
  rounds: number
): ReadonlyMap<string, Imported> => {
  const found = new Map<string | undefined, Array<Imported>>()
  for (let round = 0; round < rounds; round++)
    for (const [specifier, folder] of [[undefined, "."] as const, ...imports])
      found.set(specifier, [...(found.get(specifier) ?? []), measured(specifier, folder)])
  const middle = (specifier: string | undefined, of: keyof Imported) =>
    median((found.get(specifier) ?? []).map((each) => each[of]))
  const added = (specifier: string, of: keyof Imported) => middle(specifier, of) - middle(undefined, of)
  return new Map(
    imports.map(([specifier]) => [
      specifier,
      { cpu: added(specifier, "cpu"), memory: added(specifier, "memory"), heap: added(specifier, "heap") }
    ])
  )
}
