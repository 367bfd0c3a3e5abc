import * as Effect from "effect/Effect"
import * as Check from "../../core/password/check-password.ts"
import * as Digest from "../../core/password/digest-format.ts"
import * as Encoded from "../../core/password/encoded.ts"
import * as PasswordLimits from "../../core/password/password-limits.ts"
import { randomText } from "../clock-and-random/random-text.ts"
import { BadRequest, ConfigurationInvalid } from "../errors/errors.ts"
import { checkOptions, having, type Kind } from "../options/option-kinds.ts"
import type { Hasher, Passwords } from "../ports/passwords.ts"
import { makeSlots, type SlotOptions } from "./queue/hashing-slots.ts"

/** How passwords are hashed, and how many at the same time. */
export interface PasswordOptions extends SlotOptions {
  /**
   * The first hasher is preferred: it makes new hashes. The others only verify. A user whose hash none of them can read
   * cannot log in.
   */
  readonly hashers: readonly [Hasher, ...ReadonlyArray<Hasher>]
  /**
   * Every wrong password costs at least one hash of each of these hashers, so that its time does not show how the
   * password of a user is stored, or whether there is a user. Give for each algorithm in the table of users a hasher
   * with the highest cost that is stored, and never a lower one than that of the first of `hashers`: then a user with a
   * new hash would be refused later than an unknown one. The default is the first of `hashers`, which is enough if no
   * stored password has a higher cost, or another algorithm that is slow. A wrong password then takes the time of all
   * these hashers together.
   */
  readonly wrongPasswordHashers?: ReadonlyArray<Hasher>
}

/**
 * @throws {ConfigurationInvalid} if two hashers have the same algorithm, if the first hasher may only read, or if an
 * option is invalid
 */
export const makePasswords = ({ hashers, wrongPasswordHashers = [], ...slots }: PasswordOptions): Passwords => {
  checkOptions({ hashers, wrongPasswordHashers }, { hashers: hasherList, wrongPasswordHashers: anyHashers })
  const [preferred] = hashers
  const known = { preferred: preferred.algorithm, algorithms: hashers.map((hasher) => hasher.algorithm) }
  const byAlgorithm = new Map(hashers.map((hasher) => [hasher.algorithm, hasher]))
  const equalised = equalisedHashers(preferred, wrongPasswordHashers)
  const problems = [
    ...duplicateProblems("hashers", hashers),
    ...duplicateProblems("wrongPasswordHashers", wrongPasswordHashers),
    ...(Digest.readOnly.includes(preferred.algorithm)
      ? [`hashers: ${preferred.algorithm} can only read hashes; write another hasher first`]
      : []),
    ...wrongPasswordHashers.flatMap(({ algorithm }) =>
      Digest.readOnly.includes(algorithm)
        ? [`wrongPasswordHashers: ${algorithm} can only read hashes, and costs nothing; remove it`]
        : []
    )
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  const isWritable = (password: string) => PasswordLimits.isWritable(password, preferred.algorithm)

  const encodeWith = (hasher: Hasher, password: string) =>
    hashing(() => hasher.encode(password, randomText(Encoded.alphabet, Encoded.saltLength)))

  // A password that a hasher cannot hash costs the same work as others: the time must not reveal which hasher is
  // preferred, or what is stored.
  const spendWith = (hasher: Hasher, password: string) =>
    Effect.asVoid(encodeWith(hasher, PasswordLimits.isWritable(password, hasher.algorithm) ? password : ""))

  /** The work that is left of a wrong password. @param encoded the stored text */
  const spend = (password: string, plan: Check.Plan, encoded: string): Effect.Effect<void> =>
    Effect.forEach(
      equalised,
      (hasher) => {
        const left = Check.workLeft(plan, hasher.algorithm, () => hasher.mustUpdate(encoded))
        switch (left) {
          case "Nothing":
            return Effect.void
          case "Harden":
            return hashing(() => hasher.hardenRuntime(password, encoded))
          case "HashAndDiscard":
            return spendWith(hasher, password)
          default:
            return left satisfies never
        }
      },
      { discard: true }
    )

  const check = (password: string, encoded: string, mayPass: boolean): Effect.Effect<typeof wrong> => {
    if (!PasswordLimits.isPossible(password)) return Effect.succeed(wrong)
    const plan = Check.planCheck(known, encoded)
    const hasher = plan._tag === "Verify" ? byAlgorithm.get(plan.algorithm) : undefined
    if (plan._tag === "Dummy" || hasher === undefined) return Effect.as(spend(password, dummy, encoded), wrong)
    return Effect.flatMap(
      hashing(() => hasher.verify(password, encoded)),
      (isRight) => {
        const found = { correct: isRight && mayPass, outdated: hasher.mustUpdate(encoded) }
        const { correct, mustUpdate } = Check.verdict(plan, found)
        return correct
          ? Effect.succeed({ correct, mustUpdate: mustUpdate && isWritable(password) })
          : Effect.as(spend(password, plan, encoded), wrong)
      }
    )
  }

  return {
    verify: (password, encoded) => check(password, encoded, true),
    refuse: (password, encoded) => check(password, encoded, false),
    encode: (password) =>
      isWritable(password)
        ? encodeWith(preferred, password)
        : Effect.fail(new BadRequest({ reason: "this text cannot be a password" })),
    hashAndDiscard: (password) => (PasswordLimits.isPossible(password) ? spend(password, dummy, "") : Effect.void),
    unusable: () => Encoded.unusable(randomText(Encoded.alphabet, Encoded.unusableLength)),
    ...makeSlots(slots)
  }
}

/** The preferred hasher, unless the option has a hasher of its algorithm, and the hashers of the option. */
const equalisedHashers = (preferred: Hasher, others: ReadonlyArray<Hasher>): ReadonlyArray<Hasher> =>
  others.some(({ algorithm }) => algorithm === preferred.algorithm) ? others : [preferred, ...others]

const duplicateProblems = (option: string, hashers: ReadonlyArray<Hasher>): ReadonlyArray<string> => {
  const algorithms = hashers.map(({ algorithm }) => algorithm)
  return new Set(algorithms).size === algorithms.length
    ? []
    : [`${option}: two have the same algorithm (${algorithms.join(", ")}); remove one of them`]
}

const isHasher = having("encode", "")

const anyHashers: Kind = {
  written: "an array of hashers, as in [pbkdf2Sha256()]",
  accepts: (value) => Array.isArray(value) && value.every(isHasher.accepts)
}

const hasherList: Kind = {
  written: "an array of hashers, as in [pbkdf2Sha256()]",
  accepts: (value) => anyHashers.accepts(value) && Array.isArray(value) && value.length > 0
}

const wrong = { correct: false, mustUpdate: false }

const dummy: Check.Plan = { _tag: "Dummy" }

/**
 * A running hash cannot be stopped, so an interrupted caller still waits until it ends. If the slot were free earlier,
 * clients that disconnect could make more hashes run in parallel than there are slots.
 */
const hashing = <A>(work: () => Promise<A>): Effect.Effect<A> => Effect.uninterruptible(Effect.promise(work))
