/**
 * An embedded PostgreSQL behind a socket. Use it with `max: 1`: it does not keep the transactions of two clients apart.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, openAsBlob, readFileSync } from "node:fs"
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

/** The files of an empty database, in an archive. To create them takes three seconds, to read them less than one. */
const emptyDatabase = async (): Promise<string> => {
  const { version } = JSON.parse(readFileSync(manifest, "utf8"))
  const folder = await prepared(`pglite-${version}`, async (folder) => {
    const db = await PGlite.create()
    const files = await db.dumpDataDir("none")
    await db.close()
    await writeFile(join(folder, "data.tar"), files.stream())
  })
  return join(folder, "data.tar")
}

/** Puts an empty database into a folder, which a program then opens instead of creating one. */
export const unpackDatabase = async (folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  execFileSync("tar", ["-xf", await emptyDatabase(), "-C", folder], { stdio: "pipe" })
}

/** Arguments of Node with which a program's `PGlite.create()` reads an empty database, instead of creating one. */
export const preparedPglite = async (): Promise<ReadonlyArray<string>> => {
  const preload = new URL("pglite-preload.ts", import.meta.url)
  preload.searchParams.set("archive", await emptyDatabase())
  return ["--import", preload.href]
}

/** Starts an empty database in memory. */
export const startPglite = async (): Promise<PgliteServer> => {
  const db = await PGlite.create({ loadDataDir: await openAsBlob(await emptyDatabase()) })
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
