import * as Encoded from "../../../core/password/encoded.ts"
import * as PasswordLimits from "../../../core/password/password-limits.ts"
import { constantTimeEqual } from "../../../core/signing/hmac.ts"
import type { Hasher } from "../../ports/passwords.ts"

/** The functions in which hashers differ. Passwords are passed as bytes, and only if they can be a password. */
export interface Recipe<Parameters> {
  readonly algorithm: string
  /** The parameters of a new hash. @returns `undefined` if the algorithm cannot use this salt */
  readonly fresh: (salt: string) => Parameters | undefined
  /** The parameters of a stored hash. @returns `undefined` if it cannot be verified */
  readonly parse: (encoded: string) => Parameters | undefined
  /**
   * Hashes a password. @returns the whole encoded text; `undefined`, after the same work, if the algorithm cannot
   * distinguish this password from others
   */
  readonly hash: (password: Uint8Array, parameters: Parameters) => Promise<string | undefined>
  readonly mustUpdate: (encoded: string) => boolean
  /**
   * Does the work by which the stored hash is cheaper than a new one; the work of a whole hash if it cannot be
   * verified.
   */
  readonly harden: (password: Uint8Array, encoded: string) => Promise<unknown>
}

/**
 * Makes a hasher from a recipe. To verify a password, it makes the whole encoded text again and compares it with the
 * stored one. So a stored text with a leading zero in a number, or with a trailing line feed, does not match, as in
 * Django. A password with a lone surrogate, or of more than 4096 bytes, is always wrong, and `encode` rejects it.
 */
export const hasherOf = <Parameters>(recipe: Recipe<Parameters>): Hasher => ({
  algorithm: recipe.algorithm,
  encode: async (password, salt) => {
    const bytes = PasswordLimits.bytesOf(password)
    const parameters = Encoded.isSalt(salt) ? recipe.fresh(salt) : undefined
    if (parameters === undefined) throw new RangeError(`${recipe.algorithm}: this text cannot be a salt`)
    const encoded = bytes === undefined ? undefined : await recipe.hash(bytes, parameters)
    if (encoded === undefined) throw new RangeError(`${recipe.algorithm}: this text cannot be a password`)
    return encoded
  },
  verify: async (password, encoded) => {
    const bytes = PasswordLimits.bytesOf(password)
    const parameters = recipe.parse(encoded)
    if (bytes === undefined || parameters === undefined) return false
    const again = await recipe.hash(bytes, parameters)
    return again !== undefined && constantTimeEqual(again, encoded)
  },
  mustUpdate: recipe.mustUpdate,
  hardenRuntime: async (password, encoded) => {
    const bytes = PasswordLimits.bytesOf(password)
    if (bytes !== undefined) await recipe.harden(bytes, encoded)
  }
})
