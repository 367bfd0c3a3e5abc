import type { Hasher } from "../adapters/ports/stores.ts"

const prefix = "instant$"

/** The encoded password that {@link instantHasher} makes. */
export const encodeInstantly = (password: string): string => `${prefix}${password}`

/**
 * A hasher for tests that takes no time and uses no salt: the encoded password contains the password in plain text.
 * Equal passwords have equal hashes, so tests are repeatable.
 */
export const instantHasher: Hasher = {
  algorithm: "instant",
  encode: async (password) => encodeInstantly(password),
  verify: async (password, encoded) => encoded === encodeInstantly(password),
  mustUpdate: () => false,
  hardenRuntime: async () => {}
}
