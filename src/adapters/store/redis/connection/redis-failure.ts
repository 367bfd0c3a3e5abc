import { ErrorReply } from "redis"
import { Tagged } from "../../../errors/errors.ts"

/** Why a command has no answer. Contains no key and no value; the messages of the driver and the server do. */
export class RedisFailure extends Tagged("RedisFailure")<{
  /**
   * First word of the server's error (`OOM`, `READONLY`), the system's error code, `SILENT`, `CLOSED`, `TOO_LATE` or
   * `UNKNOWN`.
   */
  readonly code: string
  /** The connection is lost, or was never made. Unless `neverSent`, it is not known whether the command ran. */
  readonly lost: boolean
  /** There was no connection to send the command on. */
  readonly neverSent?: true
  /** For `MOVED` and `ASK`: the node to send the command to. */
  readonly address?: string | undefined
}> {
  override get message(): string {
    return this.code
  }
}

/** The server did not answer in time. */
export const silent = new RedisFailure({ code: "SILENT", lost: true })
export const closed = new RedisFailure({ code: "CLOSED", lost: true })
/** The application has closed the store. */
export const ended = new RedisFailure({ code: "CLOSED", lost: false })
/** The time of the request is over. The command was not sent, or it is not known whether it ran. */
export const tooLate = new RedisFailure({ code: "TOO_LATE", lost: false })
export const unexpected = new RedisFailure({ code: "UNEXPECTED_REPLY", lost: false })

export const neverSent = ({ code, lost }: RedisFailure): RedisFailure =>
  new RedisFailure({ code, lost, ...(lost ? { neverSent: true } : {}) })

/** An error that the server answered. Its first word is in upper case by convention. */
const fromReply = (message: string): RedisFailure => {
  const [code = "", , address] = message.split(" ")
  return /^[A-Z]+$/.test(code)
    ? new RedisFailure({ code, lost: false, address: code === "MOVED" || code === "ASK" ? address : undefined })
    : new RedisFailure({ code: "ERR", lost: false })
}

/** Converts an error of the driver, Node or TLS. */
export const fromCause = (cause: unknown): RedisFailure => {
  if (cause instanceof RedisFailure) return cause
  if (cause instanceof ErrorReply) return fromReply(cause.message)
  if (!(cause instanceof Error)) return new RedisFailure({ code: "UNKNOWN", lost: true })
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return code === undefined ? closed : new RedisFailure({ code, lost: true })
}
