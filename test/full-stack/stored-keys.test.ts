/** Laws that look at the stored sessions, on real stores: a function reads their keys. */
import postgresClient from "postgres"
import { createClient } from "redis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { keysInPostgres, keysInRedis } from "../../docs/testing/stored-keys.ts"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { redisSessions } from "../../src/adapters/store/redis.ts"
import { LawBroken, laws, type SessionKeys, testSite } from "../../src/testing/index.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"
import { patient, patientRedis } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { startRedis } from "../rig/redis-server.ts"
import { service } from "../rig/services.ts"

interface Stored {
  readonly sessions: SessionStore
  readonly reset: () => Promise<void>
  readonly rows: SessionKeys
  readonly close: () => Promise<unknown>
}

const onPostgres = async (): Promise<Stored> => {
  const server = await startPostgres()
  const store = postgres({ ...patient, url: server.url })
  await store.createTables()
  const sql = postgresClient(server.url, { max: 1 })
  return {
    sessions: store.sessions,
    reset: async () => void (await sql`DELETE FROM django_session`),
    rows: keysInPostgres((statement) => sql.unsafe(statement)),
    close: async () => {
      await Promise.all([store.close(), sql.end()])
      await server.stop()
    }
  }
}

const onRedis = async (): Promise<Stored> => {
  const server = await startRedis()
  const sessions = redisSessions({ ...patientRedis, url: server.url })
  const client = createClient({ ...patient, url: server.url })
  await client.connect()
  return {
    sessions,
    reset: async () => void (await client.flushDb()),
    rows: keysInRedis(client),
    close: async () => {
      await Promise.all([sessions.close(), client.close()])
      await server.stop()
    }
  }
}

const available = {
  PostgreSQL: service("postgres").available ? onPostgres : undefined,
  Redis: service("redis").available ? onRedis : undefined
}

for (const [name, start] of Object.entries(available))
  describe.skipIf(start === undefined)(`the keys in ${name}`, () => {
    let stored: Stored
    beforeAll(async () => {
      if (start !== undefined) stored = await start()
    })
    afterAll(() => stored?.close())

    /** The site, with its own pages. Answers of a real store come over a socket. */
    const siteWith = (rows?: SessionKeys) => {
      const { reset, sessions } = stored
      const site = testSite({
        stores: (stores) => ({ ...stores, sessions }),
        reset,
        now: Date.now(),
        ...(rows === undefined ? {} : { rows })
      })
      return { ...lawSiteOf(site), incomplete: "allowed" as const }
    }
    const lawOn = (site: Parameters<typeof laws>[0], id: string) =>
      laws(site).find((law) => law.id === id) ?? expect.fail(id)

    it.each([
      "a-visit-changes-nothing",
      "no-session-without-data",
      "no-unissued-keys",
      "a-login-renews-the-key",
      "a-logout-is-final"
    ])("are read by the law %s", { timeout: 240_000 }, async (id) => {
      let reads = 0
      const rows = () => {
        reads += 1
        return stored.rows()
      }
      const { situations } = await lawOn(siteWith(rows), id).check()
      expect([situations > 0, reads > 2]).toEqual([true, true])
    })

    it.each([
      ["a-visit-changes-nothing", "other sessions are stored than before"],
      ["no-session-without-data", "1 sessions are stored"]
    ])("show the law %s a page that stores a session for every visitor", async (id, message) => {
      const site = siteWith(stored.rows)
      const visit: typeof site.pages.visit = async (browser) => {
        // The session of another browser: this one gets no cookie, so that only the store shows it.
        await site.pages.write?.(site.browser(), "a", 1)
        return site.pages.visit(browser)
      }
      const law = lawOn({ ...site, pages: { ...site.pages, visit } }, id)
      await expect(law.check()).rejects.toThrow(LawBroken)
      await expect(law.check()).rejects.toThrow(message)
    })

    it("are not taken from the memory of the site: without `rows` the laws are skipped", () => {
      const { skipped } = lawOn(siteWith(), "a-visit-changes-nothing")
      expect(skipped).toBe("the site has no rows")
    })

    it.each<[string, () => unknown, string]>([
      ["of another store", () => [], "rows: after a login the key of the session is not among the 0 keys"],
      ["with a prefix", async () => Array.from(await stored.rows(), (key) => `p:${key}`), "is not among the 2 keys"],
      ["that are rows", () => [{ session_key: "a" }], "rows: it answers a list with an object"],
      ["as a text", () => "a", "rows: it answers a; answer the keys of the stored sessions as strings"]
    ])("are refused: %s", async (_, rows, message) => {
      const site = Object.assign(siteWith(stored.rows), { rows })
      await expect(lawOn(site, "a-visit-changes-nothing").check()).rejects.toThrow(message)
    })
  })
