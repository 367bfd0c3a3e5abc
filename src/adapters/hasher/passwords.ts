import * as Effect from "effect/Effect"
import * as Check from "../../core/password/check.ts"
import * as Digest from "../../core/password/digest.ts"
import * as Encoded from "../../core/password/encoded.ts"
import * as Offered from "../../core/password/offered.ts"
import { BadRequest, ConfigurationInvalid } from "../interpreter/errors.ts"
import type { Hasher } from "../interpreter/ports.ts"
import { checkOptions, having, type Kind } from "../option-kinds.ts"
import { randomText } from "./random-text.ts"
import { makeSlots, type Slot, type SlotOptions } from "./slots.ts"

export interface PasswordOptions extends SlotOptions {
  /** The first one is preferred: it writes. The others only verify; what none of them knows, nobody can log in with. */
  readonly hashers: readonly [Hasher, ...ReadonlyArray<Hasher>]
}

/** Hashing and checking of passwords. Only `slot` waits for a turn: whoever authenticates takes one for all of it. */
export interface Passwords {
  /**
   * Whether a password is the stored one, and if so, whether to store it anew (`mustUpdate`). Every wrong one costs a
   * fresh hash of the preferred hasher or more, whatever is stored; a text that cannot be a password (a lone surrogate,
   * more than 4096 bytes) is wrong and costs nothing, whatever is stored.
   *
   * @see Django: check_password
   */
  readonly verify: (
    password: string,
    encoded: string
  ) => Effect.Effect<{ readonly correct: boolean; readonly mustUpdate: boolean }>
  /**
   * Encodes with the preferred hasher and a fresh salt. `BadRequest` for a text that cannot be a password, or that the
   * preferred hasher cannot write (plain `bcrypt` takes 72 bytes).
   *
   * @see Django: make_password
   */
  readonly encode: (password: string) => Effect.Effect<string, BadRequest>
  /** As much work as verifying takes, for nobody: an unknown user must not be known by a quick answer. */
  readonly spend: (password: string) => Effect.Effect<void>
  /** A fresh text that no password matches. */
  readonly unusable: () => string
  readonly slot: Slot
}

/**
 * @throws {ConfigurationInvalid} when two hashers are of one algorithm, the first is one that must not write, or an
 * option makes no sense
 */
export const makePasswords = ({ hashers, ...slots }: PasswordOptions): Passwords => {
  checkOptions({ hashers }, { hashers: hasherList })
  const [preferred] = hashers
  const known = { preferred: preferred.algorithm, algorithms: hashers.map((hasher) => hasher.algorithm) }
  const byAlgorithm = new Map(hashers.map((hasher) => [hasher.algorithm, hasher]))
  if (byAlgorithm.size < hashers.length)
    throw new ConfigurationInvalid({ problems: [`hashers: two are of one algorithm (${known.algorithms.join(", ")})`] })
  if (Digest.readOnly.includes(preferred.algorithm))
    throw new ConfigurationInvalid({
      problems: [`hashers: ${preferred.algorithm} is only read, and cannot be the first`]
    })

  const isWritable = (password: string) => Offered.isWritable(password, preferred.algorithm)

  const encodeWritable = (password: string) => hashing(() => preferred.encode(password, randomText(Encoded.saltLength)))

  // One that cannot be written is a wrong password like any other: the work must not tell what is preferred or stored.
  const spend = (password: string) =>
    Offered.isPossible(password) ? Effect.asVoid(encodeWritable(isWritable(password) ? password : "")) : Effect.void

  const verify = Effect.fnUntraced(function* (password: string, encoded: string) {
    if (!Offered.isPossible(password)) return wrong
    const plan = Check.planCheck(known, encoded)
    const hasher = plan._tag === "Verify" ? byAlgorithm.get(plan.algorithm) : undefined
    if (plan._tag === "Dummy" || hasher === undefined) {
      yield* spend(password)
      return wrong
    }
    const found = {
      correct: yield* hashing(() => hasher.verify(password, encoded)),
      outdated: hasher.mustUpdate(encoded)
    }
    const { correct, mustUpdate, afterwards } = Check.verdict(plan, found)
    switch (afterwards) {
      case "Nothing":
        break
      case "Harden":
        yield* hashing(() => hasher.hardenRuntime(password, encoded))
        break
      case "Spend":
        yield* spend(password)
        break
      default:
        afterwards satisfies never
    }
    return { correct, mustUpdate: mustUpdate && isWritable(password) }
  })

  return {
    verify,
    encode: (password) =>
      isWritable(password)
        ? encodeWritable(password)
        : Effect.fail(new BadRequest({ reason: "this text cannot be a password" })),
    spend,
    unusable: () => Encoded.unusable(randomText(Encoded.unusableLength)),
    slot: makeSlots(slots)
  }
}

const hasherList: Kind = {
  written: "an array of hashers, as in [pbkdf2Sha256()]",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(having("encode", "").accepts)
}

const wrong = { correct: false, mustUpdate: false }

/**
 * A hash that has begun cannot be stopped, so whoever is interrupted waits for its end: a slot given back earlier
 * would let clients that hang up pile work upon the thread pool.
 */
const hashing = <A>(work: () => Promise<A>): Effect.Effect<A> => Effect.uninterruptible(Effect.promise(work))
