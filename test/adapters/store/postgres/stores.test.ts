import { afterAll, beforeAll, describe } from "vitest"
import { postgres } from "../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../rig/patience.ts"
import { startPglite } from "../../../rig/pglite-server.ts"
import { startPostgres } from "../../../rig/postgres-server.ts"
import { service } from "../../../rig/services.ts"
import { permissionStoreContract } from "../permission-contract.ts"
import { prefetchContract } from "../prefetch-contract.ts"
import { sessionStoreContract } from "../session-store-contract.ts"
import { userStoreContract } from "../user-store-contract.ts"

const contracts = (name: string, max: number, start: () => Promise<{ url: string; stop: () => Promise<void> }>) => {
  let server: { readonly url: string; readonly stop: () => Promise<void> } | undefined
  beforeAll(async () => {
    server = await start()
    const pg = postgres({ ...patient, url: server.url, max })
    await pg.createTables()
    await pg.close()
  })
  afterAll(() => server?.stop())

  const make = async () => {
    const pg = postgres({ ...patient, url: server?.url, max })
    return { store: pg.sessions, users: pg.users, close: pg.close }
  }
  sessionStoreContract(name, make)
  userStoreContract(name, make)
  permissionStoreContract(name, make)
  prefetchContract(name, make)
}

describe.skipIf(!service("postgres").available)("a PostgreSQL server", () => contracts("PostgreSQL", 10, startPostgres))

describe("an embedded PostgreSQL", () => contracts("PGlite", 1, startPglite))
