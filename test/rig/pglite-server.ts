/**
 * An embedded PostgreSQL behind a socket. Use it with `max: 1`: it does not keep the transactions of two clients apart.
 */
import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { freePort } from "./free-port.ts"

export interface PgliteServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** @param folder where it stores its data; in memory when absent */
export const startPglite = async (folder?: string): Promise<PgliteServer> => {
  const db = await PGlite.create(folder === undefined ? {} : { dataDir: folder })
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
