/**
 * Temporary Redis servers on free ports of the loopback interface: a single one, or a cluster of three. Nothing is kept
 * on disk, unless the options say so.
 */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { createClient } from "redis"
import { type Child, start } from "./child.ts"
import { freePort } from "./free-port.ts"
import { programs } from "./services.ts"
import { folderFor } from "./unprivileged.ts"

export interface RedisServer {
  readonly host: "127.0.0.1"
  readonly port: number
  readonly url: string
  readonly pid: number
  /** Sends a command on a separate connection. */
  readonly ask: (...command: ReadonlyArray<string>) => Promise<unknown>
  /** Sends SIGKILL. */
  readonly crash: () => Promise<void>
  /** Starts the server again after `crash`, on the same port. Sessions are kept only if it was started to keep them. */
  readonly startAgain: () => Promise<void>
  /** Stops the process (SIGSTOP): connections stay open, and nothing is answered. */
  readonly suspend: () => void
  /** Continues after `suspend`. */
  readonly resume: () => void
  readonly stop: () => Promise<void>
}

export interface RedisCluster {
  readonly nodes: ReadonlyArray<RedisServer>
  readonly urls: ReadonlyArray<string>
  /** The cluster node that holds a key. */
  readonly holderOf: (key: string) => Promise<RedisServer>
  readonly stop: () => Promise<void>
}

/** @param extra settings as on the command line: `["--maxmemory", "2mb"]` */
export const startRedis = async (...extra: ReadonlyArray<string>): Promise<RedisServer> => {
  const program = programs.redis()
  if (program === undefined) throw new Error("no Redis here")
  const folder = folderFor({}, "redis")
  const port = await freePort()
  const where = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder]
  const launch = async (): Promise<Child> => {
    const launched = start(program, [...where, "--save", "", "--appendonly", "no", ...extra])
    await launched.printed(/Ready to accept connections/)
    return launched
  }
  let child = await launch()
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, RESP: 2 })
  client.on("error", () => {})
  await client.connect()
  return {
    host: "127.0.0.1",
    port,
    url,
    pid: child.pid,
    ask: (...command) => client.sendCommand([...command]),
    crash: () => child.kill(),
    startAgain: async () => {
      child = await launch()
    },
    suspend: () => void process.kill(child.pid, "SIGSTOP"),
    resume: () => void process.kill(child.pid, "SIGCONT"),
    stop: async () => {
      client.destroy()
      await child.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Three nodes, each with a third of the hash slots. */
export const startRedisCluster = async (): Promise<RedisCluster> => {
  const nodes: Array<RedisServer> = []
  for (let i = 0; i < 3; i++) {
    // By default the cluster bus uses the port plus 10,000, which may not be a valid port.
    const clustered = ["--cluster-enabled", "yes", "--cluster-port", String(await freePort())]
    nodes.push(await startRedis(...clustered, "--cluster-node-timeout", "2000"))
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"], { stdio: "ignore" })
  for (const node of nodes)
    while (!String(await node.ask("CLUSTER", "INFO")).includes("cluster_state:ok")) await sleep(50)

  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    holderOf: async (key) => {
      const slot = Number(await nodes[0]?.ask("CLUSTER", "KEYSLOT", key))
      for (const node of nodes) {
        const lines = String(await node.ask("CLUSTER", "NODES")).split("\n")
        const own = lines.find((line) => line.includes("myself")) ?? ""
        const ranges = own
          .split(" ")
          .slice(8)
          .map((range) => range.split("-").map(Number))
        if (ranges.some(([from = 0, to = from]) => from <= slot && slot <= to)) return node
      }
      throw new Error("no node has that slot")
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  }
}
