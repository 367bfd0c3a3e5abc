import type { Hasher } from "../../adapters/ports/passwords.ts"

const prefix = "instant$"

/** The encoded password that {@link instantHasher} makes. */
export const encodeInstantly = (password: string): string => `${prefix}${password}`

const outdatedPrefix = "instant-outdated$"

/** The encoded password that {@link outdatedInstantHasher} makes. */
export const encodeOutdated = (password: string): string => `${outdatedPrefix}${password}`

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

/** As {@link instantHasher}, with another name: never the preferred one, so that the next login upgrades its hashes. */
export const outdatedInstantHasher: Hasher = {
  ...instantHasher,
  algorithm: "instant-outdated",
  encode: async (password) => encodeOutdated(password),
  verify: async (password, encoded) => encoded === encodeOutdated(password)
}
