/**
 * `npm run test:mutation [-- TEXT]`: runs the fast tests on each mutant (whose name contains TEXT), the nearest tests
 * first, until one fails. Fails when a mutant survives, or when a test fails on a mutant marked as equivalent. A mutant
 * of a store on PostgreSQL or Redis names its tests: they start the service.
 *
 * `npm run test:mutation:laws [-- TEXT]`: the same for the mutants of the core, with only the laws, the flows, the
 * explorer and the promises of a throttle store. Mutants that are marked as `beyondLaws` must survive these tests. "NOT
 * EXPECTED" names one that did not.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { type Mutant, placesOf } from "./mutant.ts"
import { mutants } from "./mutants.ts"

const root = join(import.meta.dirname, "..", "..")
const reports = mkdtempSync(join(tmpdir(), "latchkey-mutation-"))

/** Milliseconds. A mutant may cause an endless loop. */
interface Limits {
  readonly test: number
  readonly all: number
}

const usual: Limits = { test: 60_000, all: 300_000 }
/** A busy machine is not a fault that a test has found: a run that was too late is repeated with these limits. */
const generous: Limits = { test: 300_000, all: 1_200_000 }

interface Failure {
  /** Relative to the root of the repository. */
  readonly file: string
  readonly test: string
  /** Whether it was a time limit that failed. */
  readonly isLate: boolean
}

/** @param mutant `undefined`: the unchanged source. @returns the tests that failed; empty when all passed */
const failures = (
  mutant: Mutant | undefined,
  options: ReadonlyArray<string>,
  limits = usual
): Promise<ReadonlyArray<Failure>> =>
  new Promise((resolve) => {
    const report = join(reports, `${mutant === undefined ? "source" : mutants.indexOf(mutant)}.json`)
    rmSync(report, { force: true })
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    const project = mutant?.tests === undefined ? ["--project", "unit"] : ["--project", "whole"]
    const all = ["run", ...project, `--testTimeout=${limits.test}`, "--reporter=json", `--outputFile=${report}`]
    const child = spawn(process.execPath, [vitest, ...all, ...options], {
      cwd: root,
      // Most of a short run's time is spent loading vitest.
      env: {
        ...process.env,
        LATCHKEY_TEST_SERVICES: "required",
        LATCHKEY_MUTANT: mutant?.name,
        NODE_COMPILE_CACHE: join(reports, "compiled")
      },
      stdio: "ignore"
    })
    const late = setTimeout(() => child.kill("SIGKILL"), limits.all)
    child.once("close", (code) => {
      clearTimeout(late)
      resolve(code === 0 ? [] : readFailures(report))
    })
  })

const readFailures = (report: string): ReadonlyArray<Failure> => {
  if (!existsSync(report)) return [{ file: "", test: "the tests did not end", isLate: true }]
  const found: Array<Failure> = []
  for (const { assertionResults, message, name } of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const file = String(name).slice(root.length + 1)
    for (const { failureMessages, fullName, status } of assertionResults)
      if (status === "failed")
        found.push({ file, test: fullName, isLate: /timed out in \d+ms/.test(String(failureMessages)) })
    if (message) found.push({ file, test: message, isLate: false })
  }
  return found.length > 0 ? found : [{ file: "", test: "an error outside of all tests", isLate: false }]
}

const [wantsLaws, text = ""] = process.argv[2] === "--laws" ? [true, process.argv[3]] : [false, process.argv[2]]

/** The tests of laws, flows, the explorer and a store's promises, and of those only the tests that nothing is broken. */
const lawTests = [
  "test/laws/laws.test.ts",
  "test/testing/fast-check.test.ts",
  "test/explorer/explorer.test.ts",
  "test/testing/throttle-promises.test.ts"
]
const lawTestNames = "on a site|flows hold|break no law|^the store in memory"

/** The tests of the mutated file, those of its folder, and all; without those that do not exist. */
const circles = (mutant: Mutant): ReadonlyArray<ReadonlyArray<string>> => {
  if (wantsLaws) return [[...lawTests, "--testNamePattern", lawTestNames]]
  if (mutant.tests !== undefined) return [mutant.tests]
  const file = placesOf(mutant)[0]?.file.replace(/^src\//, "test/") ?? ""
  const near = [file.replace(/\.ts$/, ".test.ts"), file.replace(/\/[^/]+$/, "/")]
  return [...near.filter((path) => existsSync(join(root, path))).map((path) => [path]), []]
}

// Test files that fail without a mutant, for example on a busy machine, are left out.
const broken = new Set((await failures(undefined, wantsLaws ? lawTests : [])).map(({ file }) => file))
if (broken.has("")) {
  rmSync(reports, { recursive: true, force: true })
  console.error("the tests did not end, or an error occurred outside of them, without a mutant: run npm run test:unit")
  process.exit(1)
}
for (const file of broken) console.log(`left out, since it fails without a mutant: ${file}`)
const options = ["--bail", "1", "--maxWorkers", "1", ...Array.from(broken, (file) => `--exclude=${file}`)]

const killerOf = async (mutant: Mutant): Promise<Failure | undefined> => {
  for (const tests of circles(mutant)) {
    const [first] = await failures(mutant, [...tests, ...options])
    const [killer] = first?.isLate === true ? await failures(mutant, [...tests, ...options], generous) : [first]
    if (killer !== undefined) return killer
  }
  return undefined
}

/** Why no test may fail on a mutant; `undefined`: one has to fail. */
const excuseOf = ({ beyondLaws, equivalent }: Mutant): string | undefined =>
  equivalent ?? (wantsLaws ? beyondLaws : undefined)

const isOfCore = (mutant: Mutant): boolean => placesOf(mutant)[0]?.file.startsWith("src/core/") ?? false
const wanted = mutants.filter((mutant) => mutant.name.includes(text) && (!wantsLaws || isOfCore(mutant)))
const waiting = [...wanted]
let unexpected = 0
const work = async (): Promise<void> => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const killer = await killerOf(mutant)
    const excuse = excuseOf(mutant)
    const isExpected = (killer === undefined) === (excuse !== undefined)
    if (!isExpected) unexpected += 1
    if (killer === undefined)
      console.log(isExpected ? `not found: ${mutant.name}: ${excuse}` : `SURVIVED: ${mutant.name}`)
    else console.log(`${isExpected ? "killed" : "NOT EXPECTED"}: ${mutant.name}\n    by ${killer.file}: ${killer.test}`)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
rmSync(reports, { recursive: true, force: true })
console.log(`${wanted.length} mutants, ${unexpected} unexpected`)
process.exitCode = unexpected === 0 ? 0 : 1
