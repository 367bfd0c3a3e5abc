/** The built `latchkey` command, as users run it. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { type InTerminal, inTerminal, type TerminalOptions } from "./pseudo-terminal.ts"

export const commandFile = join(import.meta.dirname, "../../dist/cli.js")

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What standard input contains, as in `… | latchkey`. Default: it is closed and empty. */
  readonly stdin?: string | Uint8Array
}

/** Variables that a developer's machine may have, and that would change what the command does. */
const unset = { DATABASE_URL: undefined, SECRET_KEY: undefined, NODE_ENV: undefined, NO_COLOR: undefined }

/** Runs the command without a terminal. Kills it after three minutes. */
export const latchkey = (args: ReadonlyArray<string>, { cwd, env = {}, stdin = "" }: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile, ...args], {
      cwd,
      env: { ...process.env, ...unset, ...env },
      timeout: 180_000,
      killSignal: "SIGKILL"
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk
    })
    child.stdin.on("error", () => undefined) // the command may end without reading it
    child.stdin.end(stdin)
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  })

/** Runs the command in a terminal, with standard output in a file. */
export const latchkeyInTerminal = (args: ReadonlyArray<string>, options: TerminalOptions = {}): InTerminal =>
  inTerminal(process.execPath, [commandFile, ...args], { ...options, env: { ...unset, ...options.env } })
