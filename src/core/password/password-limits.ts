import * as Bcrypt from "./bcrypt-format.ts"

/** Longest password in bytes. The limit bounds the work per attempt. Django has none. */
export const maximumBytes = 4096

/** Why a value cannot be a password. */
export type Fault =
  /** Not a string: a client may send any JSON value. */
  | "NotText"
  /** Longer than {@link maximumBytes}. */
  | "TooLong"
  /** A lone surrogate. UTF-8 cannot encode it, and a replacement character would make different passwords equal. */
  | "NotUnicode"

/**
 * Why a text cannot be a password.
 *
 * @returns `undefined` for a possible password. The length is checked first, because that is fast.
 */
export const faultOf = (password: string): Fault | undefined => {
  if (typeof password !== "string") return "NotText"
  if (password.length > maximumBytes) return "TooLong"
  if (!password.isWellFormed()) return "NotUnicode"
  return Buffer.byteLength(password) > maximumBytes ? "TooLong" : undefined
}

/**
 * The bytes that are hashed: the UTF-8 of the password as it was typed, neither trimmed nor normalised.
 *
 * @returns `undefined` for a text that cannot be a password: see {@link Fault}
 */
export const bytesOf = (password: string): Uint8Array | undefined =>
  faultOf(password) === undefined ? new TextEncoder().encode(password) : undefined

/**
 * Whether a text can be a password. An impossible one is refused as wrong without any hashing, for every stored text.
 */
export const isPossible = (password: string): boolean => faultOf(password) === undefined

/** Whether this algorithm can store the password. Plain `bcrypt` can store fewer passwords than the others. */
export const isWritable = (password: string, algorithm: string): boolean => {
  const bytes = bytesOf(password)
  return bytes !== undefined && (algorithm !== "bcrypt" || Bcrypt.isDistinct(bytes))
}
