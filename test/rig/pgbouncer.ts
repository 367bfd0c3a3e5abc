/** PgBouncer in transaction mode in front of a server: each transaction may run on another server connection. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "./free-port.ts"
import { programs } from "./services.ts"
import { folderFor, mortal, unprivileged } from "./unprivileged.ts"

export interface Pgbouncer {
  readonly pid: number
  /** The same database, through PgBouncer. */
  readonly through: (url: string) => string
  readonly stop: () => Promise<void>
}

/** @param extra further lines of the section `[pgbouncer]` */
export const startPgbouncer = async (
  server: { readonly host: string; readonly port: number },
  ...extra: ReadonlyArray<string>
): Promise<Pgbouncer> => {
  const program = programs.pgbouncer()
  if (program === undefined) throw new Error("no PgBouncer here")
  const user = unprivileged()
  const folder = folderFor(user, "pgbouncer")
  const port = await freePort()
  const configuration = join(folder, "pgbouncer.ini")
  writeFileSync(
    configuration,
    `[databases]
* = host=${server.host} port=${server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 100
${extra.join("\n")}
`
  )
  const child = spawn(...mortal("INT", program, ["-q", configuration]), { ...user, cwd: folder, stdio: "ignore" })
  const kill = () => child.kill("SIGKILL")
  process.once("exit", kill)
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries === 1200) throw new Error("PgBouncer did not start")
    await sleep(50)
  }
  return {
    pid: child.pid ?? 0,
    through: (url) => {
      const other = new URL(url)
      other.host = `127.0.0.1:${port}`
      return other.href
    },
    stop: async () => {
      process.off("exit", kill)
      const gone = once(child, "exit")
      kill()
      await gone
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
