/**
 * `node count.mjs FOLDER [STEP...]`: the last line of `.ci/run`. FOLDER holds one report of vitest per step, STEP.json;
 * the steps named are those that ended with an error. Each test counts once, however many runs it was in, and has
 * failed when it failed in one. A step with an error but without a failed test counts as one.
 */
import { readdirSync, readFileSync } from "node:fs"

const [folder, ...broken] = process.argv.slice(2)
const passed = new Set()
const failed = new Set()
const explained = new Set()

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  for (const suite of JSON.parse(readFileSync(`${folder}/${file}`, "utf8")).testResults) {
    const seen = new Map()
    for (const { fullName, status } of suite.assertionResults) {
      const nth = (seen.get(fullName) ?? 0) + 1
      seen.set(fullName, nth)
      const test = `${suite.name}: ${fullName}${nth > 1 ? ` (${nth})` : ""}`
      if (status === "passed") passed.add(test)
      if (status === "failed") failed.add(test)
    }
    const told = suite.assertionResults.some((test) => test.status === "failed")
    if (suite.status === "failed" && !told) failed.add(`${suite.name}: the file itself`)
    if (suite.status === "failed") explained.add(file.replace(/\.json$/, ""))
  }
}
for (const step of broken) if (!explained.has(step)) failed.add(`step ${step}`)
for (const test of failed) {
  passed.delete(test)
  console.log(`failed: ${test}`)
}
console.log(`${passed.size} passed, ${failed.size} failed`)
process.exitCode = failed.size > 0 || passed.size === 0 ? 1 : 0
