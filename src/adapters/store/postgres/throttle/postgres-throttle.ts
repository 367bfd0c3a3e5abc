import * as Effect from "effect/Effect"
import type { Taken } from "../../../../core/throttle/throttle.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../../../errors/errors.ts"
import { checkOptions, object, string } from "../../../options/option-kinds.ts"
import type { StoreFailure, ThrottleStoreFacts } from "../../../ports/diagnosis.ts"
import type { CreateTablesOptions, TablesStep } from "../../../ports/store-tables.ts"
import { mostThrottledListed, type ThrottledKey, type ThrottleStore } from "../../../ports/throttle-store.ts"
import { type Client, type ClientOptions, checkGivenClient, clientKinds, createClient } from "../connection/client.ts"
import type { DatabaseFailure } from "../connection/database-failure.ts"
import type { Row } from "../connection/statement.ts"
import { BATCH } from "../sessions/session-statements.ts"
import { countAtMost, examineTable, PATIENCE_SECONDS } from "../setup/examine-database.ts"
import { makeTables, ownTable } from "../setup/tables.ts"
import { djangoNames } from "../tables/django-names.ts"
import { throttleColumns, throttleStatements, throttleTable } from "./throttle-statements.ts"

/** The options of {@link postgresThrottle}. */
export interface PostgresThrottleOptions extends ClientOptions {
  /**
   * `pg.client` of `postgres(…)`, or a client made by `createClient`, instead of the options that describe a
   * connection. `close` does not close it.
   */
  readonly client?: Client
  /** The table's schema, also for `createTables`. Without it, the server's `search_path` decides. */
  readonly schema?: string
  /** The table's name; write `schema.table` if it is in another schema. Default: `latchkey_throttle`. */
  readonly table?: string
}

/** What {@link postgresThrottle} makes. */
export interface PostgresThrottle extends ThrottleStore {
  /**
   * Creates the table if it does not exist. `auth.createTables` and `npx latchkey migrate` do it too.
   *
   * @param options `{ dryRun: true }` only returns the plan
   * @returns the plan that was carried out. Rejects with `StoreUnavailable`
   */
  readonly createTables: (options?: CreateTablesOptions) => Promise<ReadonlyArray<TablesStep>>
  /** Waits for the statements that are running, then closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Counts failed attempts in a table of PostgreSQL, by the database's clock, so that all processes count together. It
 * needs a table of its own, which `npx latchkey migrate` creates; Django's tables are not used.
 *
 * @example
 * const pg = postgres({ url: process.env.DATABASE_URL })
 * const auth = createAuth({ throttle: { store: postgresThrottle({ client: pg.client }) }, ... })
 *
 * @throws ConfigurationInvalid
 */
export const postgresThrottle = (options: PostgresThrottleOptions): PostgresThrottle => {
  checkOptions(options, { ...clientKinds, client: object, schema: string, table: string }, "postgresThrottle.")
  const { client: given, schema, table: throttleTableName, ...clientOptions } = options
  checkGivenClient(given, clientOptions)
  const { names, problems } = djangoNames({
    ...(schema !== undefined && { schema }),
    ...(throttleTableName !== undefined && { throttleTable: throttleTableName })
  })
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const client = given ?? createClient(clientOptions)
  const tables = makeTables({
    ...{ client, names, needsUsers: false },
    groupsOf: () => [ownTable(names.throttle, throttleTable(names.throttle))]
  })
  return {
    ...makeThrottle(client, names.throttle),
    tables,
    createTables: (asked) => Effect.runPromise(tables.create(asked)),
    close: () => (given === undefined ? client.close() : Promise.resolve())
  }
}

const makeThrottle = (client: Client, table: string): ThrottleStore => {
  const sql = throttleStatements(table, mostThrottledListed)

  const clearForgotten = Effect.gen(function* () {
    for (let cleared = 0; ; ) {
      const { count } = yield* client.run(sql.clearSome(), "repeatable", PATIENCE_SECONDS)
      cleared += count
      if (count < BATCH) return cleared
    }
  })

  return {
    isShared: true,
    deadlineSeconds: client.deadlineSeconds,
    take: (asks) => {
      if (asks.length === 0) return Effect.succeed([])
      const parameters = asks.flatMap(({ key, policy: { delays, forgetSeconds } }) => [
        key,
        `{${delays.join(",")}}`,
        forgetSeconds
      ])
      return client.run(sql.take(asks.length)(...parameters), "once").pipe(
        Effect.map((rows) => Array.from(rows, takenOf)),
        unavailable("count an attempt")
      )
    },
    settle: (changes) => {
      if (changes.length === 0) return Effect.void
      const parameters = changes.flatMap((change) => [
        change.key,
        change._tag === "Reset" ? null : new Date(change.until)
      ])
      return client
        .run(sql.settle(changes.length)(...parameters), "once")
        .pipe(Effect.asVoid, unavailable("settle an attempt"))
    },
    list: (_, keys) =>
      client.run(keys === undefined ? sql.list() : sql.listSome(JSON.stringify(keys)), "read", PATIENCE_SECONDS).pipe(
        Effect.map((rows) => Array.from(rows, keyOf)),
        unavailable("list the keys of the throttle")
      ),
    clearForgotten: () => clearForgotten.pipe(unavailable("clear forgotten failures")),
    examine: () => examine(client, table)
  }
}

const examine = (client: Client, table: string): Effect.Effect<ThrottleStoreFacts | StoreFailure> =>
  Effect.gen(function* () {
    const facts = yield* examineTable(client, {
      ...{ name: table, of: "throttle", columns: throttleColumns },
      ...{ unique: ["key"], indexed: ["forgotten_at"] }
    })
    const isSound = facts.schema !== undefined && facts.missingColumns.length === 0
    const [forgottenKeys = 0, liveKeys = 0] = isSound
      ? yield* countAtMost(client, table, ["forgotten_at <= now()", "forgotten_at > now()"])
      : []
    return { table: facts, forgottenKeys, liveKeys, evicts: false }
  }).pipe(
    Effect.catch(({ code, reason }) =>
      Effect.succeed({ store: "postgres" as const, code, reason, pooler: client.pooler })
    )
  )

const takenOf = (row: Row): Taken => ({
  _tag: row["taken"] === true ? "Taken" : "Refused",
  until: instantOf(row, "waits_until")
})

const keyOf = (row: Row): ThrottledKey => ({
  key: String(row["key"]),
  failures: Number(row["failures"]),
  until: instantOf(row, "waits_until"),
  forgottenAt: instantOf(row, "forgotten_at")
})

const instantOf = (row: Row, column: string): number => {
  const value = row[column]
  return value instanceof Date ? value.getTime() : Number.NaN
}

const unavailable =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, DatabaseFailure>): Effect.Effect<A, StoreUnavailable> =>
    Effect.mapError(effect, (cause) => new StoreUnavailable({ operation, cause }))
