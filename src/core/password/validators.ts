/**
 * What may not become a password. A handler that sets or changes one calls `validate` first. Django's validators, with
 * its codes and its English messages; none runs unless asked, as in Django.
 */
import * as Characters from "./characters.ts"
import * as Offered from "./offered.ts"
import * as Similarity from "./similarity.ts"

/** Why a password may not be. */
export interface Problem {
  /** Django's, such as `password_too_short`; `password_too_long` and `password_not_unicode` are latchkey's own. */
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
 * Runs all validators and collects their problems, in order. A text that cannot be a password (more than 4096 bytes, or
 * a lone surrogate) has that one problem, and no validator runs.
 *
 * @see Django: validate_password
 */
export const validate = (
  validators: ReadonlyArray<Validator>,
  password: string,
  owner?: Owner
): ReadonlyArray<Problem> => {
  const fault = Offered.faultOf(password)
  return fault === undefined ? validators.flatMap((validator) => validator(password, owner) ?? []) : [impossible[fault]]
}

const impossible: Readonly<Record<Offered.Fault, Problem>> = {
  NotText: { code: "password_not_text", message: "This password is not a text.", params: {} },
  TooLong: {
    code: "password_too_long",
    message: `This password is too long. It must contain at most ${Offered.maximumBytes} bytes.`,
    params: { max_bytes: Offered.maximumBytes }
  },
  NotUnicode: {
    code: "password_not_unicode",
    message: "This password contains characters that cannot be stored.",
    params: {}
  }
}

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
  return (password) => (isShorter(password, minimum) ? problem : undefined)
}

/** In code points, of which there are at least half as many as there are UTF-16 units. */
const isShorter = (text: string, minimum: number): boolean =>
  text.length < minimum || (text.length < 2 * minimum && [...text].length < minimum)

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

/** Characters of Django's columns: a longer value cannot be stored. */
const columnLengths: ReadonlyMap<string, number> = new Map([
  ["username", 150],
  ["firstName", 150],
  ["lastName", 150],
  ["email", 254]
])

/** Of a field that is none of these, as much is compared as a password can have. */
const longestField = Offered.maximumBytes

/** A character takes one UTF-16 unit or two. */
const atMost = (value: string, field: string): string => value.slice(0, 2 * (columnLengths.get(field) ?? longestField))

/**
 * Not similar to a field of the owner, nor to a part of one between other characters than letters, digits and `_`.
 * Without an owner every password passes. The problem names the first field that is too similar. The beginning of a
 * field counts: as much as its column holds, of other fields 4096 characters.
 *
 * @throws {RangeError} when `maximumSimilarity` is below 0.1
 * @see Django: UserAttributeSimilarityValidator
 */
export const userAttributeSimilarity = ({
  attributes = defaultAttributes,
  maximumSimilarity = 0.7
}: SimilarityOptions = {}): Validator => {
  if (!(maximumSimilarity >= 0.1)) throw new RangeError("maximumSimilarity must be at least 0.1")

  const isSimilar = (password: Similarity.Counted, part: string): boolean => {
    if (Similarity.isOutOfReach(password, part.length, maximumSimilarity)) return false
    const value = Similarity.counted(part)
    return (
      !Similarity.isOutgrown({ password: password.length, value: value.length }, maximumSimilarity) &&
      Similarity.quickRatio(password, value) >= maximumSimilarity
    )
  }

  return (password, owner) => {
    if (owner === undefined) return undefined
    const lower = Similarity.counted(password.toLowerCase())
    const similar = Object.entries(attributes).find(([field]) => {
      const value: unknown = Object.hasOwn(owner, field) ? Reflect.get(owner, field) : undefined
      if (typeof value !== "string" || value === "") return false
      const whole = atMost(value, field).toLowerCase()
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
