import { Tagged } from "../../interpreter/errors.ts"
import { adviceFor, fateOf, quotesValues, type StatementFate } from "./sqlstate.ts"

/**
 * Why a statement has no answer. Carries no parameter, no row and no text of the statement: the driver's own errors do.
 */
export class DatabaseFailure extends Tagged("DatabaseFailure")<{
  /** SQLSTATE, the system's error code, or one of `SILENT`, `CLOSED`, `TOO_LATE`, `UNKNOWN`. */
  readonly code: string
  /** The server's message where it quotes no values; for a mistake in the configuration also what to do about it. */
  readonly reason: string
  /** What is known about the statement, and so whether it may be sent again. */
  readonly fate: StatementFate
}> {
  override get message(): string {
    return `${this.code}: ${this.reason}`
  }
}

/** The server said nothing for too long after a statement was sent. */
export const silent = new DatabaseFailure({ code: "SILENT", reason: "the server does not answer", fate: "lost" })
export const closed = new DatabaseFailure({ code: "CLOSED", reason: "the connection was closed", fate: "lost" })
export const ended = new DatabaseFailure({ code: "CLOSED", reason: "the client was closed", fate: "outage" })
export const tooLate = new DatabaseFailure({ code: "TOO_LATE", reason: "the deadline has passed", fate: "outage" })

/** @see PostgreSQL, appendix "PostgreSQL Error Codes" */
export const UNIQUE_VIOLATION = "23505"

/** The database's encoding has no characters for a text (it is no UTF-8): then no row holds that text. */
export const isUnencodable = ({ code }: DatabaseFailure): boolean => code === "22P05" || code === "22021"

/** Reads whatever the driver, Node or TLS rejected with. */
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
    fate: fateOf(code)
  })
}

/** Whether a trigger or a function raised it, which may quote anything, under whatever code. */
const isRaised = (cause: Error): boolean => "routine" in cause && cause.routine === "exec_stmt_raise"

/** Whether the connection is gone with this error: it broke, or the server closes it after a fatal error. */
export const endsConnection = (cause: unknown): boolean =>
  fromCause(cause).fate === "lost" ||
  (cause instanceof Error && "severity" in cause && (cause.severity === "FATAL" || cause.severity === "PANIC"))
