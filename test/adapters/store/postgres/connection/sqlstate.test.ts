import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Client, createClient, type Manner } from "../../../../../src/adapters/store/postgres/connection/client.ts"
import type { DatabaseFailure } from "../../../../../src/adapters/store/postgres/connection/database-failure.ts"
import {
  adviceFor,
  fateOf,
  quotesValues,
  type StatementFate
} from "../../../../../src/adapters/store/postgres/connection/sqlstate.ts"
import { prepare, script } from "../../../../../src/adapters/store/postgres/connection/statement.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

/** Every class of errors in PostgreSQL's list of error codes. */
const classes =
  "08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX"

describe("an SQLSTATE", () => {
  it.each<[StatementFate, string]>([
    ["lost", "08000 08003 08006 57P01 57P02 57P03 57P04 57P05 25P03 25P04 40003"],
    ["misplaced", "25006 25P01 25P02 25001 0A000 24000 34000 3B001"],
    ["conflict", "40001 40P01 40000 55P03 72000"],
    ["configuration", "08P01 26000 28000 28P01 3D000 3F000 42501 42701 42703 42883 42P01 42P05 42P10"],
    ["refused", "22001 22P02 23502 23503 23505 42601 44000 54000 P0001 40002 ZZ123"],
    ["outage", "53100 53200 53300 55006 57014 58030 XX000 XX001 F0000"]
  ])("means %s: %s", (fate, codes) => {
    for (const code of codes.split(" ")) expect([code, fateOf(code)]).toEqual([code, fate])
  })

  it("of every class of PostgreSQL is in the table, and does not count as an unknown class", () => {
    const foreign = classes.split(" ").filter((one) => fateOf(`${one}999`) === "refused" && quotesValues(`${one}999`))
    expect(foreign).toEqual(["0F", "0Z", "20", "22", "23", "27", "2F", "38", "39", "44", "P0"])
  })

  it("of a mistake in the configuration comes with advice, and no other does", () => {
    for (const code of ["08P01", "26000", "28P01", "3D000", "3F000", "42501", "42703", "42P01"])
      expect(adviceFor(code)).toBeDefined()
    for (const code of ["25006", "40001", "57014", "23505", "P0001"]) expect(adviceFor(code)).toBeUndefined()
  })
})

describe.skipIf(!service("postgres").available)("an error of the server", () => {
  let server: PostgresServer
  let client: Client
  const run = (text: string, manner: Manner = "once", ...parameters: ReadonlyArray<string>) =>
    Effect.runPromise(client.run(prepare(text)(...parameters), manner))
  const failure = (text: string, ...parameters: ReadonlyArray<string>): Promise<DatabaseFailure> =>
    Effect.runPromise(Effect.flip(client.run(prepare(text)(...parameters), "once")))

  beforeAll(async () => {
    server = await startPostgres()
    client = createClient({ ...patient, url: server.url })
    await Effect.runPromise(
      client.run(
        script(`
          CREATE TABLE tries (name text PRIMARY KEY, n int NOT NULL);
          CREATE SEQUENCE asked;
          CREATE FUNCTION fail(code text, times int) RETURNS int LANGUAGE plpgsql AS $$
            BEGIN
              IF nextval('asked') <= times THEN RAISE EXCEPTION 'quotes hush' USING ERRCODE = code; END IF;
              RETURN currval('asked');
            END $$`),
        "once"
      )
    )
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  /** How often the client sends a statement if its first answers are this error. */
  const sentFor = async (code: string, times: number, manner: Manner) => {
    await run("SELECT setval('asked', 1, false)")
    const answer = await Effect.runPromise(
      Effect.result(client.run(prepare("SELECT fail(?, ?::int) AS n")(code, times), manner))
    )
    const [row] = await run("SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS n FROM asked")
    return { sent: row?.["n"], answered: answer._tag === "Success" }
  }

  it.each<[string, Manner, number, boolean]>([
    ["40001", "once", 4, true],
    ["40P01", "once", 4, true],
    ["55P03", "read", 4, true],
    ["25006", "once", 2, false],
    ["25006", "read", 2, false],
    ["57014", "read", 1, false],
    ["53200", "read", 1, false],
    ["42P01", "read", 1, false],
    ["P0001", "read", 1, false]
  ])("%s: a statement sent as `%s` is sent %i times in all", async (code, manner, sent, answered) => {
    expect(await sentFor(code, 3, manner)).toEqual({ sent, answered })
  })

  it("of a conflict makes the client try again until the deadline, and no longer", async () => {
    const impatient = createClient({ url: server.url, operationDeadlineSeconds: 0.4 })
    await run("SELECT setval('asked', 1, false)")
    const since = performance.now()
    const fail = prepare("SELECT fail('40001', 1000000)")
    const why = await Effect.runPromise(Effect.flip(impatient.run(fail(), "once")))
    expect(["40001", "TOO_LATE"]).toContain(why.code)
    expect(performance.now() - since).toBeGreaterThan(350)
    expect(performance.now() - since).toBeLessThan(10_000)
    await impatient.close()
  })

  it("of a deadlock loses no write: the client tries again, and both writes succeed", async () => {
    await run("INSERT INTO tries VALUES ('a', 0), ('b', 0)")
    // The server looks for deadlocks after one second: our statement timeout comes before it.
    await Effect.runPromise(client.run(script("ALTER DATABASE postgres SET deadlock_timeout = '50ms'"), "once"))
    const soon = createClient({ ...patient, url: server.url })
    const lockBoth = prepare(`
      WITH one AS (SELECT name FROM tries WHERE name = ? FOR UPDATE),
        slept AS (SELECT pg_sleep(0.1) FROM one),
        two AS (SELECT t.name FROM tries t, slept WHERE t.name = ? FOR UPDATE OF t)
      UPDATE tries SET n = n + 1 WHERE name IN (SELECT name FROM one UNION SELECT name FROM two)`)
    const answers = await Promise.all(
      [lockBoth("a", "b"), lockBoth("b", "a")].map((statement) => Effect.runPromise(soon.run(statement, "once")))
    )
    expect(answers.map(({ count }) => count)).toEqual([2, 2])
    expect([...(await run("SELECT n FROM tries ORDER BY name"))]).toEqual([{ n: 2 }, { n: 2 }])
    await soon.close()
  })

  it("of a missing table names the table and createTables", async () => {
    const empty = await server.createDatabase()
    const pg = postgres({ ...patient, url: empty })
    const { cause } = await Effect.runPromise(Effect.flip(pg.sessions.load(freshKey(), Date.now())))
    expect(cause).toMatchObject({ code: "42P01", fate: "configuration" })
    expect(String(cause)).toContain("django_session")
    expect(String(cause)).toContain("createTables()")
    await pg.close()
  })

  it("of a missing column names the column and the option for it", async () => {
    const why = await failure("SELECT nickname FROM tries")
    expect(why.message).toContain("nickname")
    expect(why.message).toContain("users.columns")
  })

  it("of a missing database names the database, without the password", async () => {
    const lost = createClient({
      ...patient,
      url: server.url.replace("postgres@", "postgres:hush@").replace(/postgres$/, "absent")
    })
    const why = await Effect.runPromise(Effect.flip(lost.run(prepare("SELECT 1")(), "read")))
    expect(why).toMatchObject({ code: "3D000", fate: "configuration" })
    expect(why.message).toContain("absent")
    expect(why.message).not.toContain("hush")
    await lost.close()
  })

  it("does not contain the text of a trigger's error or of an invalid value", async () => {
    for (const why of [
      await failure("SELECT fail('P0001', 1000000)"),
      await failure("SELECT fail('ZZ001', 1000000)"),
      // With a code that the server itself uses.
      await failure("SELECT fail('42501', 1000000)"),
      await failure("SELECT fail('57014', 1000000)"),
      await failure("SELECT ?::text::int", "hush")
    ])
      expect(why.message).not.toContain("hush")
  })
})
