/**
 * A site is used for a long time, while faults strike its servers and its network at random. Each browser sees only
 * states that its own requests explain; each fault ends with working sites; memory and sockets stay flat.
 *
 * `LATCHKEY_SOAK_SECONDS` is the duration (default 60).
 */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { users } from "../../full-stack/site.ts"
import { type Child, start } from "../../rig/child.ts"
import { keepResult } from "../../rig/long-results.ts"
import { type PostgresServer, startPostgres } from "../../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../../rig/redis-server.ts"
import { longSuite, service } from "../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../rig/tcp-proxy.ts"
import { amount, type Dice, dice, seed } from "../dice.ts"
import { SoakingBrowser } from "./soaking-browser.ts"

const needs = [service("postgres"), service("redis"), longSuite()]
const seconds = amount("LATCHKEY_SOAK_SECONDS", 60)

/**
 * How much the heap may grow after a forced collection, and how much the memory of buffers may. The caches of decoded sessions keep up to 8 MB each, so a short
 * run fills them: 400 bytes for each request. In a long run they are full after a third of the time, and then it is 20
 * bytes. And 1 MB for noise. A request and its session have thousands of bytes.
 */
const allowedGrowth = (requests: number): number => (seconds < 600 ? 400 : 20) * requests + 1_000_000
/**
 * How much larger the process may be at the end than after the first third, in bytes. V8 and the allocator keep memory
 * that was free when the process was measured, so this is no more than a limit for what the two other figures cannot see.
 */
const ALLOWED_RSS = 100_000_000
/** Connections to PostgreSQL (two pools of 10) and to Redis, and those of the test. */
const MOST_SOCKETS = 2 * 10 + 2 + 25

interface Sample {
  readonly requests: number
  readonly heap: number
  /** Bytes of buffers, and of other memory outside the heap that belongs to objects. */
  readonly external: number
  /** The memory of the process. */
  readonly rss: number
  readonly sockets: number
  readonly resources: number
  readonly bugs: number
}

describe.skipIf(!needs.every(({ available }) => available))("a site that is used for long", () => {
  let database: PostgresServer
  let redis: RedisServer
  let proxies: readonly [TcpProxy, TcpProxy]

  beforeAll(async () => {
    database = await startPostgres({ synchronous_commit: "on" })
    redis = await startRedis()
    proxies = [await startProxy(database), await startProxy(redis)]
  })
  afterAll(async () => {
    for (const proxy of proxies ?? []) await proxy.close()
    await redis?.stop()
    await database?.stop()
  })

  const terminate = async () => {
    const operator = postgres(database.url, { max: 1, onnotice: () => {} })
    await operator`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey'`
    await operator.end()
  }
  /** One random fault, and what runs it from its beginning to its end. */
  const chooseFault = (chance: Dice): readonly [name: string, run: () => Promise<void>] => {
    const proxy = chance.pick(proxies)
    const server = proxy === proxies[0] ? database : redis
    const milliseconds = 100 + chance.below(1400)
    const bytes = chance.below(40)
    const lasting = async (strike: () => unknown, heal: () => unknown = () => {}) => {
      await strike()
      await sleep(milliseconds)
      await heal()
    }
    const faults: Readonly<Record<string, () => unknown>> = {
      refuse: () => lasting(proxy.refuse),
      freeze: () => lasting(proxy.freeze),
      mute: () => lasting(proxy.muteAnswers),
      slow: () => lasting(() => proxy.delay(50)),
      late: () => lasting(() => proxy.delay(1500)),
      suspend: () => lasting(server.suspend, server.resume),
      reset: proxy.reset,
      forget: proxy.forget,
      cut: () => lasting(() => proxy.cutAnswers(bytes)),
      end: () => (server === database ? terminate() : redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
    }
    const name = chance.pick(["refuse", "freeze", "mute", "slow", "late", "suspend", "reset", "forget", "cut", "end"])
    const run = async () => {
      await faults[name]?.()
      await proxy.heal()
    }
    return [`${name}, ${server === database ? "PostgreSQL" : "Redis"}`, run]
  }

  /**
   * After a fault a site works again. A connection that was dropped without a notice is found out by a write that fails.
   * On a busy machine a request may miss its deadline, but not three times.
   */
  const probe = async (site: { readonly url: string }, now: string): Promise<ReadonlyArray<string>> => {
    for (let tries = 1; ; tries++) {
      const prober = new SoakingBrowser("heidi", dice(seed + tries), () => now)
      for (let n = 0; n < 4; n++) await prober.visit(site)
      if (prober.outages === 0 || prober.problems.length > 0) return prober.problems
      if (tries === 3) return [`${now} requests fail`]
    }
  }

  /** @param least so many requests are sent, even if that takes longer */
  const soak = async (duration: number, least: number, planted?: string) => {
    const chance = dice(seed)
    const env = {
      DATABASE_URL: proxies[0].through(await database.createDatabase()),
      // Has the users of the site with sessions in Redis, and no faults.
      PLAIN_DATABASE_URL: await database.createDatabase(),
      REDIS_URL: proxies[1].through(redis.url),
      PLANTED: planted
    }
    const program = join(import.meta.dirname, "soaked-site.ts")
    const child: Child = start(process.execPath, ["--expose-gc", program], { env })
    try {
      const [, one = "", two = "", control = ""] = await child.printed(/listening on (\S+) (\S+) (\S+)/)
      const end = performance.now() + duration * 1000
      // A browser ends with its first problem.
      const isOver = () =>
        (performance.now() > end && count("requests") >= least) || all.every(({ problems }) => problems.length > 0)
      const sites = [one, two].map((url) => ({ url }))
      const browsers = sites.flatMap((site) =>
        users.slice(0, 4).map((name, n) => ({ site, browser: new SoakingBrowser(name, dice(seed + n), () => now) }))
      )
      const all = browsers.map(({ browser }) => browser)
      const count = (of: "requests" | "outages") => all.reduce((sum, browser) => sum + browser[of], 0)
      let now = "calm"
      const running = browsers.map(({ browser, site }) => browser.run(site, isOver))
      const samples: Array<Sample> = []
      const sample = async () => {
        const measured = (await (await fetch(control)).json()) as Omit<Sample, "requests">
        samples.push({ ...measured, requests: count("requests") })
      }
      let faults = 0
      const problems: Array<string> = []
      while (!isOver()) {
        const [name, run] = chooseFault(chance)
        faults++
        now = name
        await run()
        await sleep(400)
        for (const browser of all) browser.settle()
        now = `after ${name}`
        // Another browser, which had no request during the fault.
        for (const site of sites) problems.push(...(await probe(site, now)))
        await sample()
      }
      await Promise.all(running)
      await sleep(500)
      await sample()
      problems.push(...all.flatMap((browser) => browser.problems))
      if ((samples.at(-1)?.bugs ?? 0) > 0) problems.push(child.output().slice(-2000))
      return { samples, faults, problems, requests: count("requests"), outages: count("outages") }
    } finally {
      for (const proxy of proxies) await proxy.heal()
      await child.kill()
    }
  }

  const afterWarmUp = (samples: ReadonlyArray<Sample>) => samples.slice(Math.floor(samples.length / 3))

  /** By how much it grows from the end of the first third on: the slope of a straight line, times the requests. */
  const growthIn = (samples: ReadonlyArray<Sample>, of: "heap" | "external") => {
    const warm = afterWarmUp(samples)
    const mean = (of: (sample: Sample) => number) => warm.reduce((sum, sample) => sum + of(sample), 0) / warm.length
    const [x, y] = [mean(({ requests }) => requests), mean((sample) => sample[of])]
    const slope =
      mean((sample) => (sample.requests - x) * (sample[of] - y)) / (mean(({ requests }) => (requests - x) ** 2) || 1)
    const requests = (warm.at(-1)?.requests ?? 0) - (warm[0]?.requests ?? 0)
    return { bytes: slope * requests, requests, bytesPerRequest: slope }
  }

  it(`for ${seconds} s`, { timeout: seconds * 1000 + 180_000 }, async () => {
    const { faults, outages, problems, requests, samples } = await soak(seconds, seconds)
    const growth = growthIn(samples, "heap")
    const buffers = growthIn(samples, "external")
    const last = samples.at(-1)
    const megabytes = [samples[0], last].map((sample) => ((sample?.heap ?? 0) / 1e6).toFixed(1))
    const rss = [afterWarmUp(samples)[0], last].map((sample) => sample?.rss ?? 0)
    const result =
      `${seconds} s, ${requests} requests, ${faults} faults, ${outages} outages (503), ` +
      `heap ${megabytes.join(" to ")} MB, ${growth.bytesPerRequest.toFixed(1)} bytes per request, ` +
      `buffers ${buffers.bytesPerRequest.toFixed(1)} bytes per request, ` +
      `process ${rss.map((bytes) => (bytes / 1e6).toFixed(0)).join(" to ")} MB, ` +
      `${last?.sockets} sockets, ${problems.length} problems, seed ${seed}`
    console.log([result, ...problems].join("\n"))
    keepResult("soak", result)
    expect(problems).toEqual([])
    expect(requests).toBeGreaterThan(seconds)
    expect(growth.bytes).toBeLessThan(allowedGrowth(growth.requests))
    expect(buffers.bytes).toBeLessThan(allowedGrowth(buffers.requests))
    expect((rss[1] ?? 0) - (rss[0] ?? 0)).toBeLessThan(ALLOWED_RSS)
    expect(last?.sockets).toBeLessThan(MOST_SOCKETS)
  })

  it.each([
    ["an object", "heap"],
    ["a buffer", "external"]
  ] as const)("is reported when it keeps %s of each request", { timeout: 240_000 }, async (leak, memory) => {
    const growth = growthIn((await soak(10, 500, leak)).samples, memory)
    expect(growth.bytes).toBeGreaterThan(allowedGrowth(growth.requests))
  })
})
