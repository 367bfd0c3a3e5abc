/**
 * What a Django of each version writes by itself. Two applications on one database that disagree rewrite each other's
 * hashes at every login and, since the session auth hash follows, log the user out elsewhere.
 */

/** The version of the Django that shares the database; 6.2 as it stood in August 2026, before its release. */
export type Peer = keyof typeof passwordCosts

/** Numbers of a stock Django, by version. Its argon2 and bcrypt have not changed since 3.2. */
export const passwordCosts = {
  "3.2": { pbkdf2Iterations: 260_000, scryptParallelism: undefined },
  "4.0": { pbkdf2Iterations: 320_000, scryptParallelism: 1 },
  "4.1": { pbkdf2Iterations: 390_000, scryptParallelism: 1 },
  "4.2": { pbkdf2Iterations: 600_000, scryptParallelism: 1 },
  "5.0": { pbkdf2Iterations: 720_000, scryptParallelism: 1 },
  "5.1": { pbkdf2Iterations: 870_000, scryptParallelism: 5 },
  "5.2": { pbkdf2Iterations: 1_000_000, scryptParallelism: 5 },
  "6.0": { pbkdf2Iterations: 1_200_000, scryptParallelism: 5 },
  "6.1": { pbkdf2Iterations: 1_500_000, scryptParallelism: 5 },
  "6.2": { pbkdf2Iterations: 1_800_000, scryptParallelism: 5 }
} as const satisfies Readonly<Record<string, PasswordCosts>>

export interface PasswordCosts {
  readonly pbkdf2Iterations: number
  /** scrypt's p; `undefined`: this Django knows no scrypt. */
  readonly scryptParallelism: number | undefined
}

export const isPeer = (text: string): text is Peer => Object.hasOwn(passwordCosts, text)
