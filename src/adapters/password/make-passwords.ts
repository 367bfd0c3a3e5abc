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
}

/**
 * @throws {ConfigurationInvalid} if two hashers have the same algorithm, if the first hasher may only read, or if an
 * option is invalid
 */
export const makePasswords = ({ hashers, ...slots }: PasswordOptions): Passwords => {
  checkOptions({ hashers }, { hashers: hasherList })
  const [preferred] = hashers
  const known = { preferred: preferred.algorithm, algorithms: hashers.map((hasher) => hasher.algorithm) }
  const byAlgorithm = new Map(hashers.map((hasher) => [hasher.algorithm, hasher]))
  if (byAlgorithm.size < hashers.length)
    throw new ConfigurationInvalid({
      problems: [`hashers: two have the same algorithm (${known.algorithms.join(", ")}); remove one of them`]
    })
  if (Digest.readOnly.includes(preferred.algorithm))
    throw new ConfigurationInvalid({
      problems: [`hashers: ${preferred.algorithm} can only read hashes; write another hasher first`]
    })

  const isWritable = (password: string) => PasswordLimits.isWritable(password, preferred.algorithm)

  const encodeWritable = (password: string) =>
    hashing(() => preferred.encode(password, randomText(Encoded.alphabet, Encoded.saltLength)))

  // A password that the preferred hasher cannot hash costs the same work as others: the time must not reveal which
  // hasher is preferred, or what is stored.
  const spend = (password: string) =>
    PasswordLimits.isPossible(password)
      ? Effect.asVoid(encodeWritable(isWritable(password) ? password : ""))
      : Effect.void

  const check = (password: string, encoded: string, mayPass: boolean): Effect.Effect<typeof wrong> => {
    if (!PasswordLimits.isPossible(password)) return Effect.succeed(wrong)
    const plan = Check.planCheck(known, encoded)
    const hasher = plan._tag === "Verify" ? byAlgorithm.get(plan.algorithm) : undefined
    if (plan._tag === "Dummy" || hasher === undefined) return Effect.as(spend(password), wrong)
    return Effect.flatMap(
      hashing(() => hasher.verify(password, encoded)),
      (isRight) => {
        const found = { correct: isRight && mayPass, outdated: hasher.mustUpdate(encoded) }
        const { correct, mustUpdate, afterwards } = Check.verdict(plan, found)
        const answer = { correct, mustUpdate: mustUpdate && isWritable(password) }
        switch (afterwards) {
          case "Nothing":
            return Effect.succeed(answer)
          case "Harden":
            return Effect.as(
              hashing(() => hasher.hardenRuntime(password, encoded)),
              answer
            )
          case "HashAndDiscard":
            return Effect.as(spend(password), answer)
          default:
            return afterwards satisfies never
        }
      }
    )
  }

  return {
    verify: (password, encoded) => check(password, encoded, true),
    refuse: (password, encoded) => check(password, encoded, false),
    encode: (password) =>
      isWritable(password)
        ? encodeWritable(password)
        : Effect.fail(new BadRequest({ reason: "this text cannot be a password" })),
    hashAndDiscard: spend,
    unusable: () => Encoded.unusable(randomText(Encoded.alphabet, Encoded.unusableLength)),
    ...makeSlots(slots)
  }
}

const hasherList: Kind = {
  written: "an array of hashers, as in [pbkdf2Sha256()]",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(having("encode", "").accepts)
}

const wrong = { correct: false, mustUpdate: false }

/**
 * A running hash cannot be stopped, so an interrupted caller still waits until it ends. If the slot were free earlier,
 * clients that disconnect could make more hashes run in parallel than there are slots.
 */
const hashing = <A>(work: () => Promise<A>): Effect.Effect<A> => Effect.uninterruptible(Effect.promise(work))
