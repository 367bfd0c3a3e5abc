/** The compiler, as applications run it on the built package. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..")

/** What the compiler has to say in plain letters, its paths from the root of this repository; nothing, when all is well. */
export const tsc = (...options: ReadonlyArray<string>): string => {
  try {
    const program = join(root, "node_modules", "typescript", "bin", "tsc")
    return execFileSync(process.execPath, [program, ...options, "--pretty", "false"], { cwd: root, encoding: "utf8" })
  } catch (error) {
    return String(Object(error).stdout)
  }
}
