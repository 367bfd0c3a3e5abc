/** Keeps the results of `npm run test:long` in `test/long.md`. */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const page = join(import.meta.dirname, "../long.md")

/** Replaces the line of this suite. Does nothing in other runs. @param result the numbers, in words */
export const keepResult = (suite: string, result: string): void => {
  if (process.env["LATCHKEY_LONG"] !== "1") return
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim()
  const line = `| ${suite} | ${new Date().toISOString().slice(0, 10)} | ${commit} | ${result} |`
  const lines = readFileSync(page, "utf8").trimEnd().split("\n")
  const at = lines.findIndex((other) => other.startsWith(`| ${suite} |`))
  const last = lines.findLastIndex((other) => other.startsWith("| "))
  if (at < 0) lines.splice(last + 1, 0, line)
  else lines[at] = line
  writeFileSync(page, `${lines.join("\n")}\n`)
}
