import { afterAll, beforeAll, describe } from "vitest"
import { postgres } from "../../../../src/adapters/store/postgres.ts"
import { type PostgresServer, startPostgres } from "../../../rig/postgres-server.ts"
import { service } from "../../../rig/services.ts"
import { sessionStoreContract } from "../contract.ts"
import { userSessionStoreContract } from "../user-sessions-contract.ts"

describe.skipIf(!service("postgres").available)("PostgreSQL", () => {
  let server: PostgresServer
  const stores = () => postgres({ url: server.url, userSessions: true })
  beforeAll(async () => {
    server = await startPostgres()
    const pg = stores()
    await pg.createTables()
    await pg.close()
  })
  afterAll(() => server?.stop())

  const make = async () => {
    const pg = stores()
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract("PostgreSQL that records the sessions of users", make)
  userSessionStoreContract("PostgreSQL", make)
})
