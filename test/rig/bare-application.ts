/** An application that has `effect` and the library's source, and no optional package. */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..")

export interface BareApplication {
  readonly folder: string
  /** Runs a script, which imports from `./src`. @returns its output */
  readonly run: (script: string) => string
  readonly remove: () => void
}

export const bareApplication = (): BareApplication => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-"))
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(join(root, "node_modules", "effect"), join(folder, "node_modules", "effect"))
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  cpSync(join(root, "package.json"), join(folder, "package.json"))
  return {
    folder,
    run: (script) =>
      execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder, encoding: "utf8" }),
    remove: () => rmSync(folder, { recursive: true })
  }
}
