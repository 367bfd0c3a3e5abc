/**
 * Every operation when PostgreSQL's disk is full. Where a file system may be mounted, a small one is filled. Elsewhere
 * a trigger raises the same error.
 */
import postgres from "postgres"
import { afterAll, beforeAll, describe, it } from "vitest"
import type { Site } from "../full-stack/site.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { required, service } from "../rig/services.ts"
import { type SmallDisk, smallDisk } from "../rig/small-disk.ts"
import { runFault, unnoticed, writesRefused } from "./matrix.ts"
import { names, type OperationName } from "./operations.ts"
import { startFaultySite } from "./visitor.ts"

/** A row that they delete leaves space for another one. */
const deleting: ReadonlyArray<OperationName> = ["logout", "endOthers"]

describe.skipIf(!service("postgres").available)("each operation, when PostgreSQL's disk is full:", () => {
  let disk: SmallDisk | undefined
  let server: PostgresServer
  let site: Site
  let operator: postgres.Sql

  beforeAll(async () => {
    disk = smallDisk(8)
    server = await startPostgres()
    operator = postgres(server.url, { max: 1, onnotice: () => {} })
    if (disk === undefined) {
      const reason = "no file system can be mounted here"
      if (required) throw new Error(`LATCHKEY_TEST_SERVICES=required, but ${reason}`)
      console.warn(`${reason}: a trigger raises the error 53100`)
    } else {
      await operator.unsafe(`CREATE TABLESPACE small LOCATION '${disk.folder}'`)
      await operator`ALTER DATABASE postgres SET default_tablespace = small`
    }
    site = await startFaultySite({ url: server.url }, { userSessions: true })
  })
  afterAll(async () => {
    await operator?.end({ timeout: 0 })
    await site?.stop()
    await server?.stop()
    disk?.remove()
  })

  const isFull = (cause: unknown): boolean => cause instanceof postgres.PostgresError && cause.code === "53100"
  /** Repeats a statement until the disk is full. */
  const untilFull = async (statement: string) => {
    for (let n = 0; ; n++) {
      try {
        await operator.unsafe(statement, [String(n)])
      } catch (cause) {
        if (isFull(cause)) return
        throw cause
      }
    }
  }

  const fillDisk = async () => {
    const own = postgres(server.url, { max: 1, onnotice: () => {} })
    // Rows that were replaced leave no space for others.
    await own`VACUUM`
    await own`CREATE TABLE filler (text text) TABLESPACE small`
    await own.end()
    await untilFull("INSERT INTO filler SELECT repeat(md5($1), 20) FROM generate_series(1, 2000)")
    await untilFull("INSERT INTO filler SELECT repeat(md5($1), 20)")
    await untilFull("INSERT INTO django_session VALUES ('filler' || $1, '', now() + interval '1 day')")
  }
  const emptyDisk = async () => {
    await operator`DROP TABLE filler`
    await operator`DELETE FROM django_session WHERE session_key LIKE 'filler%'`
  }

  const raiseErrors = async () => {
    await operator.unsafe(`
      CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON django_session EXECUTE FUNCTION disk_is_full()`)
  }
  const raiseNoErrors = () => operator`DROP FUNCTION disk_is_full CASCADE`

  const fill = () => (disk === undefined ? raiseErrors() : fillDisk())
  const empty = () => (disk === undefined ? raiseNoErrors() : emptyDisk())

  it("reads succeed, and nothing is stored", () =>
    runFault(site, {
      row: writesRefused,
      carriedOut: "never",
      passwordMayChange: true,
      of: names.filter((name) => !deleting.includes(name)),
      strike: fill,
      heal: empty
    }))

  it("sessions are ended", () =>
    runFault(site, { row: unnoticed, carriedOut: "never", of: deleting, rounds: 1, strike: fill, heal: empty }))
})
