/** Every operation under every fault of PostgreSQL: the server, and the network in front of it. */
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"
import { afterAll, beforeAll, describe, it } from "vitest"
import type { Site } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"
import { startProxy, type TcpProxy } from "../rig/tcp-proxy.ts"
import {
  CommitGate,
  type Fault,
  outage,
  perhaps,
  prepareWrites,
  readOnly,
  readsUnnoticed,
  runFault,
  runFaultBetween,
  unnoticed
} from "./matrix.ts"
import { networkFaults, networkFaultsBetween } from "./network-faults.ts"
import { startFaultySite } from "./visitor.ts"

const MAX_CONNECTIONS = 40
/** The default of `postgres({ url })`. */
const CONNECTIONS_OF_SITE = 10

const services = [service("postgres"), longSuite()]

describe.skipIf(!services.every(({ available }) => available))("each operation, when PostgreSQL", () => {
  let server: PostgresServer
  let standby: PostgresServer
  let proxy: TcpProxy
  let site: Site
  const gate = new CommitGate()
  /** Changes the server, beside the site and not through the proxy. */
  let operator: postgres.Sql

  const connectOperator = () => postgres(server.url, { max: 1, onnotice: () => {} })
  beforeAll(async () => {
    // What was committed survives `kill -9` of the server: the log is written before the answer, although not synced.
    const durable = { synchronous_commit: "on", max_connections: String(MAX_CONNECTIONS), wal_level: "replica" }
    server = await startPostgres(durable)
    proxy = await startProxy(server)
    operator = connectOperator()
    site = await startFaultySite({ url: proxy.through(server.url) }, { userSessions: true, sessions: gate.store })
    standby = await startPostgres({ max_connections: String(MAX_CONNECTIONS) }, server)
  })
  afterAll(async () => {
    await operator?.end({ timeout: 0 })
    await site?.stop()
    await proxy?.close()
    await standby?.stop()
    await server?.stop()
  })

  const crash = async () => {
    await operator.end({ timeout: 0 })
    await server.crash()
  }
  const shutDown = async () => {
    await operator.end({ timeout: 0 })
    await server.shutDown()
  }
  const startAgain = async () => {
    await server.startAgain()
    operator = connectOperator()
  }

  /** The server's processes that serve the site. */
  const sitesProcesses = async (): Promise<ReadonlyArray<number>> =>
    (await operator`SELECT pid FROM pg_stat_activity WHERE application_name = 'latchkey'`).map(({ pid }) => Number(pid))
  const signalSites = async (signal: NodeJS.Signals) => {
    for (const pid of await sitesProcesses()) process.kill(pid, signal)
  }

  const configure = async (statement: string) => {
    await operator.unsafe(`ALTER SYSTEM ${statement}`)
    await operator`SELECT pg_reload_conf()`
    await sleep(100)
  }

  const others: Array<postgres.Sql> = []
  const occupyAllConnections = async () => {
    await operator`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey'`
    for (let refused = false; !refused; ) {
      const other = postgres(server.url, { max: 1, onnotice: () => {} })
      others.push(other)
      await other`SELECT 1`.catch(() => {
        refused = true
      })
    }
  }

  /** The server notices only some time after the end of a connection that it may accept another one. */
  const untilFewAreOpen = async () => {
    for (;;) {
      await sleep(100)
      const [row] =
        await operator`SELECT count(*)::int AS open FROM pg_stat_activity WHERE backend_type = 'client backend'`
      if (row?.["open"] < MAX_CONNECTIONS - CONNECTIONS_OF_SITE) return
    }
  }

  let terminating: Promise<void> | undefined
  let isTerminating = false
  let holder: postgres.Sql | undefined
  /** Each statement waits for a lock until its connection is ended. */
  const terminateInStatements = async () => {
    holder = connectOperator()
    await holder
      .unsafe("BEGIN; LOCK TABLE django_session, auth_user, auth_permission IN ACCESS EXCLUSIVE MODE")
      .simple()
    isTerminating = true
    terminating = (async () => {
      while (isTerminating) {
        await operator`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
        await sleep(10)
      }
    })()
  }

  const stopTerminating = async () => {
    isTerminating = false
    await terminating
    await holder?.end({ timeout: 0 })
  }

  let isHeld = false
  let holding: Promise<unknown> | undefined
  /** Statements of the application itself take all connections that they may, and more of them wait for one. */
  const holdConnections = async () => {
    isHeld = true
    const hold = async () => {
      while (isHeld) await site.query("SELECT pg_sleep(10)").catch(() => {})
    }
    holding = Promise.all(Array.from({ length: 3 * CONNECTIONS_OF_SITE }, hold))
    await sleep(200)
  }
  const releaseConnections = async () => {
    isHeld = false
    await holding
  }

  const killedAndStarted: Fault = {
    row: unnoticed,
    carriedOut: "never",
    strike: async () => {
      await crash()
      await startAgain()
    }
  }

  const faults: Readonly<Record<string, Fault>> = {
    "was killed (kill -9), and is not started again": {
      row: outage,
      carriedOut: "never",
      strike: crash,
      heal: startAgain
    },
    "was killed (kill -9), and started again": killedAndStarted,
    "is shut down, and started again afterwards": {
      row: outage,
      carriedOut: "never",
      strike: shutDown,
      heal: startAgain
    },
    "was restarted": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        await shutDown()
        await startAgain()
      }
    },
    "restarts itself, because one of its processes was killed (kill -9)": {
      row: perhaps,
      carriedOut: "perhaps",
      strike: async () => {
        const [pid = 0] = await sitesProcesses()
        process.kill(pid, "SIGKILL")
      },
      heal: async () => {
        await operator.end({ timeout: 0 })
        operator = connectOperator()
        for (;;) {
          const isUp = await operator`SELECT 1`.then(
            () => true,
            () => false
          )
          if (isUp) return
          await sleep(20)
        }
      }
    },
    "is suspended (SIGSTOP)": {
      row: outage,
      carriedOut: "perhaps",
      strike: () => server.suspend(),
      heal: () => server.resume()
    },
    "has suspended the processes of open connections (SIGSTOP), and serves new ones": {
      row: unnoticed,
      carriedOut: "never",
      rounds: 1,
      strike: () => signalSites("SIGSTOP"),
      heal: () => signalSites("SIGCONT")
    },
    "is read-only by its configuration, which a statement may overrule": {
      row: unnoticed,
      carriedOut: "never",
      strike: () => configure("SET default_transaction_read_only = on"),
      heal: () => configure("RESET default_transaction_read_only")
    },
    "is a standby": {
      row: readOnly,
      carriedOut: "never",
      strike: async () => {
        await standbyHasAll()
        proxy.leadTo(standby)
        proxy.reset()
      },
      heal: () => {
        proxy.leadTo(server)
        proxy.reset()
      }
    },
    "has no connection left": {
      row: outage,
      carriedOut: "never",
      strike: occupyAllConnections,
      heal: async () => {
        await Promise.all(others.splice(0).map((other) => other.end({ timeout: 0 })))
        await untilFewAreOpen()
      }
    },
    "has all connections of the site but one held by other statements": {
      // One is kept for reads, and for ending sessions.
      row: { ...readsUnnoticed, logout: 200, endOthers: 200 },
      carriedOut: "perhaps",
      rounds: 1,
      strike: holdConnections,
      heal: releaseConnections
    },
    "ends the connection of each statement that runs": {
      row: outage,
      carriedOut: "never",
      strike: terminateInStatements,
      heal: stopTerminating
    },
    "has ended all connections": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        // It waits until their processes have ended.
        await operator`SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = 'latchkey'`
        await sleep(50)
      }
    },
    ...networkFaults(() => proxy)
  }

  /** Waits until the standby has applied everything. */
  const standbyHasAll = async () => {
    for (;;) {
      const [row] = await operator`SELECT bool_and(replay_lsn >= pg_current_wal_lsn()) AS done FROM pg_stat_replication`
      if (row?.["done"] === true) return
      await sleep(20)
    }
  }

  it.each(Object.entries(faults))("%s", (_, fault) => runFault(site, fault))

  const faultsBetween: Readonly<Record<string, Fault>> = {
    "was killed (kill -9)": { row: outage, carriedOut: "never", strike: crash, heal: startAgain },
    "was killed (kill -9), and started again": killedAndStarted,
    "is suspended (SIGSTOP)": {
      row: outage,
      carriedOut: "perhaps",
      strike: () => server.suspend(),
      heal: () => server.resume()
    },
    "has become a standby": {
      row: outage,
      carriedOut: "never",
      strike: async () => {
        proxy.leadTo(standby)
        proxy.reset()
      },
      heal: () => {
        proxy.leadTo(server)
        proxy.reset()
      }
    },
    "ends the connection in each statement": {
      row: outage,
      carriedOut: "never",
      strike: terminateInStatements,
      heal: stopTerminating
    },
    ...networkFaultsBetween(() => proxy)
  }

  /** Opens so many connections that no write needs a new one: a fault of open connections strikes all writes. */
  const openAllConnections = () =>
    Promise.all(Array.from({ length: CONNECTIONS_OF_SITE }, () => site.query("SELECT pg_sleep(0.1)")))

  it.each(Object.entries(faultsBetween))("between reading and writing, %s", async (_, fault) => {
    await openAllConnections()
    if (fault.carriedOut === "always") await prepareWrites(site, gate, CONNECTIONS_OF_SITE)
    await runFaultBetween(site, gate, fault, { recordsSessions: true })
  })
})
