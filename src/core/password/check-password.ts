/**
 * Checks a password: which hashes to compute before the verdict, and which after it. The time of a failed attempt must
 * not tell why it failed. So every failed attempt takes at least the time of one hash by each of the *equalised*
 * hashers: the preferred one, or those of the option `wrongPasswordHashers`.
 *
 * | the stored text             | before                | correct           | wrong, additionally, for each equalised hasher |
 * | --------------------------- | --------------------- | ----------------- | ---------------------------------------------- |
 * | unusable, unknown algorithm | nothing               | –                 | one dummy hash                                 |
 * | its algorithm, up to date   | verify                | nothing           | nothing                                        |
 * | its algorithm, outdated     | verify                | hash it again     | the additional work of a new hash              |
 * | another algorithm           | verify with that one  | hash it again     | one dummy hash                                 |
 *
 * In the last case Django does nothing after a wrong password. Then a fast refusal would show that a user's password is
 * stored with a fast algorithm. Two differences remain visible: a stored text that takes more work than a hash of the
 * equalised hasher of its algorithm, and a slow algorithm that no equalised hasher has, where a refusal takes the time
 * of both hashes.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.hashers.check_password
 */
import * as Encoded from "./encoded.ts"

/** The algorithms that can be verified, and the one that new hashes use. */
export interface Known {
  readonly preferred: string
  readonly algorithms: ReadonlyArray<string>
}

export type Plan = Dummy | Verify

/** There is no hash to compare with: do the work of a wrong password, then answer "wrong". */
export interface Dummy {
  readonly _tag: "Dummy"
}

/** Verify with the hasher of this algorithm, then call {@link verdict}. */
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

/** The result of the hasher that verified the stored text. */
export interface Finding {
  readonly correct: boolean
  readonly outdated: boolean
}

export interface Verdict {
  readonly correct: boolean
  /** The password is correct and should be hashed again with the preferred hasher. */
  readonly mustUpdate: boolean
}

export const verdict = (plan: Verify, { correct, outdated }: Finding): Verdict => ({
  correct,
  mustUpdate: correct && (outdated || !plan.isPreferred)
})

/**
 * Which work of one equalised hasher is left to do before a wrong password is refused.
 *
 * @param algorithm of the equalised hasher
 * @param isOutdated whether it would make another hash than the stored one; only if the algorithm of both is the same
 * @returns `Harden`: the additional work of a new hash; `HashAndDiscard`: one dummy hash
 */
export const workLeft = (
  plan: Plan,
  algorithm: string,
  isOutdated: () => boolean
): "Nothing" | "Harden" | "HashAndDiscard" => {
  if (plan._tag === "Dummy" || plan.algorithm !== algorithm) return "HashAndDiscard"
  return isOutdated() ? "Harden" : "Nothing"
}
