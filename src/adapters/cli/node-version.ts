import { exitCodes } from "./exit-code.ts"

/** Ends the command with a sentence if Node is too old for it. */
export const requireNode = (): void => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return
  process.stderr.write(`latchkey needs Node 22.19 or later; this is Node ${process.versions.node}\n`)
  process.exit(exitCodes.configuration)
}
