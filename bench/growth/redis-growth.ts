/** The same with sessions in Redis: reads, writes of new sessions, and deletes, in the store itself. */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { Core } from "latchkey"
import { type RedisSessions, redisSessions } from "latchkey/redis"
import { createClient } from "redis"
import { type RedisServer, startRedis } from "../../test/rig/redis-server.ts"
import { cpuOfTree } from "../cpu-time.ts"
import { median } from "../statistics.ts"
import { secretKey } from "../store.ts"
import { keyOf } from "./stored-sessions.ts"

export interface RedisResult {
  readonly sessions: number
  /** Microseconds of CPU time for each operation: of this process, and of Redis. */
  readonly read: string
  readonly insert: string
  readonly remove: string
  /** Milliseconds: median and 99th percentile of reads. */
  readonly p50: number
  readonly p99: number
  readonly bytesPerSession: number
}

const backend = "django.contrib.auth.backends.ModelBackend"
const { encode } = Core.settings({ secretKey }).session.codec
const textOf = (user: number, n: number): string => {
  const empty = Core.Session.absent(Core.Session.fromCookie(undefined))
  const { data } = Core.Identity.write(empty, { id: String(user), backend, authHash: "0123456789abcdef".repeat(4) })
  return encode(data, n * 1000)
}

type Operation = (n: number) => Promise<unknown>

export const measureRedis = async (
  sizes: ReadonlyArray<number>,
  rounds: number,
  count: number
): Promise<ReadonlyArray<RedisResult>> => {
  const results: Array<RedisResult> = []
  for (const sessions of sizes) {
    const server = await startRedis()
    const client = createClient({ url: server.url })
    const store = redisSessions({ url: server.url })
    try {
      await client.connect()
      results.push(await measureSize(server, client, store, sessions, rounds, count))
    } finally {
      await store.close()
      client.destroy()
      await server.stop()
    }
  }
  return results
}

const measureSize = async (
  server: RedisServer,
  client: Pick<ReturnType<typeof createClient>, "set">,
  store: RedisSessions,
  sessions: number,
  rounds: number,
  count: number
): Promise<RedisResult> => {
  const empty = await usedMemory(server.pid)
  await fill((name, text) => client.set(name, text, { expiration: { type: "EX", value: 86_400 } }), sessions)
  const bytesPerSession = Math.round(((await usedMemory(server.pid)) - empty) / sessions)
  const now = Date.now()
  const fresh: Array<string> = []
  const operations: Record<"read" | "insert" | "remove", Operation> = {
    read: async () => {
      const name = Core.SessionKey.parse(keyOf(Math.floor(Math.random() * sessions)))
      const found = name && (await Effect.runPromise(store.load(name, now)))
      if (found?._tag !== "SessionFound") throw new Error("not found")
    },
    insert: async (n) => {
      const name = Core.SessionKey.parse(randomBytes(16).toString("hex"))
      if (name === undefined) return
      fresh.push(name)
      await Effect.runPromise(
        store.commit({ _tag: "Insert", key: name, text: textOf(n, n), expiresAt: now + 1_000_000 }, now)
      )
    },
    remove: async () => {
      const name = Core.SessionKey.parse(fresh.pop())
      if (name !== undefined) await Effect.runPromise(store.commit({ _tag: "Delete", key: name }, now))
    }
  }
  const measured: Record<string, Array<{ ours: number; theirs: number; p50: number; p99: number }>> = {}
  for (let round = 0; round <= rounds; round++)
    for (const [name, operation] of Object.entries(operations)) {
      const found = await timed(server.pid, operation, count)
      if (round > 0) measured[name] = [...(measured[name] ?? []), found]
    }
  const cpu = (name: string) => {
    const of = measured[name] ?? []
    return `${median(of.map(({ ours }) => ours)).toFixed(0)} + ${median(of.map(({ theirs }) => theirs)).toFixed(0)}`
  }
  const of = measured["read"] ?? []
  return {
    sessions,
    read: cpu("read"),
    insert: cpu("insert"),
    remove: cpu("remove"),
    p50: median(of.map(({ p50 }) => p50)),
    p99: median(of.map(({ p99 }) => p99)),
    bytesPerSession
  }
}

const timed = async (pid: number, operation: Operation, count: number) => {
  const [before, beside] = [process.cpuUsage(), cpuOfTree(pid)]
  const waits: Array<number> = []
  let next = 0
  const worker = async () => {
    for (let n = next++; n < count; n = next++) {
      const since = performance.now()
      await operation(n)
      waits.push(performance.now() - since)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  const { system, user } = process.cpuUsage(before)
  const sorted = waits.toSorted((a, b) => a - b)
  return {
    ours: (system + user) / count,
    theirs: (cpuOfTree(pid) - beside) / count,
    p50: sorted[Math.floor(count * 0.5)] ?? Number.NaN,
    p99: sorted[Math.floor(count * 0.99)] ?? Number.NaN
  }
}

const fill = async (set: (name: string, text: string) => Promise<unknown>, sessions: number) => {
  for (let from = 0; from < sessions; from += 5000)
    await Promise.all(
      Array.from({ length: Math.min(5000, sessions - from) }, (_, n) =>
        set(prefix + keyOf(from + n), textOf(1 + from + n, from + n))
      )
    )
}

const prefix = ":1:django.contrib.sessions.cache"

/** Resident memory of a process, in bytes. */
const usedMemory = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024
