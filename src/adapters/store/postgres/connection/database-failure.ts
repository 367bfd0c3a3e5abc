import { Tagged } from "../../../errors/errors.ts"
import { adviceFor, fateOf, quotesValues, type StatementFate } from "./sqlstate.ts"

/** Why a statement has no answer. Contains no parameter, no row and no SQL text; the driver's own errors do. */
export class DatabaseFailure extends Tagged("DatabaseFailure")<{
  /** SQLSTATE, the system's error code, or one of `SILENT`, `CLOSED`, `TOO_LATE`, `UNKNOWN`. */
  readonly code: string
  /** The server's message if it quotes no values; for a mistake in the configuration also advice. */
  readonly reason: string
  /** What is known about the statement. It decides whether the statement may be sent again. */
  readonly fate: StatementFate
  /** For a violated foreign key: the table whose rows refer to others, with its schema. */
  readonly table?: string
}> {
  override get message(): string {
    return `${this.code}: ${this.reason}`
  }
}

/** The server did not answer in time. */
export const silent = new DatabaseFailure({ code: "SILENT", reason: "the server does not answer", fate: "lost" })
export const closed = new DatabaseFailure({ code: "CLOSED", reason: "the connection was closed", fate: "lost" })
export const ended = new DatabaseFailure({ code: "CLOSED", reason: "the client was closed", fate: "outage" })
export const tooLate = new DatabaseFailure({ code: "TOO_LATE", reason: "the deadline has passed", fate: "outage" })

/** @see PostgreSQL, appendix "PostgreSQL Error Codes" */
export const UNIQUE_VIOLATION = "23505"

export const FOREIGN_KEY_VIOLATION = "23503"

/** The database's encoding (not UTF-8) has no characters for a text, so no row contains that text. */
export const isUnencodable = ({ code }: DatabaseFailure): boolean => code === "22P05" || code === "22021"

/** Converts an error of the driver, Node or TLS. */
export const fromCause = (cause: unknown): DatabaseFailure => {
  if (cause instanceof DatabaseFailure) return cause
  if (!(cause instanceof Error)) return new DatabaseFailure({ code: "UNKNOWN", reason: "not an error", fate: "outage" })
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  if (code === undefined) return new DatabaseFailure({ code: "UNKNOWN", reason: cause.name, fate: "outage" })
  if (cause.name !== "PostgresError") {
    return new DatabaseFailure({ code, reason: cause.message || code, fate: "lost" })
  }
  const message = quotesValues(code) || isRaised(cause) ? "the server refused the statement" : cause.message || code
  const advice = adviceFor(code)
  return new DatabaseFailure({
    code,
    reason: advice === undefined ? message : `${message}; ${advice}`,
    fate: fateOf(code),
    ...(code === FOREIGN_KEY_VIOLATION ? referringTable(cause) : {})
  })
}

const referringTable = (cause: Error): { readonly table?: string } =>
  "schema_name" in cause && "table_name" in cause ? { table: `${cause.schema_name}.${cause.table_name}` } : {}

/**
 * Whether a trigger or a function raised the error. Its message may quote anything, and its code may be any code,
 * so the code does not tell.
 */
const isRaised = (cause: Error): boolean => "routine" in cause && cause.routine === "exec_stmt_raise"

/** Whether this error ends the connection: it broke, or the server closes it after a fatal error. */
export const endsConnection = (cause: unknown): boolean =>
  fromCause(cause).fate === "lost" ||
  (cause instanceof Error && "severity" in cause && (cause.severity === "FATAL" || cause.severity === "PANIC"))
