/**
 * What may not become a password. For whoever sets or changes one: `validate`, then encode. Django's validators, with
 * its codes and its English messages; none runs unless asked, as in Django.
 */
import * as Characters from "./characters.ts"
import * as Similarity from "./similarity.ts"

/** Why a password may not be. */
export interface Problem {
  /** Django's: `password_too_short` and so on. */
  readonly code: string
  /** In English. */
  readonly message: string
  /** What the message fills in, by Django's names. */
  readonly params: Readonly<Record<string, string | number>>
}

/** What is known of the person, by field: the user's record, or what a form says of a user to be. */
export type Owner = object

export type Validator = (password: string, owner?: Owner) => Problem | undefined

/**
 * Asks all of them, and collects what they say, in their order.
 *
 * @see Django: validate_password
 */
export const validate = (
  validators: ReadonlyArray<Validator>,
  password: string,
  owner?: Owner
): ReadonlyArray<Problem> => validators.flatMap((validator) => validator(password, owner) ?? [])

/**
 * At least `minimum` characters, in code points.
 *
 * @see Django: MinimumLengthValidator
 */
export const minimumLength = (minimum = 8): Validator => {
  const problem: Problem = {
    code: "password_too_short",
    message: `This password is too short. It must contain at least ${minimum} character${minimum === 1 ? "" : "s"}.`,
    params: { min_length: minimum }
  }
  return (password) => ([...password].length < minimum ? problem : undefined)
}

export interface SimilarityOptions {
  /** Fields of the owner, in the order in which they are asked, each with what the message calls it. */
  readonly attributes?: Readonly<Record<string, string>>
  /** From 0.1; a password as similar as this is refused. Default 0.7. */
  readonly maximumSimilarity?: number
}

const defaultAttributes = {
  username: "username",
  firstName: "first name",
  lastName: "last name",
  email: "email address"
}

/**
 * Not similar to what is known of the owner, nor to a part of it. Without an owner everything passes. The first field
 * that is too similar is named.
 *
 * @throws {RangeError} when `maximumSimilarity` is below 0.1
 * @see Django: UserAttributeSimilarityValidator
 */
export const userAttributeSimilarity = ({
  attributes = defaultAttributes,
  maximumSimilarity = 0.7
}: SimilarityOptions = {}): Validator => {
  if (!(maximumSimilarity >= 0.1)) throw new RangeError("maximumSimilarity must be at least 0.1")

  const isSimilar = (password: string, part: string): boolean =>
    !Similarity.isOutgrown({ password: [...password].length, value: [...part].length }, maximumSimilarity) &&
    Similarity.quickRatio(password, part) >= maximumSimilarity

  return (password, owner) => {
    if (owner === undefined) return undefined
    const lower = password.toLowerCase()
    const similar = Object.entries(attributes).find(([field]) => {
      const value: unknown = Object.hasOwn(owner, field) ? Reflect.get(owner, field) : undefined
      if (typeof value !== "string" || value === "") return false
      const whole = value.toLowerCase()
      return [...whole.split(betweenWords), whole].some((part) => isSimilar(lower, part))
    })
    if (similar === undefined) return undefined
    const [, label] = similar
    return {
      code: "password_too_similar",
      message: `The password is too similar to the ${label}.`,
      params: { verbose_name: label }
    }
  }
}

const betweenWords = new RegExp(`[^${Characters.word}]+`, "u")

/**
 * Not in a list of common passwords, whatever their case and the white space around them. `commonPasswords` of
 * `latchkey/common-passwords` is one. It is not Django's: to refuse what the Django beside refuses, read the file
 * `common-passwords.txt.gz` of that Django, `commonPassword(gunzipSync(readFileSync(path)).toString().split("\n"))`.
 * Made once; it keeps the list in memory.
 *
 * @see Django: CommonPasswordValidator
 */
export const commonPassword = (list: Iterable<string>): Validator => {
  const common = new Set(Array.from(list, plain))
  // The end of a file is not a password.
  common.delete("")
  const problem: Problem = { code: "password_too_common", message: "This password is too common.", params: {} }
  return (password) => (common.has(plain(password)) ? problem : undefined)
}

const plain = (password: string): string => Characters.strip(password.toLowerCase())

/**
 * Not digits alone, of whatever script.
 *
 * @see Django: NumericPasswordValidator
 */
export const notEntirelyNumeric = (): Validator => {
  const problem: Problem = {
    code: "password_entirely_numeric",
    message: "This password is entirely numeric.",
    params: {}
  }
  return (password) => (Characters.isDigits(password) ? problem : undefined)
}
