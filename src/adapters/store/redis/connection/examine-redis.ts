/** Facts about a Redis server: each comes from one command. */
import * as Effect from "effect/Effect"
import type { Examine, RedisFacts, StoreFailure } from "../../../ports/diagnosis.ts"
import type { Command, Reply } from "./redis-connection.ts"
import { fromCause, type RedisFailure } from "./redis-failure.ts"
import type { Node } from "./redis-node.ts"
import { nameOf } from "./redis-server.ts"
import type { Servers } from "./servers.ts"

/** Examines the server, or every primary node of a cluster. */
export const makeExamine =
  ({ primaries }: Servers, isCluster: boolean): Examine =>
  (now) => {
    const examined = (node: Node) => {
      const name = isCluster ? nameOf(node.address) : undefined
      return Effect.tryPromise({ try: () => examine(node, name, now), catch: fromCause }).pipe(
        Effect.catch((failure) => Effect.succeed(failed(failure, name)))
      )
    }
    return Effect.tryPromise({ try: primaries, catch: fromCause }).pipe(
      Effect.flatMap((nodes) => Effect.all(nodes.map(examined), { concurrency: "unbounded" })),
      Effect.catch((failure) => Effect.succeed([failed(failure, undefined)])),
      Effect.map((facts) => ({ facts, texts: [] }))
    )
  }

const failed = ({ code, message }: RedisFailure, node: string | undefined): StoreFailure => ({
  ...{ store: "redis", code, reason: message },
  ...(node === undefined ? {} : { node })
})

const examine = async (server: Node, node: string | undefined, now: () => number): Promise<RedisFacts> => {
  const ask = (...command: Command) => server.run(command, "repeatable")
  const sentAt = now()
  const time = await ask("TIME")
  const receivedAt = now()
  const info = parseInfo(await ask("INFO"))
  const save = await ask("CONFIG", "GET", "save").catch(() => undefined)
  const isAppendOnly = info.get("aof_enabled") === "1"
  return {
    store: "redis",
    node,
    isCache: false,
    version: info.get("redis_version") ?? info.get("valkey_version") ?? "",
    clockAheadMs: Math.round(millisecondsOf(time) - (sentAt + receivedAt) / 2),
    maxMemoryBytes: Number(info.get("maxmemory") ?? 0),
    evictionPolicy: info.get("maxmemory_policy") ?? "",
    evictedKeys: Number(info.get("evicted_keys") ?? 0),
    isPersistent: isAppendOnly || (save === undefined ? undefined : Array.isArray(save) && Boolean(save[1])),
    isReplica: info.get("role") === "slave"
  }
}

const parseInfo = (reply: Reply): ReadonlyMap<string, string> =>
  new Map(
    String(reply)
      .split("\r\n")
      .flatMap((line) => {
        const at = line.indexOf(":")
        return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
      })
  )

/** The reply to TIME: seconds and microseconds. */
const millisecondsOf = (reply: Reply): number =>
  Array.isArray(reply) ? Number(reply[0]) * 1000 + Number(reply[1]) / 1000 : Number.NaN
