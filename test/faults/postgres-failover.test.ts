/**
 * A PostgreSQL is lost, and its streaming standby takes its place behind the same address. With a synchronous standby
 * nothing is lost. With an asynchronous one the last acknowledged requests may be: docs/security.md says so.
 */
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"
import { afterEach, describe, expect, it } from "vitest"
import { loggedIn, type Site, whoIs } from "../full-stack/site.ts"
import { browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import { readOnly, runFault } from "./matrix.ts"
import { startFaultySite } from "./visitor.ts"

describe.skipIf(!service("postgres").available)("when a standby takes the place of the primary", () => {
  const stops: Array<() => Promise<unknown>> = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  /** @param commit the setting synchronous_commit of the primary */
  const pairOf = async (commit: "remote_apply" | "local") => {
    const server = async (primary?: PostgresServer) => {
      const started = await startPostgres({ synchronous_commit: commit }, primary)
      stops.push(started.stop)
      return started
    }
    const primary = await server()
    const proxy = await startProxy(primary)
    stops.push(proxy.close)
    const site = await startFaultySite({ url: proxy.through(primary.url) }, { userSessions: true })
    stops.push(site.stop)
    return { primary, proxy, site, server }
  }

  const run = async (server: PostgresServer, ...statements: ReadonlyArray<string>) => {
    const operator = postgres(server.url, { max: 1, onnotice: () => {} })
    const answers = []
    for (const statement of statements) answers.push(await operator.unsafe(statement))
    await operator.end({ timeout: 0 })
    return answers
  }

  const waitForStandby = async (primary: PostgresServer) => {
    await run(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
    for (;;) {
      const [rows] = await run(primary, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
      if (rows?.length === 1) return
      await sleep(20)
    }
  }

  /** Runs all operations while the address leads to a standby that is not promoted yet, and then promotes it. */
  const failOver = (site: Site, proxy: TcpProxy, from: PostgresServer, to: PostgresServer) =>
    runFault(site, {
      row: readOnly,
      carriedOut: "never",
      strike: async () => {
        await from.crash()
        proxy.leadTo(to)
      },
      heal: () => to.promote()
    })

  it("loses nothing and revives nothing, there and back, if the standby is synchronous", async () => {
    const { primary, proxy, server, site } = await pairOf("remote_apply")
    const standby = await server(primary)
    await waitForStandby(primary)
    await failOver(site, proxy, primary, standby)
    const next = await server(standby)
    await waitForStandby(standby)
    await failOver(site, proxy, standby, next)
  })

  const disconnect = async (standby: PostgresServer, primary: PostgresServer) => {
    await run(standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    for (;;) {
      const [rows] = await run(primary, "SELECT 1 FROM pg_stat_replication")
      if (rows?.length === 0) return
      await sleep(20)
    }
  }

  it("acknowledges no logout that a synchronous standby does not have", async () => {
    const { primary, proxy, server, site } = await pairOf("remote_apply")
    const standby = await server(primary)
    await waitForStandby(primary)
    const alice = await loggedIn(site, "alice")
    await disconnect(standby, primary)
    const key = alice.jar.get("sessionid") ?? ""
    const { cookies, status } = await alice.post(site, "/logout")
    expect([status, cookies]).toEqual([503, []])
    await primary.crash()
    proxy.leadTo(standby)
    await standby.promote()
    const stored = () => site.query("SELECT 1 FROM django_session WHERE session_key = $1", key)
    expect(await stored()).toHaveLength(1)
    // The process of the site remembers the logout, and carries it out.
    expect(await whoIs(site, alice)).toBe(undefined)
    expect(await stored()).toEqual([])
  })

  it("may undo the last acknowledged logout if the standby is asynchronous", async () => {
    const { primary, proxy, server, site } = await pairOf("local")
    const alice = await loggedIn(site, "alice")
    const copy = browser()
    const copyCookies = () => {
      for (const [name, value] of cookies) copy.jar.set(name, value)
    }
    const cookies = new Map(alice.jar)
    const standby = await server(primary)
    await disconnect(standby, primary)
    expect((await alice.post(site, "/logout")).status).toBe(200)
    copyCookies()
    expect(await whoIs(site, copy)).toBe(undefined)
    await primary.crash()
    proxy.leadTo(standby)
    await standby.promote()
    copyCookies()
    expect(await whoIs(site, copy)).toBe("alice")
  })

  it("answers with an ended session at a standby that is behind, until a write has led back to the primary", async () => {
    const { primary, proxy, server, site } = await pairOf("local")
    const [alice, bob] = [await loggedIn(site, "alice"), await loggedIn(site, "bob")]
    const key = alice.jar.get("sessionid") ?? ""
    const whoHasKey = () => {
      const copy = browser()
      copy.jar.set("sessionid", key)
      return whoIs(site, copy)
    }
    const standby = await server(primary)
    await disconnect(standby, primary)
    expect((await alice.post(site, "/logout")).status).toBe(200)
    expect(await whoHasKey()).toBe(undefined)
    proxy.leadTo(standby)
    proxy.reset()
    expect(await whoHasKey()).toBe("alice")
    const refused = await bob.post(site, "/session", { marker: "new" })
    expect([refused.status, refused.cookies]).toEqual([503, []])

    // The connections that are open still lead to the standby.
    expect(await whoHasKey()).toBe("alice")
    proxy.leadTo(primary)
    expect(await whoHasKey()).toBe("alice")
    expect((await bob.post(site, "/session", { marker: "new" })).status).toBe(200)
    expect(await whoHasKey()).toBe(undefined)
  })
})
