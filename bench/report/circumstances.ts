/** Where, when and of what something was measured. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

const said = (program: string, args: ReadonlyArray<string>): string | undefined => {
  try {
    return execFileSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return undefined
  }
}

/** Where and of what a run is made. */
export const circumstances = () => {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))
  const changed = said("git", ["status", "--porcelain", "--", "src", "bench", "package-lock.json", ":!bench/results"])
  const commit = said("git", ["rev-parse", "--short=10", "HEAD"]) ?? "unknown"
  const [postgres = "unknown"] = (said("sh", ["-c", "ls /usr/lib/postgresql | tail -1"]) ?? "").split("\n")
  return {
    version,
    date: new Date().toISOString().slice(0, 10),
    commit: changed === "" ? commit : `${commit} with changes`,
    machine: `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`,
    versions: { Node: process.versions.node, PostgreSQL: postgres }
  }
}
