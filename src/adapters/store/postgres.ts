/**
 * Sessions and users in PostgreSQL, in Django's tables.
 *
 * @module latchkey/postgres
 */
import * as Effect from "effect/Effect"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { boolean, checkOptions, either, number, object, string } from "../options/option-kinds.ts"
import type { SessionStore } from "../ports/session-store.ts"
import type { CreateTablesOptions, TablesStep } from "../ports/store-tables.ts"
import type { UserStore } from "../ports/user-store.ts"
import {
  type Client,
  type ClientOptions,
  checkGivenClient,
  clientKinds,
  createClient
} from "./postgres/connection/client.ts"
import { makeSessions } from "./postgres/sessions/postgres-sessions.ts"
import { makeExamine } from "./postgres/setup/examine-database.ts"
import { makeTables, sessionTables } from "./postgres/setup/tables.ts"
import { djangoNames } from "./postgres/tables/django-names.ts"
import {
  clientFor,
  type DjangoUser,
  djangoFields,
  schemaFields,
  type UserSchema
} from "./postgres/tables/user-fields.ts"
import { checkUserTableOptions, makeUserTable, type UserTableOptions } from "./postgres/tables/user-table.ts"
import { makeUsers } from "./postgres/users/postgres-users.ts"
import { settableClock } from "./store-clock.ts"

export { type Client, type ClientOptions, createClient, type Manner } from "./postgres/connection/client.ts"
export { DatabaseFailure } from "./postgres/connection/database-failure.ts"
export type { StatementFate } from "./postgres/connection/sqlstate.ts"
export type { Statement } from "./postgres/connection/statement.ts"
export type { IdType } from "./postgres/tables/id-types.ts"
export type { DjangoUser, UserSchema } from "./postgres/tables/user-fields.ts"
export { RowInvalid, type UserTableOptions } from "./postgres/tables/user-table.ts"
export {
  type PostgresThrottle,
  type PostgresThrottleOptions,
  postgresThrottle
} from "./postgres/throttle/postgres-throttle.ts"

/** The options of {@link postgres}. */
export interface PostgresOptions extends ClientOptions {
  /**
   * A client made by {@link createClient}, instead of the options that describe a connection. `close` does not close
   * it.
   */
  readonly client?: Client
  /**
   * The schema of Django's tables, for every statement and for `createTables`: one per tenant, for example. Without it,
   * the server's `search_path` decides, except for table names that contain a schema.
   */
  readonly schema?: string
  /** The table of users, if it is not Django's `auth_user`. */
  readonly users?: UserTableOptions
  /** The table of sessions. */
  readonly sessions?: {
    /** The table's name; write `schema.table` if it is in another schema. Default: `django_session`. */
    readonly table?: string
    /**
     * For how many sessions the store remembers the user, so that one statement loads session and user. Default:
     * 10,000.
     */
    readonly guesses?: number
    /**
     * Whether sessions that are read at the same time are read by one statement. `false` for a database that cannot
     * join a list of keys with the table, such as Citus with a distributed table. Default true.
     */
    readonly batchReads?: boolean
  }
  /**
   * Records the sessions of users in a table of latchkey's own, so that they can be listed and ended. `createTables`
   * creates the table. Default false.
   */
  readonly userSessions?:
    | boolean
    | {
        /**
         * The table's name; write `schema.table` if it is in another schema. Default: `latchkey_user_session`, beside
         * the table of sessions.
         */
        readonly table?: string
      }
}

/** The options of {@link postgres} for a user model that is not Django's. */
export interface PostgresOptionsWithUsers<User extends { readonly id: unknown }> extends PostgresOptions {
  /** The table of users, and the schema of its rows. */
  readonly users: UserTableOptions & {
    /** Every field is a column. Dates are epoch milliseconds, `bigint` ids are text. */
    readonly schema: UserSchema<User>
  }
}

const postgresKinds = {
  ...clientKinds,
  client: object,
  schema: string,
  users: object,
  sessions: object,
  userSessions: either(boolean, object)
}

/** The stores of one database. */
export interface PostgresStores<User> {
  /** For the option `sessions` of `createAuth`. */
  readonly sessions: SessionStore
  /** For `modelBackend` and the other backends with stored users. */
  readonly users: UserStore<User>
  /** The client of these stores, for `postgresThrottle` on the same database. */
  readonly client: Client
  /**
   * Creates those of Django's tables that do not exist, as a Django of the given version would (default: 5.2), and
   * records Django's migrations. So a Django that uses the database later has nothing to migrate. An app of Django that
   * has tables or records of migrations is not changed. Also creates the table for the option `userSessions`. Several
   * processes may call it at the same time.
   *
   * @param options `{ dryRun: true }` only returns the plan
   * @returns the plan that was carried out: what was created, what was kept, and why. Rejects with `StoreUnavailable`;
   * with `ConfigurationInvalid` if `users` describes a table that does not exist and differs from Django's
   */
  readonly createTables: (options?: CreateTablesOptions) => Promise<ReadonlyArray<TablesStep>>
  /**
   * Deletes expired sessions. Rejects with `StoreUnavailable`.
   *
   * @param now epoch milliseconds; default: the clock of the application that uses the sessions, otherwise the system's
   * @returns the number of deleted sessions
   */
  readonly clearExpired: (now?: number) => Promise<number>
  /** Waits for the statements that are running, then closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Session and user stores on one PostgreSQL database.
 *
 * @example
 * const pg = postgres({ url: process.env.DATABASE_URL })
 * const auth = createAuth({ sessions: pg.sessions, backends: { [name]: modelBackend(pg.users) }, ... })
 *
 * @throws ConfigurationInvalid
 */
export function postgres<User extends { readonly id: unknown }>(
  options: PostgresOptionsWithUsers<User>
): PostgresStores<User>
export function postgres(options: PostgresOptions): PostgresStores<DjangoUser>
export function postgres(
  options: PostgresOptions & { readonly users?: { readonly schema?: UserSchema<{ readonly id: unknown }> } }
): PostgresStores<unknown> {
  checkOptions(options, postgresKinds)
  const {
    client: given,
    users: userOptions,
    sessions: sessionOptions,
    userSessions = false,
    schema: _schema,
    ...clientOptions
  } = options
  const recordOptions = typeof userSessions === "boolean" ? {} : userSessions
  checkOptions(recordOptions, { table: string }, "userSessions.")
  checkOptions(sessionOptions ?? {}, { table: string, guesses: number, batchReads: boolean }, "sessions.")
  if (
    sessionOptions?.guesses !== undefined &&
    !(Number.isInteger(sessionOptions.guesses) && sessionOptions.guesses >= 0)
  )
    throw new ConfigurationInvalid({ problems: ["sessions.guesses: must be a whole number, 0 or more"] })
  checkUserTableOptions(userOptions ?? {})
  checkGivenClient(given, clientOptions)
  const { names, problems } = djangoNames({ ...options, userSessions: recordOptions })
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const fields = userOptions?.schema === undefined ? djangoFields : schemaFields(userOptions.schema)
  const userTable = makeUserTable(userOptions ?? {}, fields, names)
  const client = given ?? createClient(clientOptions)
  const reading = clientFor(fields, client)
  const clock = settableClock()
  const examine = [makeExamine(client, names, userTable, userSessions !== false)]
  const groupsOf = sessionTables(names, userTable.idType, userSessions !== false)
  const tables = makeTables({ client, names, groupsOf, needsUsers: !userTable.hasDjangoColumns })
  const users = { ...makeUsers(reading, userTable, names), tables, examine }
  const sessions = makeSessions(reading, {
    table: names.sessions,
    records: userSessions === false ? undefined : names.userSessions,
    guesses: sessionOptions?.guesses ?? 10_000,
    batches: sessionOptions?.batchReads ?? true,
    userTable,
    users
  })
  return {
    sessions: { ...sessions, setClock: clock.set, tables, examine },
    users,
    client,
    createTables: (asked) => Effect.runPromise(tables.create(asked)),
    clearExpired: (now = clock.now()) => Effect.runPromise(sessions.clearExpired(now)),
    close: () => (given === undefined ? client.close() : Promise.resolve())
  }
}
