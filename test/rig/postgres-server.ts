/**
 * A temporary PostgreSQL server: real, on a free port of the loopback interface, without durability. It logs every
 * statement, so that tests can count them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"
import { freePort } from "./free-port.ts"
import { prepared } from "./prepared.ts"
import { programs } from "./services.ts"
import { folderFor, mortal, unprivileged } from "./unprivileged.ts"

export interface PostgresServer {
  readonly host: "127.0.0.1"
  readonly port: number
  /** The URL of the database `postgres`, for the superuser `postgres` without a password. */
  readonly url: string
  /** Creates an empty database. @returns its URL */
  readonly createDatabase: () => Promise<string>
  /**
   * Calls a function and returns the statements that the server received meanwhile, in order, BEGIN and COMMIT
   * included.
   * @param url only statements in this URL's database count
   */
  readonly statementsOf: (run: () => Promise<unknown>, url?: string) => Promise<ReadonlyArray<string>>
  /** Calls a function and returns what the server logged meanwhile. */
  readonly logOf: (run: () => Promise<unknown>) => Promise<string>
  /** Sends SIGKILL to all processes of the server, as when the machine is switched off. */
  readonly crash: () => Promise<void>
  /** Ends all connections and stops the server, without a pause for its clients. */
  readonly shutDown: () => Promise<void>
  /** Starts the server again after `crash` or `shutDown`, on the same port and with the same data. */
  readonly startAgain: () => Promise<void>
  /** Stops all processes of the server (SIGSTOP): connections stay open, and nothing is answered. */
  readonly suspend: () => void
  /** Continues after `suspend`. */
  readonly resume: () => void
  /** Makes a standby the primary. */
  readonly promote: () => Promise<void>
  readonly stop: () => Promise<void>
}

const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  log_statement: "all",
  log_line_prefix: "%d|"
}

/**
 * @param primary makes the server a hot standby of this one, which refuses every write
 * @param bytes how much it will store, if that is more than a gigabyte
 */
export const startPostgres = async (
  extra: Readonly<Record<string, string>> = {},
  primary?: PostgresServer,
  bytes?: number
): Promise<PostgresServer> => {
  const bin = programs.postgres()
  if (bin === undefined) throw new Error("no PostgreSQL here")
  const user = unprivileged()
  const folder = folderFor(user, "postgres", bytes)
  const data = join(folder, "data")
  const log = join(folder, "log")
  const here = { ...user, cwd: folder, stdio: "ignore" } as const
  if (primary === undefined) execFileSync("cp", ["-a", await emptyCluster(bin), data])
  else {
    const backup = ["-D", data, "-d", primary.url, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    execFileSync(join(bin, "pg_basebackup"), backup, here)
  }
  const port = await freePort()
  const options = Object.entries({ ...settings, ...extra }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const launch = (): ChildProcess => {
    const output = openSync(log, "a")
    const command = mortal("QUIT", join(bin, "postgres"), ["-D", data, "-p", String(port), ...options])
    const launched = spawn(...command, { ...user, cwd: folder, stdio: ["ignore", output, output] })
    closeSync(output)
    return launched
  }
  let server = launch()
  const kill = () => server.kill("SIGQUIT")
  process.once("exit", kill)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const connectAdmin = () => postgres(url, { max: 1, onnotice: () => {} })
  let admin = connectAdmin()
  await ready(server, admin, log)
  let databases = 0
  const logOf = async (run: () => Promise<unknown>) => {
    const before = statSync(log).size
    await run()
    return readFileSync(log).subarray(before).toString()
  }
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of processesOf(server)) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended since it was listed.
      }
    }
  }
  /** @param signal ends the server; its other processes end with it */
  const end = async (signal: () => void) => {
    await admin.end({ timeout: 0 })
    const gone = once(server, "exit")
    signal()
    await gone
  }
  return {
    host: "127.0.0.1",
    port,
    url,
    createDatabase: async () => {
      const name = `test_${++databases}`
      await admin.unsafe(`CREATE DATABASE ${name}`)
      return `postgres://postgres@127.0.0.1:${port}/${name}`
    },
    statementsOf: async (run, of = url) => statements(await logOf(run), new URL(of).pathname.slice(1)),
    logOf,
    crash: async () => {
      const pids = processesOf(server)
      await end(() => signalAll("SIGKILL"))
      while (pids.some((pid) => stateOf(pid) !== undefined)) await sleep(5)
    },
    shutDown: () => end(() => server.kill("SIGINT")),
    startAgain: async () => {
      server = launch()
      admin = connectAdmin()
      await ready(server, admin, log)
    },
    suspend: () => signalAll("SIGSTOP"),
    resume: () => signalAll("SIGCONT"),
    promote: async () => {
      await admin`SELECT pg_promote()`
    },
    stop: async () => {
      process.off("exit", kill)
      if (server.exitCode === null && server.signalCode === null) {
        signalAll("SIGCONT")
        await end(kill)
      }
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The server's processes, the first one first: the others are its children. */
const processesOf = ({ pid = 0 }: ChildProcess): ReadonlyArray<number> => {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && stateOf(Number(name))?.parent === pid)
  return [pid, ...children.map(Number)]
}

/** @returns `undefined` if there is no such process, or if it has ended */
const stateOf = (pid: number): { readonly parent: number } | undefined => {
  try {
    // PID (NAME) STATE PARENT …; the name may contain spaces and brackets.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    return state === "Z" ? undefined : { parent: Number(parent) }
  } catch {
    return undefined
  }
}

/** A folder as `initdb` makes it, which takes longer than to copy it. @param bin the folder of PostgreSQL's programs */
const emptyCluster = async (bin: string): Promise<string> => {
  const initdb = join(bin, "initdb")
  const [version = ""] = execFileSync(initdb, ["--version"], { encoding: "utf8" }).match(/\d[\w.]*/) ?? []
  const user = unprivileged()
  const made = await prepared(`postgres-${version}-${user.uid ?? userInfo().uid}`, async (kept) => {
    // That user may not be allowed to write to the kept folder.
    const folder = folderFor(user, "initdb")
    const data = join(folder, "data")
    const options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    execFileSync(initdb, options, { ...user, cwd: folder, stdio: "ignore" })
    execFileSync("cp", ["-a", data, join(kept, "data")])
    rmSync(folder, { recursive: true })
  })
  return join(made, "data")
}

/** @returns the statements that the server received meanwhile */
export const countStatements = async (
  server: PostgresServer,
  run: () => Promise<unknown>,
  url?: string
): Promise<number> => (await server.statementsOf(run, url)).length

const ready = async (server: ChildProcess, admin: postgres.Sql, log: string) => {
  for (let tries = 0; ; tries++) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${readFileSync(log, "utf8")}`)
    try {
      await admin`SELECT 1`
      return
    } catch (cause) {
      if (tries === 1200) throw new Error("PostgreSQL does not answer", { cause })
      await sleep(50)
    }
  }
}

const statements = (log: string, database: string): ReadonlyArray<string> =>
  log
    .split("\n")
    .filter((line) => line.startsWith(`${database}|`))
    .flatMap((line) => line.match(/LOG: {2}(?:statement|execute [^:]*): (.*)$/)?.[1] ?? [])
