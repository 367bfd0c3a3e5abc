/**
 * `npm run test:mutation [-- TEXT]`: runs the fast tests on each mutant (whose name contains TEXT), the nearest tests
 * first, until one fails. Fails when a mutant survives, or when one that counts as equivalent does not.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { type Mutant, placesOf } from "./mutant.ts"
import { mutants } from "./mutants.ts"

const root = join(import.meta.dirname, "..", "..")
const reports = mkdtempSync(join(tmpdir(), "latchkey-mutation-"))
/** A mutant may loop for ever. */
const PATIENCE_MS = 300_000

/** @param mutant `undefined`: the source as it is. @returns the test that failed first; `undefined`: all passed */
const failing = (mutant: Mutant | undefined, among: ReadonlyArray<string>): Promise<string | undefined> =>
  new Promise((resolve) => {
    const report = join(reports, `${mutant === undefined ? "source" : mutants.indexOf(mutant)}.json`)
    rmSync(report, { force: true })
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    const options = ["run", ...among, "--project", "unit", "--bail", "1", "--maxWorkers", "1"]
    const child = spawn(process.execPath, [vitest, ...options, "--reporter=json", `--outputFile=${report}`], {
      cwd: root,
      // Most of a short run is the loading of vitest.
      env: { ...process.env, LATCHKEY_MUTANT: mutant?.name, NODE_COMPILE_CACHE: join(reports, "compiled") },
      stdio: "ignore"
    })
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS)
    child.once("close", (code) => {
      clearTimeout(late)
      resolve(code === 0 ? undefined : firstFailure(report))
    })
  })

const firstFailure = (report: string): string => {
  if (!existsSync(report)) return "no end"
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const { assertionResults, message, name } of testResults) {
    const file = String(name).slice(root.length + 1)
    for (const { fullName, status } of assertionResults) if (status === "failed") return `${file}: ${fullName}`
    if (message) return `${file}: ${message}`
  }
  return "an error outside of all tests"
}

/** The tests of the mutated file, those of its folder, and all; as far as there are any. */
const circles = (mutant: Mutant): ReadonlyArray<ReadonlyArray<string>> => {
  const file = placesOf(mutant)[0]?.file.replace(/^src\//, "test/") ?? ""
  const near = [file.replace(/\.ts$/, ".test.ts"), file.replace(/\/[^/]+$/, "/")]
  return [...near.filter((path) => existsSync(join(root, path))).map((path) => [path]), []]
}

const killerOf = async (mutant: Mutant): Promise<string | undefined> => {
  for (const tests of circles(mutant)) {
    const killer = await failing(mutant, tests)
    if (killer !== undefined) return killer
  }
  return undefined
}

const wanted = mutants.filter(({ name }) => name.includes(process.argv[2] ?? ""))
const waiting = [...wanted]
let unexpected = 0
const broken = await failing(undefined, [])
if (broken !== undefined) throw new Error(`without any mutant a test fails: ${broken}`)
const work = async (): Promise<void> => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const killer = await killerOf(mutant)
    const isExpected = (killer === undefined) === (mutant.equivalent !== undefined)
    if (!isExpected) unexpected += 1
    const what =
      killer === undefined ? (isExpected ? "equivalent" : "SURVIVED") : isExpected ? "killed" : "NOT EQUIVALENT"
    console.log(`${what}: ${mutant.name}${killer === undefined ? "" : `\n    by ${killer.slice(0, 200)}`}`)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
rmSync(reports, { recursive: true, force: true })
console.log(`${wanted.length} mutants, ${unexpected} unexpected`)
process.exitCode = unexpected === 0 ? 0 : 1
