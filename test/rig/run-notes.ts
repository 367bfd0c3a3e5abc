/** A reporter for vitest. At the end of a run it says which suites were skipped and why, and which files took long. */
import { relative } from "node:path"
import type { Reporter, TestModule } from "vitest/node"

/** Before each reason that a test file prints for what it skips. */
const MARK = "SKIPPED: "

/** A file should take no longer, hooks included, so that the cores share the files evenly. */
const FILE_SECONDS = 30
/** `LATCHKEY_FILE_SECONDS`: the run fails when a file takes longer, which a slow machine does not explain. Set in CI. */
const limit = Number(process.env["LATCHKEY_FILE_SECONDS"] || Number.POSITIVE_INFINITY)

export default class RunNotes implements Reporter {
  readonly #reasons = new Set<string>()

  onUserConsoleLog({ content }: { readonly content: string }): void {
    for (const line of content.split("\n")) if (line.startsWith(MARK)) this.#reasons.add(line.slice(MARK.length))
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const notes = [...skipped(this.#reasons), ...slow(modules)]
    if (notes.length > 0) console.warn(`${notes.join("\n")}\n`)
  }
}

const skipped = (reasons: ReadonlySet<string>): ReadonlyArray<string> =>
  reasons.size === 0
    ? []
    : [
        "Some suites were skipped:",
        ...[...reasons].sort().map((reason) => `  ${reason}`),
        "LATCHKEY_TEST_SERVICES=required npm test runs every suite, and fails without a service."
      ]

/** The note about files that took long. It makes the run fail when one took longer than the limit. */
const slow = (modules: ReadonlyArray<TestModule>): ReadonlyArray<string> => {
  const files = modules
    .map((module) => ({
      file: relative(process.cwd(), module.moduleId),
      seconds: module.diagnostic().duration / 1000
    }))
    .filter(({ seconds }) => seconds > FILE_SECONDS)
    .sort((one, other) => other.seconds - one.seconds)
  if (files.some(({ seconds }) => seconds > limit)) process.exitCode = 1
  if (files.length === 0) return []
  return [
    `Some files took more than ${FILE_SECONDS} s. If they do so on an idle machine, split them (the limit in CI is LATCHKEY_FILE_SECONDS):`,
    ...files.map(({ file, seconds }) => `  ${seconds.toFixed(0)} s: ${file}`)
  ]
}
