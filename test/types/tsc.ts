/** Runs the compiler on the built package, as applications do. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..")

/**
 * The compiler's output without colours, with paths relative to the root of this repository; empty when there are no
 * errors.
 */
export const tsc = (...options: ReadonlyArray<string>): string => {
  try {
    const program = join(root, "node_modules", "typescript", "bin", "tsc")
    return execFileSync(process.execPath, [program, ...options, "--pretty", "false"], { cwd: root, encoding: "utf8" })
  } catch (error) {
    return String(Object(error).stdout)
  }
}
