/**
 * Checking a password: what to hash before the verdict, and what after it. The work of a failed attempt must not tell
 * why it failed, so each row that fails costs one fresh hash of the preferred hasher or more.
 *
 * | the stored text             | before                | correct         | wrong, then also           |
 * | --------------------------- | --------------------- | --------------- | -------------------------- |
 * | unusable, unknown algorithm | one dummy hash        | –               | nothing                    |
 * | preferred, up to date       | verify                | nothing         | nothing                    |
 * | preferred, outdated         | verify                | to be rewritten | the work that it lacked    |
 * | another algorithm           | verify with that one  | to be rewritten | one dummy hash             |
 *
 * The last cell is stricter than Django, which does nothing there: a user whose password is kept in a fast algorithm
 * would be known by a fast refusal. What cannot be hidden is a stored text that takes more work than a fresh one, and
 * another slow algorithm: its refusal costs both hashes.
 *
 * @see Django: check_password
 */
import * as Encoded from "./encoded.ts"

/** The algorithms that can be verified, and which of them writes. */
export interface Known {
  readonly preferred: string
  readonly algorithms: ReadonlyArray<string>
}

export type Plan = Dummy | Verify

/** There is nothing to compare with: hash the password once with the preferred hasher and answer "wrong". */
export interface Dummy {
  readonly _tag: "Dummy"
}

/** Verify with the hasher of this algorithm, then ask for the {@link verdict}. */
export interface Verify {
  readonly _tag: "Verify"
  readonly algorithm: string
  readonly isPreferred: boolean
}

export const planCheck = (known: Known, encoded: string): Plan => {
  const algorithm = Encoded.identify(encoded)
  return algorithm === undefined || !known.algorithms.includes(algorithm)
    ? { _tag: "Dummy" }
    : { _tag: "Verify", algorithm, isPreferred: algorithm === known.preferred }
}

/** What the hasher of the stored algorithm found. */
export interface Finding {
  readonly correct: boolean
  readonly outdated: boolean
}

export interface Verdict {
  readonly correct: boolean
  /** Correct, and to be written anew with the preferred hasher. */
  readonly mustUpdate: boolean
  /** Work to do before answering: what the stored text lacked, one dummy hash, or none. */
  readonly afterwards: "Nothing" | "Harden" | "Spend"
}

export const verdict = (plan: Verify, { correct, outdated }: Finding): Verdict => {
  if (correct) return { correct, mustUpdate: outdated || !plan.isPreferred, afterwards: "Nothing" }
  if (!plan.isPreferred) return { correct, mustUpdate: false, afterwards: "Spend" }
  return { correct, mustUpdate: false, afterwards: outdated ? "Harden" : "Nothing" }
}
