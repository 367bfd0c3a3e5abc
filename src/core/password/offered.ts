import * as Bcrypt from "./bcrypt.ts"

/** More than this is no password: the limit keeps the work per attempt bounded. Django has none. */
export const maximumBytes = 4096

/**
 * The bytes that are hashed: UTF-8 of the password as it was typed, neither trimmed nor normalised.
 *
 * @returns `undefined` for what cannot be anybody's password: text with a lone surrogate, which UTF-8 cannot express
 *   (Python refuses to encode it; a replacement character would make different passwords equal), and text of more
 *   than {@link maximumBytes}
 */
export const bytesOf = (password: string): Uint8Array | undefined => {
  if (password.length > maximumBytes || !password.isWellFormed()) return undefined
  const bytes = new TextEncoder().encode(password)
  return bytes.length > maximumBytes ? undefined : bytes
}

/** Whether a text can be somebody's password. What cannot is a wrong password, and costs nothing for anybody. */
export const isPossible = (password: string): boolean => bytesOf(password) !== undefined

/** Whether a text can be somebody's password where this algorithm writes it: plain `bcrypt` takes fewer. */
export const isWritable = (password: string, algorithm: string): boolean => {
  const bytes = bytesOf(password)
  return bytes !== undefined && (algorithm !== "bcrypt" || Bcrypt.isDistinct(bytes))
}
