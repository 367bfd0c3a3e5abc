import type { Reporter } from "vitest/node"

/** Before each reason that a test file prints for what it skips. */
const MARK = "SKIPPED: "

/** Prints at the end of a run why suites were skipped, each reason once, and how to run all of them. */
export class SkippedSuites implements Reporter {
  readonly #reasons = new Set<string>()

  onUserConsoleLog({ content }: { readonly content: string }): void {
    for (const line of content.split("\n")) if (line.startsWith(MARK)) this.#reasons.add(line.slice(MARK.length))
  }

  onTestRunEnd(): void {
    if (this.#reasons.size === 0) return
    const lines = [...this.#reasons].sort().map((reason) => `  ${reason}`)
    const all = "LATCHKEY_TEST_SERVICES=required npm test"
    console.warn(
      ["Some suites were skipped:", ...lines, `${all} runs every suite, and fails without a service.`, ""].join("\n")
    )
  }
}
