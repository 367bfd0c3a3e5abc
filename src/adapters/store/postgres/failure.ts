import * as Data from "effect/Data"

/**
 * Why a statement has no answer. Carries no parameter, no row and no text of the statement: the driver's own errors do.
 */
export class DatabaseFailure extends Data.TaggedError("DatabaseFailure")<{
  /** SQLSTATE, the system's error code, or one of `SILENT`, `CLOSED`, `TOO_LATE`, `UNKNOWN`. */
  readonly code: string
  readonly reason: string
  /** The connection is gone, or never was: nothing is known about the statement. */
  readonly lost: boolean
}> {
  override get message(): string {
    return `${this.code}: ${this.reason}`
  }
}

/** The server said nothing for too long after it was asked something. */
export const silent = new DatabaseFailure({ code: "SILENT", reason: "the server does not answer", lost: true })
export const closed = new DatabaseFailure({ code: "CLOSED", reason: "the connection was closed", lost: true })
export const ended = new DatabaseFailure({ code: "CLOSED", reason: "the client was closed", lost: false })
export const tooLate = new DatabaseFailure({ code: "TOO_LATE", reason: "the deadline has passed", lost: false })

/** @see PostgreSQL, appendix "PostgreSQL Error Codes" */
export const UNIQUE_VIOLATION = "23505"

/** Connection exceptions, and a server that shuts down, crashed or is starting. */
const lostStates = /^(08...|57P0[123])$/
/** Messages of data exceptions and integrity violations quote values. */
const quotingStates = /^2[23]/

/** Reads whatever the driver, Node or TLS rejected with. */
export const fromCause = (cause: unknown): DatabaseFailure => {
  if (cause instanceof DatabaseFailure) return cause
  if (!(cause instanceof Error)) return new DatabaseFailure({ code: "UNKNOWN", reason: "not an error", lost: false })
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  if (code === undefined) return new DatabaseFailure({ code: "UNKNOWN", reason: cause.name, lost: false })
  const answered = cause.name === "PostgresError"
  return new DatabaseFailure({
    code,
    reason: answered && quotingStates.test(code) ? "the server refused the statement" : cause.message || code,
    lost: answered ? lostStates.test(code) : true
  })
}

/** Whether the connection ends with this error: the server closes it after a fatal one. */
export const endsConnection = (cause: unknown): boolean =>
  fromCause(cause).lost ||
  (cause instanceof Error && "severity" in cause && (cause.severity === "FATAL" || cause.severity === "PANIC"))
