import { Tagged } from "../../errors/errors.ts"

/**
 * Why a file could not be read or written. Contains no path, because the name of a session's file ends with its key.
 */
export class FileFailure extends Tagged("FileFailure")<{
  /** The system's error code (`ENOSPC`, `EACCES`), or `LOCKED`, `NO_DIRECTORY`, `TOO_LARGE`, `UNKNOWN`. */
  readonly code: string
}> {
  override get message(): string {
    return this.code
  }
}

export const fromCause = (cause: unknown): FileFailure =>
  cause instanceof FileFailure ? cause : new FileFailure({ code: codeOf(cause) ?? "UNKNOWN" })

/** The system's error code of an error from Node. */
export const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

/** @returns `undefined` if the operation fails with one of the codes */
export const unless = async <A>(codes: ReadonlyArray<string>, operation: Promise<A>): Promise<A | undefined> => {
  try {
    return await operation
  } catch (cause) {
    if (codes.includes(codeOf(cause) ?? "")) return undefined
    throw cause
  }
}
