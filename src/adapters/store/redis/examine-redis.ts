/** Facts about a Redis server: each comes from one command. */
import * as Effect from "effect/Effect"
import type { Examine, RedisFacts } from "../../ports/diagnosis.ts"
import type { Command, Reply } from "./redis-connection.ts"
import { fromCause } from "./redis-failure.ts"
import type { Servers } from "./servers.ts"

/** @param key decides which node of a cluster is examined */
export const makeExamine = (servers: Servers, key: string): Examine => {
  const ask = (...command: Command) => servers.run(key, command, "repeatable")

  const examine = async (now: () => number): Promise<RedisFacts> => {
    const sentAt = now()
    const time = await ask("TIME")
    const receivedAt = now()
    const info = parseInfo(await ask("INFO"))
    const save = await ask("CONFIG", "GET", "save").catch(() => undefined)
    const isAppendOnly = info.get("aof_enabled") === "1"
    return {
      store: "redis",
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

  return (now) =>
    Effect.tryPromise({ try: () => examine(now), catch: fromCause }).pipe(
      Effect.map((facts) => ({ facts, texts: [] })),
      Effect.catch(({ code, message }) =>
        Effect.succeed({ facts: { store: "redis" as const, code, reason: message }, texts: [] })
      )
    )
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
