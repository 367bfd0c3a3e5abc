/** Child processes of the tests. Each ends when the process that started it ends, even when that one is killed. */
import { spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { stripVTControlCharacters } from "node:util"
import { mortal } from "./unprivileged.ts"

export interface ChildOptions {
  readonly cwd?: string
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Child {
  readonly pid: number
  /** Everything it has printed so far, on stdout and stderr, without the colours that FORCE_COLOR asks for. */
  readonly output: () => string
  /** The first match in its output. Rejects, with the output, when the process ends first or after `withinMs`. */
  readonly printed: (pattern: RegExp, withinMs?: number) => Promise<RegExpMatchArray>
  /** The exit code; `null` when a signal ended the process. */
  readonly ended: Promise<number | null>
  /**
   * Sends a signal and waits for the exit.
   * @param options `signal` is SIGTERM by default. After `withinMs`, the process is killed and the promise rejects.
   * @returns the exit code
   */
  readonly stop: (options?: {
    readonly signal?: "SIGTERM" | "SIGQUIT"
    readonly withinMs?: number
  }) => Promise<number | null>
  /** Sends SIGKILL, to simulate a crash. */
  readonly kill: () => Promise<void>
}

/** Starts `command` without a shell. */
export const start = (command: string, args: readonly string[], options: ChildOptions = {}): Child => {
  const child = spawn(...mortal("QUIT", command, args), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const name = `${command} ${args.join(" ")}`.slice(0, 120)
  let said = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk
    })
  }
  const output = () => stripVTControlCharacters(said)
  let over = false
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      said += `${error}\n`
      over = true
      resolve(null)
    })
    child.once("close", (code) => {
      over = true
      resolve(code)
    })
  })
  const dieWithUs = () => child.kill("SIGKILL")
  process.once("exit", dieWithUs)
  void ended.then(() => process.removeListener("exit", dieWithUs))

  return {
    pid: child.pid ?? 0,
    output,
    ended,
    printed: async (pattern, withinMs = 120_000) => {
      const deadline = Date.now() + withinMs
      for (;;) {
        const match = output().match(pattern)
        if (match) return match
        if (over) throw new Error(`${name} ended before it printed ${pattern}:\n${said}`)
        if (Date.now() > deadline) throw new Error(`${name} has not printed ${pattern} in ${withinMs} ms:\n${said}`)
        await sleep(20)
      }
    },
    stop: async ({ signal = "SIGTERM", withinMs = 60_000 } = {}) => {
      child.kill(signal)
      const late = new AbortController()
      const code = await Promise.race([ended, sleep(withinMs, "late" as const, { signal: late.signal, ref: false })])
      late.abort()
      if (code !== "late") return code
      child.kill("SIGKILL")
      await ended
      throw new Error(`${name} still ran ${withinMs} ms after ${signal}:\n${said}`)
    },
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    }
  }
}
