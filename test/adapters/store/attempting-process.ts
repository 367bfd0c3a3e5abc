/**
 * A process that makes attempts with one key at the same time, and prints how many were taken. Usage:
 * `attempting-process.ts STORE URL KEY ATTEMPTS FREE`
 */
import * as Effect from "effect/Effect"
import { postgresThrottle } from "../../../src/adapters/store/postgres.ts"
import { redisClusterThrottle, redisThrottle } from "../../../src/adapters/store/redis.ts"
import { patient, patientRedis } from "../../rig/patience.ts"

const [, , kind, url = "", key = "", attempts, free] = process.argv
const store =
  kind === "postgres"
    ? postgresThrottle({ ...patient, url })
    : kind === "redis"
      ? redisThrottle({ ...patientRedis, url })
      : redisClusterThrottle({ ...patientRedis, urls: [url] })
const policy = { delays: [...Array<number>(Number(free) - 1).fill(0), 3600], forgetSeconds: 90_000 }
const take = (one: string) => Effect.runPromise(store.take([{ key: one, policy }], Date.now()))

await take(`${key}-first`)
console.log("ready")
const answers = await Promise.all(Array.from({ length: Number(attempts) }, () => take(key)))
await store.close()
console.log(`took ${answers.filter(([one]) => one?._tag === "Taken").length}`)
