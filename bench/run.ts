/**
 * Requests per second, latchkey beside bare Node http with one prepared join: the same database, in turns, in one run.
 * Only the ratio means something. Needs PostgreSQL's programs and `wrk`.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { postgres } from "latchkey/postgres"
import { startPostgres } from "../test/rig/postgres-server.ts"

const rounds = 5
const seconds = 3
const secretKey = "bench-secret-key"

const database = await startPostgres({ log_statement: "none" })
const cookie = await logIn(database.url)
const bare = await start("bare")
const latchkey = await start("latchkey")

try {
  for (const path of ["/me", "/anon"]) {
    const ratios: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const [theirs, ours] = [measure(bare.port, path), measure(latchkey.port, path)]
      ratios.push(ours / theirs)
      console.log(
        `${path}  bare ${theirs.toFixed(0)}/s  latchkey ${ours.toFixed(0)}/s  ratio ${(ours / theirs).toFixed(2)}`
      )
    }
    console.log(`${path}  median ratio ${ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)]?.toFixed(2)}`)
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
  return { port: Number(String(line).split(" ").at(-1)), stop: () => void child.kill() }
}

function measure(port: number, path: string): number {
  const options = ["-t1", "-c16", `-d${seconds}s`, "-H", `Cookie: ${cookie}`]
  const report = execFileSync("wrk", [...options, `http://127.0.0.1:${port}${path}`], { encoding: "utf8" })
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1])
}
