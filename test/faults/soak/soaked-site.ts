/**
 * A program: two sites in one process, with sessions in PostgreSQL and in Redis, and a page that says how much memory and
 * how many sockets the process holds. `PLANTED` makes it leak. Needs `node --expose-gc`.
 */
import { createServer } from "node:http"
import { redisSessions } from "latchkey/redis"
import { type Page, type SiteOptions, startSite, usualDeadlines } from "../../full-stack/site.ts"

const { DATABASE_URL, PLANTED, PLAIN_DATABASE_URL, REDIS_URL } = process.env

const kept: Array<unknown> = []
const leaks: Readonly<Record<string, (headers: object) => unknown>> = {
  "an object": (headers) => ({ headers, numbers: Array.from({ length: 5000 }, (_, n) => n + kept.length) }),
  "a buffer": () => Buffer.alloc(40_000, 1)
}
const leak = leaks[PLANTED ?? ""]
const leaking: Page = async (req, res, { getUser }) => {
  kept.push(leak?.({ ...req.headers }))
  res.end(JSON.stringify({ user: (await getUser())?.username ?? null }))
}

let bugs = 0
const options: SiteOptions = {
  ...usualDeadlines.auth,
  report: (error) => {
    if (error instanceof Error && error.name === "StoreUnavailable") return
    bugs++
    console.error(error)
  },
  ...(leak !== undefined ? { pages: { "/me": leaking } } : {})
}

const inDatabase = await startSite({ ...usualDeadlines.database, url: DATABASE_URL }, options)
const sessions = redisSessions({ url: REDIS_URL })
const inRedis = await startSite(
  { ...usualDeadlines.database, url: PLAIN_DATABASE_URL },
  { ...options, sessions: () => sessions }
)

const control = createServer((_req, res) => {
  for (let n = 0; n < 3; n++) globalThis.gc?.()
  const resources = process.getActiveResourcesInfo()
  const sockets = resources.filter((name) => name === "TCPSocketWrap").length
  const { external, heapUsed, rss } = process.memoryUsage()
  res.end(JSON.stringify({ heap: heapUsed, external, rss, sockets, resources: resources.length, bugs }))
})
control.listen(0, "127.0.0.1", () => {
  const address = control.address()
  const port = typeof address === "object" ? address?.port : 0
  console.log(`listening on ${inDatabase.url} ${inRedis.url} http://127.0.0.1:${port}`)
})
