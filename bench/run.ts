/**
 * Compares requests per second of latchkey and of bare Node http with one prepared join. Both use the same database and
 * run in turn. Only the ratio is meaningful. There are many short rounds, so other load on the machine affects both
 * equally. Needs PostgreSQL's programs and `wrk`.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { postgres } from "latchkey/postgres"
import { startPostgres } from "../test/rig/postgres-server.ts"

const rounds = 15
const seconds = 1
const secretKey = "bench-secret-key"

const database = await startPostgres({ log_statement: "none" })
const cookie = await logIn(database.url)
const bare = await start("bare")
const latchkey = await start("latchkey")

try {
  for (const path of ["/me", "/anon"]) {
    for (const server of [bare, latchkey]) measure(server, path)
    const [theirs, ours]: [Array<Round>, Array<Round>] = [[], []]
    for (let round = 0; round < rounds; round++) {
      theirs.push(measure(bare, path))
      ours.push(measure(latchkey, path))
    }
    const ratio = median(ours.map(({ perSecond }, round) => perSecond / (theirs[round]?.perSecond ?? Number.NaN)))
    console.log(`${path}  bare      ${summary(theirs)}`)
    console.log(`${path}  latchkey  ${summary(ours)}`)
    console.log(`${path}  median ratio ${ratio.toFixed(2)}`)
  }
} finally {
  bare.stop()
  latchkey.stop()
  await database.stop()
}

/** A stored user with a session. @returns the Cookie header */
async function logIn(url: string): Promise<string> {
  const pg = postgres({ url })
  await pg.createTables()
  const auth = createAuth({
    secretKey,
    sessions: pg.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  const user = await auth.createUser({ username: "alice", password: "alice's" })
  const transport = { secure: false, serverName: "localhost", serverPort: "80" }
  const request = auth.open({ method: "GET", target: "/", headers: [], transport })
  if (user !== undefined) await request.context.login(user)
  const { cookies } = await request.respond(200)
  await pg.close()
  return cookies.map((line) => line.split(";", 1)[0]).join("; ")
}

async function start(name: string) {
  const child = spawn(process.execPath, [new URL(`servers/${name}.ts`, import.meta.url).pathname], {
    env: { ...process.env, DATABASE_URL: database.url, SECRET_KEY: secretKey },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [line] = await once(createInterface(child.stdout), "line")
  return { pid: child.pid ?? 0, port: Number(String(line).split(" ").at(-1)), stop: () => void child.kill() }
}

interface Round {
  readonly perSecond: number
  /** CPU time of the server process per request, in microseconds; `NaN` if the system does not report it. */
  readonly cpu: number
}

function measure({ pid, port }: { readonly pid: number; readonly port: number }, path: string): Round {
  const before = cpuOf(pid)
  const options = ["-t1", "-c16", `-d${seconds}s`, "-H", `Cookie: ${cookie}`]
  const report = execFileSync("wrk", [...options, `http://127.0.0.1:${port}${path}`], { encoding: "utf8" })
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]),
    cpu: (cpuOf(pid) - before) / Number(/(\d+) requests in/.exec(report)?.[1])
  }
}

/** CPU time of a process so far, in microseconds: fields 14 and 15 of Linux's `/proc/…/stat`, in 1/100 seconds. */
function cpuOf(pid: number): number {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, "utf8").split(") ").at(-1)?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function median(values: ReadonlyArray<number>): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function summary(measured: ReadonlyArray<Round>): string {
  const perSecond = median(measured.map((round) => round.perSecond)).toFixed(0)
  const least = Math.min(...measured.map((round) => round.cpu)).toFixed(0)
  return `${perSecond}/s  CPU per request ${median(measured.map((round) => round.cpu)).toFixed(0)} µs (least ${least})`
}
