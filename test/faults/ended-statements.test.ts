/** PostgreSQL ends a connection in the middle of a statement: only what changes nothing is sent again. */
import postgres from "postgres"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { loggedIn, type Page, type Site, startSite, whoIs } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

describe.skipIf(!service("postgres").available)("when PostgreSQL ends the connection of a statement", () => {
  let server: PostgresServer
  let site: Site
  let operator: postgres.Sql
  let strike: () => unknown = () => {}
  const pages: Readonly<Record<string, Page>> = {
    "/struck": async (_req, res, { session }) => {
      await session.get("marker")
      await strike()
      await session.set("marker", "new")
      res.end("{}")
    }
  }

  beforeAll(async () => {
    server = await startPostgres()
    operator = postgres(server.url, { max: 1, onnotice: () => {} })
    site = await startSite({ url: server.url }, { pages })
  })
  afterAll(async () => {
    await operator?.end({ timeout: 0 })
    await site?.stop()
    await server?.stop()
  })
  let release = async (): Promise<void> => {}
  afterEach(() => release())

  /** Locks the sessions: every statement on them waits until the lock is released. */
  const locked = async () => {
    const holder = postgres(server.url, { max: 1, onnotice: () => {} })
    await holder.unsafe("BEGIN; LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE").simple()
    release = () => holder.end({ timeout: 0 })
    /** Ends the connections whose statements wait for the lock now. */
    const endWaiting = () =>
      vi.waitFor(
        async () => {
          const ended =
            await operator`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
          expect([...ended]).not.toEqual([])
        },
        { timeout: 15_000, interval: 10 }
      )
    return { endWaiting, unlock: release }
  }

  it("a read is sent again, and finds the user", async () => {
    const visitor = await loggedIn(site, "alice")
    const table = await locked()
    const visit = visitor.get(site, "/me")
    await table.endWaiting()
    await table.unlock()
    const { cookies, status, text } = await visit
    expect({ cookies, status, text }).toEqual({ cookies: [], status: 200, text: '{"user":"alice"}' })
  })

  it("a write that may have been done is not sent again", async () => {
    const visitor = await loggedIn(site, "alice")
    await visitor.post(site, "/session", { marker: "old" })
    const cookie = visitor.jar.get("sessionid")
    const reached = Promise.withResolvers<Awaited<ReturnType<typeof locked>>>()
    strike = async () => reached.resolve(await locked())
    const visit = visitor.get(site, "/struck")
    const table = await reached.promise
    await table.endWaiting()
    await table.unlock()
    const { cookies, status } = await visit
    expect([status, cookies, visitor.jar.get("sessionid")]).toEqual([503, [], cookie])
    expect(await whoIs(site, visitor)).toBe("alice")
    expect(JSON.parse((await visitor.get(site, "/session")).text).marker).toBe("old")
  })
})
