/**
 * A Python process that has loaded a Django site, and runs Python code for tests. Loading Django is slow, so it is done
 * once. Each piece of code runs in a fork of that process, so it does not see variables of earlier pieces.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { mortal } from "./unprivileged.ts"

/** Reads one job per line, forks for each, and writes its result in a line that begins with NUL. */
const SERVER = `
import json, os, sys, traceback
import django
django.setup()
for line in sys.stdin:
    job = json.loads(line)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        sys.stdin = open(os.devnull)
        names = {"__name__": "__main__", "django": django, "json": json, "sys": sys, "given": job["given"], "answer": None}
        try:
            exec(compile(job["code"], "manage", "exec"), names)
            result = json.dumps({"answer": names["answer"]})
        except BaseException:
            result = json.dumps({"error": traceback.format_exc()})
        with os.fdopen(writing, "w") as pipe:
            pipe.write(result)
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        result = pipe.read()
    os.wait()
    print("\\n\\0" + result, flush=True)
`

export interface DjangoShell {
  /**
   * Runs Python code. The code reads the variable `given` and assigns its answer, a JSON value, to `answer`.
   * @returns that answer; rejects with Python's traceback, or after a minute
   */
  readonly run: (code: string, given: unknown) => Promise<unknown>
}

export interface ShellOptions {
  readonly python: string
  /** The folder of the site. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const MINUTE_MS = 60_000

/** Starts Python at the first call of `run`; the process then runs until this process ends. */
export const djangoShell = ({ cwd, env, python }: ShellOptions): DjangoShell => {
  let running: ReturnType<typeof startServer> | undefined
  /** Settles when the last piece of code has run: pieces run one after the other. */
  let last: Promise<unknown> = Promise.resolve()
  const run: DjangoShell["run"] = async (code, given) => {
    running ??= startServer(python, { cwd, env: { ...process.env, ...env } })
    return running.ask({ code, given })
  }
  return {
    run: (code, given) => {
      const own = last.then(
        () => run(code, given),
        () => run(code, given)
      )
      last = own
      return own
    }
  }
}

const startServer = (python: string, settings: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) => {
  const child: ChildProcessWithoutNullStreams = spawn(...mortal("QUIT", python, ["-c", SERVER]), settings)
  const kill = () => child.kill("SIGKILL")
  process.once("exit", kill)
  child.once("exit", () => process.removeListener("exit", kill))
  let complaint = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text
  })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, "exit").then(() => {
    throw new Error(`Python ended, or took longer than a minute:\n${complaint}`)
  })
  ended.catch(() => {})

  const answered = (): Promise<string> =>
    new Promise((resolve) => {
      const read = (line: string): void => {
        if (!line.startsWith("\0")) return
        lines.off("line", read)
        resolve(line.slice(1))
      }
      lines.on("line", read)
    })

  return {
    ask: async (job: { readonly code: string; readonly given: unknown }): Promise<unknown> => {
      const late = setTimeout(kill, MINUTE_MS)
      const answer = answered()
      child.stdin.write(`${JSON.stringify(job)}\n`)
      const { answer: value, error } = JSON.parse(await Promise.race([answer, ended]))
      clearTimeout(late)
      if (error !== undefined) throw new Error(error)
      return value
    }
  }
}
