/** The kinds of accounts whose failed logins are compared. Names have the same length. */

/** PBKDF2 iterations of a new hash: about 15 to 30 ms on a machine of today. */
export const iterations = 100_000

/** How many names each kind has, so that nothing is measured that a cache answers. */
export const NAMES = 20

export const kinds = {
  known: "known account, wrong password",
  again: "control: known account, again",
  delay: "control: 5 % more work",
  quick: "control: no hash",
  noone: "no account",
  inert: "inactive account",
  unusu: "account without a usable password",
  cheap: "hash with fewer iterations",
  other: "hash of another hasher"
} as const

export type Kind = keyof typeof kinds

export const kindNames: ReadonlyArray<Kind> = [
  "known",
  "again",
  "delay",
  "quick",
  "noone",
  "inert",
  "unusu",
  "cheap",
  "other"
]

/** What a measurement must find for it to be valid. */
export const controls: Readonly<Partial<Record<Kind, "equal" | "different">>> = {
  again: "equal",
  delay: "different",
  quick: "different"
}

export const nameOf = (kind: Kind, index: number): string => `${kind}${String(index % NAMES).padStart(2, "0")}`
