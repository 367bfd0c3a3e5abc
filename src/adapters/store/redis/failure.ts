import { ErrorReply } from "redis"
import { Tagged } from "../../interpreter/errors.ts"

/** Why a command has no answer. Carries no key and no value: the driver's and the server's own messages do. */
export class RedisFailure extends Tagged("RedisFailure")<{
  /** The first word of the server's error (`OOM`, `READONLY`), the system's error code, `SILENT`, `CLOSED` or `UNKNOWN`. */
  readonly code: string
  /** The connection is gone, or never was: nothing is known about the command. */
  readonly lost: boolean
  /** With `MOVED` and `ASK`: which node to ask. */
  readonly address?: string | undefined
}> {
  override get message(): string {
    return this.code
  }
}

/** The server said nothing for too long after it was asked something. */
export const silent = new RedisFailure({ code: "SILENT", lost: true })
export const closed = new RedisFailure({ code: "CLOSED", lost: true })
/** The store was closed by its owner. */
export const ended = new RedisFailure({ code: "CLOSED", lost: false })
export const unexpected = new RedisFailure({ code: "UNEXPECTED_REPLY", lost: false })

/** An error that the server answered with: its first word is upper-case by convention. */
const fromReply = (message: string): RedisFailure => {
  const [code = "", , address] = message.split(" ")
  return /^[A-Z]+$/.test(code)
    ? new RedisFailure({ code, lost: false, address: code === "MOVED" || code === "ASK" ? address : undefined })
    : new RedisFailure({ code: "ERR", lost: false })
}

/** Reads whatever the driver, Node or TLS rejected with. */
export const fromCause = (cause: unknown): RedisFailure => {
  if (cause instanceof RedisFailure) return cause
  if (cause instanceof ErrorReply) return fromReply(cause.message)
  if (!(cause instanceof Error)) return new RedisFailure({ code: "UNKNOWN", lost: true })
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return code === undefined ? closed : new RedisFailure({ code, lost: true })
}
