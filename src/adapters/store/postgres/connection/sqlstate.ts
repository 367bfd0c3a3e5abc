/**
 * What an SQLSTATE means for the statement and its connection: every class, and the codes that differ from their class.
 *
 * | fate | the statement | the connection | sent again |
 * | --- | --- | --- | --- |
 * | `lost` | it is not known whether it ran | gone | a read or repeatable statement, once, on a new connection |
 * | `misplaced` | it did not run | is not used again: it leads to the wrong server, or its state was changed | any statement, once, on a new connection |
 * | `conflict` | it was rolled back | stays | any statement, until the deadline |
 * | `configuration` | it cannot work with this configuration of application and database | stays | never |
 * | `refused` | the server refused its content | stays | never |
 * | `outage` | the server cannot run it now | stays | never |
 *
 * An error with the severity FATAL or PANIC ends the connection, for every code.
 *
 * @see PostgreSQL, appendix "PostgreSQL Error Codes"
 */
export type StatementFate = "lost" | "misplaced" | "conflict" | "configuration" | "refused" | "outage"

interface Meaning {
  readonly fate: StatementFate
  /** The server's message may contain a value, or a text that a trigger raises. */
  readonly quotes?: true
  /** Advice, for a mistake in the configuration. */
  readonly advice?: string
}

const lost: Meaning = { fate: "lost" }
const misplaced: Meaning = { fate: "misplaced" }
const conflict: Meaning = { fate: "conflict" }
const outage: Meaning = { fate: "outage" }
const refused: Meaning = { fate: "refused" }
const refusedQuoting: Meaning = { fate: "refused", quotes: true }
const configuration = (advice: string): Meaning => ({ fate: "configuration", advice })

const tables =
  "create it with `npx latchkey migrate` or createTables(), or name the one to use (schema, users.table, users.memberships, sessions.table)"
const columns = "name the columns of your table in users.columns; false for one that it does not have"
const types = "users.idType or a column of users.columns has another type than the table"
const rights = "grant the user of the connection SELECT, INSERT, UPDATE and DELETE on the tables"
const login = "check the user and the password of the connection"
const pooler = "if the server is behind PgBouncer in transaction mode or the like, pass pooler: true"

/** The codes that differ from their class. */
const codes: ReadonlyMap<string, Meaning> = new Map([
  // Answers the first message of a connection: a pooler refuses start-up parameters that it does not know.
  ["08P01", configuration(pooler)],
  // "cached plan must not change result type": a migration changed a column since the statement was prepared.
  ["0A000", misplaced],
  // idle_in_transaction_session_timeout, transaction_timeout: the server ended the session, perhaps after the commit.
  ["25P03", lost],
  ["25P04", lost],
  // It is not known whether the transaction was committed.
  ["40003", lost],
  ["40002", refused],
  ["42501", configuration(rights)],
  ["42601", refusedQuoting],
  ["42701", configuration(columns)],
  ["42703", configuration(columns)],
  ["42804", configuration(types)],
  ["42846", configuration(types)],
  ["42883", configuration(types)],
  ["42P01", configuration(tables)],
  ["42P05", configuration(pooler)],
  ["42P10", configuration("session_key and the column of the user name need a unique constraint")],
  // Lock timeout: the database's default may be shorter than our deadline.
  ["55P03", conflict],
  ["57P01", lost],
  ["57P02", lost],
  ["57P03", lost],
  ["57P04", lost],
  ["57P05", lost]
])

/** By the first two characters of the code. */
const classes: ReadonlyMap<string, Meaning> = new Map([
  // Connection exception
  ["08", lost],
  // Triggered action exception
  ["09", outage],
  // Feature not supported
  ["0A", refused],
  // Invalid transaction initiation
  ["0B", misplaced],
  // Locator exception, invalid grantor, invalid role specification, diagnostics exception, case not found
  ["0F", refusedQuoting],
  ["0L", configuration(rights)],
  ["0P", configuration(login)],
  ["0Z", refusedQuoting],
  ["20", refusedQuoting],
  // Cardinality violation
  ["21", refused],
  // Data exception, integrity constraint violation
  ["22", refusedQuoting],
  ["23", refusedQuoting],
  // Invalid cursor state
  ["24", misplaced],
  // Invalid transaction state: above all a server that is or has become read-only (25006)
  ["25", misplaced],
  // Invalid SQL statement name: a prepared statement that the server does not have
  ["26", configuration(pooler)],
  // Triggered data change violation
  ["27", refusedQuoting],
  // Invalid authorization specification
  ["28", configuration(login)],
  // Dependent privilege descriptors still exist
  ["2B", refused],
  // Invalid transaction termination
  ["2D", misplaced],
  // SQL routine exception
  ["2F", refusedQuoting],
  // Invalid cursor name
  ["34", misplaced],
  // External routine exception, external routine invocation exception
  ["38", refusedQuoting],
  ["39", refusedQuoting],
  // Savepoint exception
  ["3B", misplaced],
  // Invalid catalog name, invalid schema name
  ["3D", configuration("create the database, or name the one to use in the URL")],
  ["3F", configuration("create it, or name another one by the option schema")],
  // Transaction rollback: serialization failure, deadlock
  ["40", conflict],
  // Syntax error or access rule violation
  ["42", refused],
  // WITH CHECK OPTION violation
  ["44", refusedQuoting],
  // Insufficient resources, program limit exceeded
  ["53", outage],
  ["54", refused],
  // Object not in prerequisite state, operator intervention (a timeout among others), system error
  ["55", outage],
  ["57", outage],
  ["58", outage],
  // Snapshot too old
  ["72", conflict],
  // Configuration file error
  ["F0", outage],
  // Foreign data wrapper error
  ["HV", { ...outage, quotes: true }],
  // PL/pgSQL: what a trigger raises
  ["P0", refusedQuoting],
  // Internal error
  ["XX", outage]
])

/** A class that PostgreSQL does not define: a trigger or an extension uses it. */
const unknown: Meaning = { fate: "refused", quotes: true }

const meaningOf = (code: string): Meaning => codes.get(code) ?? classes.get(code.slice(0, 2)) ?? unknown

export const fateOf = (code: string): StatementFate => meaningOf(code).fate

/** Whether the server's message may contain a value of a parameter or of a row. */
export const quotesValues = (code: string): boolean => meaningOf(code).quotes === true

/** Advice for a mistake in the configuration; `undefined` for every other error. */
export const adviceFor = (code: string): string | undefined => meaningOf(code).advice
