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

/** @returns the test that failed first; `undefined`: all passed */
const failing = (mutant: Mutant, among: ReadonlyArray<string>): Promise<string | undefined> =>
  new Promise((resolve) => {
    const report = join(reports, `${mutants.indexOf(mutant)}.json`)
    rmSync(report, { force: true })
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    const options = ["run", ...among, "--project", "unit", "--bail", "1", "--maxWorkers", "1"]
    const child = spawn(process.execPath, [vitest, ...options, "--reporter=json", `--outputFile=${report}`], {
      cwd: root,
      env: { ...process.env, LATCHKEY_MUTANT: mutant.name },
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

/** The folder of tests that mirrors the file's own folder, where there is one. */
const nearest = (mutant: Mutant): ReadonlyArray<string> => {
  const [place] = placesOf(mutant)
  const folder = place?.file.replace(/^src\//, "test/").replace(/\/[^/]+$/, "/") ?? ""
  return folder !== "test/core/" && existsSync(join(root, folder)) ? [folder] : []
}

const killerOf = async (mutant: Mutant): Promise<string | undefined> => {
  const near = nearest(mutant)
  const killer = near.length === 0 ? undefined : await failing(mutant, near)
  return killer ?? failing(mutant, [])
}

const wanted = mutants.filter(({ name }) => name.includes(process.argv[2] ?? ""))
const waiting = [...wanted]
let unexpected = 0
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
