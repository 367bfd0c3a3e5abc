import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type Pgbouncer, startPgbouncer } from "../../../../rig/pgbouncer.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { prefetchContract } from "../../prefetch-contract.ts"
import { sessionStoreContract } from "../../session-store-contract.ts"
import { userSessionStoreContract } from "../../user-sessions-contract.ts"
import { userStoreContract } from "../../user-store-contract.ts"

const available = [service("postgres"), service("pgbouncer")].every((needed) => needed.available)

describe.skipIf(!available)("behind PgBouncer in transaction mode", () => {
  let server: PostgresServer
  let bouncer: Pgbouncer
  const stores = (options: { readonly userSessions?: boolean } = {}) =>
    postgres({ ...patient, url: bouncer.through(server.url), pooler: true, ...options })

  beforeAll(async () => {
    server = await startPostgres()
    bouncer = await startPgbouncer(server)
    const pg = stores({ userSessions: true })
    await pg.createTables()
    await pg.close()
  })
  afterAll(async () => {
    await bouncer?.stop()
    await server?.stop()
  })

  const make = async () => {
    const pg = stores()
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract("PostgreSQL behind PgBouncer", make)
  userStoreContract("PostgreSQL behind PgBouncer", make)
  userSessionStoreContract("PostgreSQL behind PgBouncer", async () => {
    const pg = stores({ userSessions: true })
    return { store: pg.sessions, close: pg.close }
  })
  prefetchContract("PostgreSQL behind PgBouncer", make)

  it("makes the tables once for several processes that start at the same time", async () => {
    const url = bouncer.through(await server.createDatabase())
    const create = async () => {
      const pg = postgres({ ...patient, url, pooler: true })
      try {
        return await pg.createTables()
      } finally {
        await pg.close()
      }
    }
    const plans = await Promise.all([1, 2, 3, 4].map(create))
    // Each plan says what the process itself has done.
    const hasCreated = plans.map((plan) => plan.some(({ state }) => state === "missing"))
    expect(hasCreated.filter(Boolean)).toHaveLength(1)
    expect((await create()).map(({ state }) => state)).toEqual(["complete", "complete", "complete"])
  })

  it("gets connections whose settings PgBouncer need not set again", async () => {
    const pg = stores()
    const find = () => Effect.runPromise(pg.users.findById("1"))
    await find()
    expect((await server.statementsOf(find)).filter((text) => text.startsWith("SET"))).toEqual([])
    await pg.close()
  })

  it("is refused without the option `pooler`", async () => {
    const pg = postgres({ ...patient, url: bouncer.through(server.url) })
    const failure = await Effect.runPromise(Effect.flip(pg.users.findById("1")))
    expect(failure.cause).toMatchObject({ code: "08P01", reason: expect.stringContaining("startup") })
    await pg.close()
  })
})
