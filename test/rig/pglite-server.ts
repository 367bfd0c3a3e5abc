/**
 * An embedded PostgreSQL behind a socket. Use it with `max: 1`: it does not keep the transactions of two clients apart.
 */
import { openAsBlob, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { freePort } from "./free-port.ts"
import { prepared } from "./prepared.ts"

export interface PgliteServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

const manifest = join(import.meta.dirname, "../../node_modules/@electric-sql/pglite/package.json")

/** The files of an empty database. To create them takes three seconds; to read them takes less than half of one. */
const emptyDatabase = async (): Promise<Blob> => {
  const { version } = JSON.parse(readFileSync(manifest, "utf8"))
  const folder = await prepared(`pglite-${version}`, async (folder) => {
    const db = await PGlite.create()
    const files = await db.dumpDataDir("none")
    await db.close()
    await writeFile(join(folder, "data.tar"), files.stream())
  })
  return openAsBlob(join(folder, "data.tar"))
}

/** Starts an empty database in memory. */
export const startPglite = async (): Promise<PgliteServer> => {
  const db = await PGlite.create({ loadDataDir: await emptyDatabase() })
  const port = await freePort()
  const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port, maxConnections: 10 })
  await server.start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop()
      await db.close()
    }
  }
}
