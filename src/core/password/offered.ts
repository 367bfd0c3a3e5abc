import * as Bcrypt from "./bcrypt.ts"

/** More than this is no password: the limit keeps the work per attempt bounded. Django has none. */
export const maximumBytes = 4096

/** Why a value cannot be a password. */
export type Fault =
  /** A client may send any JSON in place of a text. */
  | "NotText"
  /** More than {@link maximumBytes}. */
  | "TooLong"
  /** A lone surrogate, which UTF-8 cannot express: a replacement character would make different passwords equal. */
  | "NotUnicode"

/** @returns `undefined` for a text that can be a password. The length comes first: it costs nothing to compare. */
export const faultOf = (password: string): Fault | undefined => {
  if (typeof password !== "string") return "NotText"
  if (password.length > maximumBytes) return "TooLong"
  if (!password.isWellFormed()) return "NotUnicode"
  return Buffer.byteLength(password) > maximumBytes ? "TooLong" : undefined
}

/**
 * The bytes that are hashed: UTF-8 of the password as it was typed, neither trimmed nor normalised.
 *
 * @returns `undefined` for a text that cannot be a password: see {@link Fault}
 */
export const bytesOf = (password: string): Uint8Array | undefined =>
  faultOf(password) === undefined ? new TextEncoder().encode(password) : undefined

/** Whether a text can be a password. One that cannot is a wrong password, and costs nothing whatever is stored. */
export const isPossible = (password: string): boolean => faultOf(password) === undefined

/** Whether a text can be somebody's password where this algorithm writes it: plain `bcrypt` takes fewer. */
export const isWritable = (password: string, algorithm: string): boolean => {
  const bytes = bytesOf(password)
  return bytes !== undefined && (algorithm !== "bcrypt" || Bcrypt.isDistinct(bytes))
}
