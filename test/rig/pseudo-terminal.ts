/** Programs in a terminal: Python's `pty` makes one, Node has none. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { stripVTControlCharacters } from "node:util"
import { programs } from "./services.ts"

export interface TerminalOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default 80. */
  readonly columns?: number
}

export interface InTerminal {
  /** What the terminal has shown, with control sequences: standard error, and standard output unless it is a file. */
  readonly raw: () => string
  /** What the terminal has shown, as text. */
  readonly shown: () => string
  /** Waits for a text that the terminal shows after what was waited for before. Rejects when the program ends first. */
  readonly until: (pattern: RegExp) => Promise<void>
  /** Types keys: `"\r"` is Enter, `"\x03"` is Ctrl-C. */
  readonly type: (keys: string) => void
  /** The exit code, and what standard output has received: it is a file, as after `>`. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>
}

export const control = { c: "\x03", d: "\x04", enter: "\r", escape: "\x1b", down: "\x1b[B" } as const

/** Starts a program in a terminal. Its standard output is a file. */
export const inTerminal = (
  command: string,
  args: ReadonlyArray<string>,
  { columns = 80, cwd, env = {} }: TerminalOptions = {}
): InTerminal => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-terminal-"))
  const stdout = join(folder, "stdout")
  const driver = join(import.meta.dirname, "pseudo-terminal.py")
  const child = spawn(programs.python() ?? "python3", [driver, String(columns), stdout, command, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"]
  })
  let raw = ""
  let isOver = false
  let position = 0
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    raw += chunk
  })
  const stop = (): void => void child.kill("SIGTERM")
  process.once("exit", stop)
  const ended = new Promise<{ readonly code: number | null; readonly stdout: string }>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => {
      isOver = true
      process.removeListener("exit", stop)
      resolve({ code, stdout: readFileSync(stdout, "utf8") })
      rmSync(folder, { recursive: true })
    })
  })
  const shown = (): string => stripVTControlCharacters(raw).replaceAll("\r\n", "\n")
  return {
    raw: () => raw,
    shown,
    until: async (pattern) => {
      for (const deadline = Date.now() + 60_000; ; await sleep(10)) {
        const found = pattern.exec(shown().slice(position))
        if (found !== null) {
          position += found.index + found[0].length
          return
        }
        if (isOver || Date.now() > deadline) {
          stop()
          throw new Error(
            `the terminal has not shown ${pattern}${isOver ? " before the program ended" : ""}:\n${shown()}`
          )
        }
      }
    },
    type: (keys) => void child.stdin.write(keys),
    ended
  }
}
