import * as Encoded from "../../core/password/encoded.ts"
import * as Offered from "../../core/password/offered.ts"
import { constantTimeEqual } from "../../core/signing/hmac.ts"
import type { Hasher } from "../interpreter/ports.ts"

/** What tells one hasher from another. Passwords come as bytes, and only those that can be somebody's. */
export interface Recipe<Parameters> {
  readonly algorithm: string
  /** What a new text is made with. @returns `undefined` for a salt that it cannot have */
  readonly fresh: (salt: string) => Parameters | undefined
  /** What a stored text asks for. @returns `undefined` for one that cannot be verified */
  readonly parse: (encoded: string) => Parameters | undefined
  /** The whole text. @returns `undefined`, after the same work, for a password that this algorithm cannot tell */
  readonly hash: (password: Uint8Array, parameters: Parameters) => Promise<string | undefined>
  readonly mustUpdate: (encoded: string) => boolean
  /** Does the work that a text lacks; all of it, where the text cannot be verified. */
  readonly harden: (password: Uint8Array, encoded: string) => Promise<unknown>
}

/**
 * The hasher of a recipe. A stored text is verified by writing it anew and comparing the whole of it, so that a number
 * with a leading zero or a trailing line feed fails, as in Django. A password with a lone surrogate or of more than
 * 4096 bytes is wrong whatever is stored; `encode` rejects it.
 */
export const hasherOf = <Parameters>(recipe: Recipe<Parameters>): Hasher => ({
  algorithm: recipe.algorithm,
  encode: async (password, salt) => {
    const bytes = Offered.bytesOf(password)
    const parameters = Encoded.isSalt(salt) ? recipe.fresh(salt) : undefined
    if (parameters === undefined) throw new RangeError(`${recipe.algorithm}: this text cannot be a salt`)
    const encoded = bytes === undefined ? undefined : await recipe.hash(bytes, parameters)
    if (encoded === undefined) throw new RangeError(`${recipe.algorithm}: this text cannot be a password`)
    return encoded
  },
  verify: async (password, encoded) => {
    const bytes = Offered.bytesOf(password)
    const parameters = recipe.parse(encoded)
    if (bytes === undefined || parameters === undefined) return false
    const again = await recipe.hash(bytes, parameters)
    return again !== undefined && constantTimeEqual(again, encoded)
  },
  mustUpdate: recipe.mustUpdate,
  hardenRuntime: async (password, encoded) => {
    const bytes = Offered.bytesOf(password)
    if (bytes !== undefined) await recipe.harden(bytes, encoded)
  }
})
