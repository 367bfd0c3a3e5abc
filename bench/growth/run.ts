/**
 * How reads, logins and logouts cost with ten thousand to ten million sessions. See README.md in the folder above.
 *
 * `npm run bench:growth` measures all; `npm run bench:growth -- --sizes 10000,100000 --expired 50000` less. `--save` adds
 * the run to `results/growth.json`, `--save --replace` removes the earlier runs of this version there.
 */
import { parseArgs } from "node:util"
import { draw } from "../report/drawings.ts"
import { keepGrowth } from "./growth-results.ts"
import { measureInFlight } from "./in-flight.ts"
import { measureWriters } from "./parallel-writers.ts"
import { clearBeside, compareSizes, siteWith, startGrowthServer } from "./postgres-growth.ts"
import { measureRedis } from "./redis-growth.ts"

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10000,100000,1000000,10000000" },
    redis: { type: "string", default: "10000,100000,1000000" },
    expired: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "7" },
    requests: { type: "string", default: "3000" },
    save: { type: "boolean", default: false },
    replace: { type: "boolean", default: false }
  }
})
const numbers = (list: string) => list.split(",").map(Number)
const [rounds, requests] = [Number(values.rounds), Number(values.requests)]

const server = await startGrowthServer()
const sites: Array<Awaited<ReturnType<typeof siteWith>>> = []
const stopSites = () => {
  for (const site of sites.splice(0)) site.server.stop()
}
try {
  for (const sessions of numbers(values.sizes)) {
    const since = performance.now()
    sites.push(await siteWith(await server.createDatabase(), sessions))
    console.log(`${sessions} sessions stored in ${((performance.now() - since) / 1000).toFixed(0)} s`)
  }
  const { again, sizes } = await compareSizes(sites, rounds, requests)
  console.table(
    [...sizes, ...(again === undefined ? [] : [again])].flatMap(({ login, logout, read, sessions }) =>
      Object.entries({ read, login, logout }).map(([page, cost]) => ({ sessions, page, ...cost }))
    )
  )
  const [largest] = sites.slice(-1)
  const cleared = largest === undefined ? undefined : await clearBeside(largest, Number(values.expired))
  console.dir(cleared, { depth: 3 })
  stopSites()
  const inRedis = numbers(values.redis)
  const measuredInRedis = await measureRedis([...inRedis, ...inRedis.slice(0, 1)], rounds, requests)
  const [redis, redisAgain] = [measuredInRedis.slice(0, inRedis.length), measuredInRedis[inRedis.length]]
  console.table(measuredInRedis)
  const inFlight = await measureInFlight(server)
  console.table(inFlight)
  const writers = await measureWriters([1, 4, 16, 64, 256])
  console.table(writers)
  if (values.save) {
    keepGrowth(
      { sizes, cleared, redis, again: { postgres: again, redis: redisAgain }, inFlight, writers },
      values.replace
    )
    draw()
  }
} finally {
  stopSites()
  await server.stop()
}
