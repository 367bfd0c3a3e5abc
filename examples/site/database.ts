import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { type DjangoUser, type PostgresOptions, type PostgresStores, postgres } from "latchkey/postgres"
import { type Config, stateFolder } from "./config.ts"

export interface Database {
  readonly stores: PostgresStores<DjangoUser>
  readonly close: () => Promise<void>
}

/** Opens the database that the environment names, or an embedded one. Missing tables are created, as Django would. */
export const openDatabase = async ({ databaseUrl: url, postgresOptions }: Config): Promise<Database> => {
  const database = url === undefined ? await embedded() : external({ ...postgresOptions, url })
  await database.stores.createTables()
  return database
}

const external = (options: PostgresOptions): Database => {
  const stores = postgres(options)
  return { stores, close: stores.close }
}

const embedded = async (): Promise<Database> => {
  mkdirSync(stateFolder, { recursive: true })
  const unlock = lock(join(stateFolder, "postgres.pid"))
  const db = await PGlite.create(join(stateFolder, "postgres"))
  const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1" })
  await server.start()
  const address = server.getServerConn()
  // One connection: the embedded server mixes up the answers of several.
  const stores = postgres({ url: `postgres://postgres@${address}/postgres`, max: 1, userSessions: true })
  return {
    stores,
    close: async () => {
      await stores.close()
      await server.stop()
      await db.close()
      unlock()
    }
  }
}

/** Two processes would damage the files of an embedded database. @throws {Error} that names the process using them */
const lock = (file: string): (() => void) => {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" })
  } catch {
    const owner = Number(readFileSync(file, "utf8"))
    if (owner !== process.pid && isRunning(owner))
      throw new Error(
        `the database in ${stateFolder}/ is in use by process ${owner}: end that, name a PostgreSQL in DATABASE_URL, or start in another folder`
      )
    writeFileSync(file, String(process.pid))
  }
  return () => rmSync(file, { force: true })
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
