/**
 * Temporary Redis or Valkey servers on free ports of the loopback interface: a single one, or a cluster of three, with a
 * replica of each or without. Nothing is kept on disk, unless the options say so.
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

/** The programs that speak Redis' protocol. */
export type RedisKind = "redis" | "valkey"

export interface RedisCluster {
  readonly nodes: ReadonlyArray<RedisServer>
  readonly urls: ReadonlyArray<string>
  /** The cluster node that holds a key and accepts writes. */
  readonly holderOf: (key: string) => Promise<RedisServer>
  /** The replica of a node. */
  readonly replicaOf: (primary: RedisServer) => Promise<RedisServer>
  /** Waits until a replica has all that its primary has. */
  readonly caughtUp: (primary: RedisServer, replica: RedisServer) => Promise<void>
  /** Waits until each node but `lost` has heard that this one accepts writes, and all slots are served. */
  readonly promoted: (replica: RedisServer, lost: RedisServer) => Promise<void>
  readonly stop: () => Promise<void>
}

/** @param extra settings as on the command line: `["--maxmemory", "2mb"]` */
export const startRedis = (...extra: ReadonlyArray<string>): Promise<RedisServer> => startServer("redis", extra)

/** A Redis or a Valkey. @param extra settings as on the command line */
export const startServer = (kind: RedisKind, extra: ReadonlyArray<string> = []): Promise<RedisServer> =>
  onFreePorts(() => startOnce(kind, extra))

/** Starts again on other ports if another program has taken one meanwhile. */
const onFreePorts = async <A>(attempt: () => Promise<A>, attempts = 3): Promise<A> => {
  try {
    return await attempt()
  } catch (error) {
    if (attempts === 1 || !String(error).includes("Address already in use")) throw error
    return onFreePorts(attempt, attempts - 1)
  }
}

const startOnce = async (kind: RedisKind, extra: ReadonlyArray<string>): Promise<RedisServer> => {
  const program = programs[kind]()
  if (program === undefined) throw new Error(`no ${kind} here`)
  const folder = folderFor({}, kind)
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

const infoOf = async (node: RedisServer): Promise<string> => String(await node.ask("CLUSTER", "INFO"))

/**
 * Three nodes, each with a third of the hash slots.
 * @param options `replicas` starts three more, one replica of each. `timeoutMs` is how long a node may be silent before
 * the others elect its replica.
 */
export const startRedisCluster = async ({
  kind = "redis",
  replicas = false,
  timeoutMs = 2000
}: {
  readonly kind?: RedisKind
  readonly replicas?: boolean
  readonly timeoutMs?: number
} = {}): Promise<RedisCluster> => {
  const nodes = await Promise.all(
    Array.from({ length: replicas ? 6 : 3 }, () =>
      onFreePorts(async () => {
        // By default the cluster bus uses the port plus 10,000, which may not be a valid port.
        const clustered = ["--cluster-enabled", "yes", "--cluster-port", String(await freePort())]
        const timing = ["--cluster-node-timeout", String(timeoutMs), "--repl-diskless-sync-delay", "0"]
        return startOnce(kind, [...clustered, ...timing])
      })
    )
  )
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const creation = ["--cluster", "create", ...addresses, "--cluster-replicas", replicas ? "1" : "0", "--cluster-yes"]
  execFileSync(`${kind}-cli`, creation, { stdio: "ignore" })
  for (const node of nodes) while (!(await infoOf(node)).includes("cluster_state:ok")) await sleep(50)

  const replicaOf = async (primary: RedisServer): Promise<RedisServer> => {
    for (const node of nodes) {
      const [role, , port] = [await node.ask("ROLE")].flat()
      if (role === "slave" && port === primary.port) return node
    }
    throw new Error("no node is a replica of that one")
  }
  const caughtUp = async (primary: RedisServer, replica: RedisServer): Promise<void> => {
    for (;;) {
      const [, written] = [await primary.ask("ROLE")].flat()
      const [, , , state, read] = [await replica.ask("ROLE")].flat()
      if (state === "connected" && read === written) return
      await sleep(20)
    }
  }
  if (replicas) for (const primary of nodes.slice(0, 3)) await caughtUp(primary, await replicaOf(primary))

  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    replicaOf,
    caughtUp,
    promoted: async (replica, lost) => {
      for (const node of nodes.filter(({ port }) => port !== lost.port))
        for (;;) {
          const ranges = [await node.ask("CLUSTER", "SLOTS")].flat()
          const ports = ranges.map((range) => Array.isArray(range) && Array.isArray(range[2]) && range[2][1])
          if (ports.includes(replica.port) && (await infoOf(node)).includes("cluster_state:ok")) break
          await sleep(20)
        }
    },
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
