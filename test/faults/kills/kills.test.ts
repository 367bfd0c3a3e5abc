/**
 * The server process is killed (`kill -9`) at random moments, while eight browsers log in, read, write, renew their keys
 * and log out. Afterwards every session is as before or as after a request that was acknowledged or in flight, and every
 * acknowledged one is there.
 *
 * `LATCHKEY_KILLS` is the number of kills (default 50), `LATCHKEY_SEED` repeats the choices of a run.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fastFolder } from "../../rig/fast-folder.ts"
import { keepResult } from "../../rig/long-results.ts"
import { type PostgresServer, startPostgres } from "../../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../../rig/redis-server.ts"
import { longSuite, service } from "../../rig/services.ts"
import { amount, dice, seed } from "../dice.ts"
import { killRounds } from "./kill-rounds.ts"
import { databaseRows, fileRows, type Rows, redisRows } from "./session-rows.ts"

const needs = [service("postgres"), service("redis"), longSuite()]
const kills = amount("LATCHKEY_KILLS", 50)
/** A kill takes about a second, on a busy machine ten. `LATCHKEY_KILL_SECONDS` sets the limit for all of them. */
const seconds = amount("LATCHKEY_KILL_SECONDS", 600)
const timeout = 60_000 + seconds * 1000

describe.skipIf(!needs.every(({ available }) => available))("a server process that is killed", () => {
  let database: PostgresServer
  let redis: RedisServer
  const directory = join(fastFolder("killed"), "sessions")

  beforeAll(async () => {
    mkdirSync(directory, { mode: 0o700 })
    database = await startPostgres({ synchronous_commit: "on" })
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis?.stop()
    await database?.stop()
  })

  const run = async (engine: "db" | "cache" | "file", count: number, planted?: string) => {
    const url = await database.createDatabase()
    const operator = postgres(url, { max: 1, onnotice: () => {} })
    const rows: Record<typeof engine, Rows> = {
      db: databaseRows(() => operator),
      cache: redisRows(() => redis),
      file: fileRows(directory)
    }
    const report = await killRounds({
      kills: count,
      seconds: (seconds * count) / kills,
      dice: dice(seed),
      rows: rows[engine],
      atomicSwap: engine !== "file",
      env: { DATABASE_URL: url, REDIS_URL: redis.url, SESSION_FILE_PATH: directory, ENGINE: engine, PLANTED: planted },
      userIdOf: async (username) => {
        const [user] = await operator`SELECT id FROM auth_user WHERE username = ${username}`
        return String(user?.["id"])
      }
    })
    await operator.end({ timeout: 0 })
    return report
  }

  it.each([
    ["db", Math.ceil(kills * 0.6)],
    ["cache", Math.ceil(kills * 0.2)],
    ["file", Math.ceil(kills * 0.2)]
  ] as const)("with sessions in the engine %s: %i kills", { timeout }, async (engine, count) => {
    const { acknowledged, carriedOut, kills: done, problems, refused } = await run(engine, count)
    const result = `${done} of ${count} kills, ${acknowledged} acknowledged requests, ${carriedOut} carried out without an answer, ${refused} answered with 503, ${problems.length} problems, seed ${seed}`
    console.log([result, ...problems].join("\n"))
    keepResult(`kills, engine ${engine}`, result)
    expect(problems).toEqual([])
    // Otherwise the time was up before.
    expect(done, `${done} of ${count} kills: LATCHKEY_KILL_SECONDS gives more time`).toBe(count)
    expect(acknowledged).toBeGreaterThan(done)
  })

  it.each(["acknowledges before it has written", "renews a key in two steps"])("is reported when it %s", {
    timeout
  }, async (planted) => {
    const { problems } = await run("db", 10, planted)
    expect(problems).not.toEqual([])
  })
})
