/** Requests that write one session at the same time: no write is lost, and each request needs a few statements. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { loggedIn, type Page, type Site, startSite } from "./site.ts"

describe.skipIf(!service("postgres").available)("requests that write one session at the same time", () => {
  let server: PostgresServer
  let sites: ReadonlyArray<Site>
  let expected = 0
  let arrived = 0
  let gate = Promise.withResolvers<void>()

  /** Writes a value after all requests have read the session, so that all of them compare with the same text. */
  const write: Page = async (_req, res, { session }) => {
    await session.keys()
    const key = `key-${arrived}`
    arrived += 1
    if (arrived === expected) gate.resolve()
    await gate.promise
    await session.set(key, 1)
    res.end("{}")
  }

  beforeAll(async () => {
    server = await startPostgres()
    const options = { pages: { "/write": write }, deadlineSeconds: 60 }
    const patient = { url: server.url, max: 10, deadlineSeconds: 20, operationDeadlineSeconds: 60 }
    // Each site is like a process of its own: they share nothing but the database.
    sites = [
      await startSite(patient, options),
      await startSite(patient, options),
      await startSite(patient, options),
      await startSite(patient, options)
    ]
  })
  afterAll(async () => {
    for (const site of sites ?? []) await site.stop()
    await server?.stop()
  })

  const copyOf = (visitor: Browser): Browser => {
    const copy = browser()
    for (const [name, value] of visitor.jar) copy.jar.set(name, value)
    return copy
  }

  /** @returns the statements for `count` writers, divided among so many processes */
  const statementsFor = async (count: number, processes: number): Promise<number> => {
    const [first] = sites
    const visitor = await loggedIn(first ?? expect.fail(), "alice")
    ;[expected, arrived, gate] = [count, 0, Promise.withResolvers<void>()]
    const sent = await server.statementsOf(async () => {
      const answers = await Promise.all(
        Array.from({ length: count }, (_, n) => copyOf(visitor).get(sites[n % processes] ?? expect.fail(), "/write"))
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    })
    const { text } = await visitor.get(first ?? expect.fail(), "/session")
    expect(Object.keys(JSON.parse(text)).filter((key) => key.startsWith("key-"))).toHaveLength(count)
    return sent.length
  }

  it.each([1, 4, 16, 64, 256])("need at most three statements each in one process (%d)", async (count) => {
    expect(await statementsFor(count, 1)).toBeLessThanOrEqual(3 * count)
  })

  it.each([16, 64, 256])("need at most two more each for four processes (%d)", async (count) => {
    expect(await statementsFor(count, 4)).toBeLessThanOrEqual(6 * count)
  })
})
