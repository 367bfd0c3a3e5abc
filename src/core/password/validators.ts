/**
 * Which passwords are refused as new ones. A handler that sets or changes a password calls `validate` first. These are
 * Django's validators, with its codes and its English messages. As in Django, no validator runs unless it is
 * configured.
 */
import * as Characters from "./characters.ts"
import * as PasswordLimits from "./password-limits.ts"
import * as Similarity from "./similarity.ts"

/** Why a password is refused. */
export interface Problem {
  /**
   * Django's, such as `password_too_short`. `password_too_long`, `password_not_text` and `password_not_unicode` are
   * latchkey's.
   */
  readonly code: string
  /** In English. */
  readonly message: string
  /** The values in the message, under Django's names. */
  readonly params: Readonly<Record<string, string | number>>
}

/** The user's known values, by field: the user's record, or the fields of a registration form. */
export type Owner = object

/** What a validator requires, for a page to show beside the field. It has the form of a {@link Problem}. */
export type Rule = Problem

/**
 * Checks a password. Returns the problem, or `undefined` if there is none. `owner` has the values of the user's fields.
 */
export interface Validator {
  (password: string, owner?: Owner): Problem | undefined
  /**
   * Django's help text: what a password needs, with the code of the problem. If absent, pages do not name the rule.
   *
   * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.password_validators_help_texts
   */
  readonly rule?: Rule
}

/** The rules of all validators that name theirs, in order. */
export const rulesOf = (validators: ReadonlyArray<Validator>): ReadonlyArray<Rule> =>
  validators.flatMap(({ rule }) => rule ?? [])

const withRule = (validator: (password: string, owner?: Owner) => Problem | undefined, rule: Rule): Validator =>
  Object.assign(validator, { rule })

/**
 * Runs all validators and returns their problems, in order. A text that cannot be a password (such as one of more than
 * 4096 bytes, or with a lone surrogate) has only that problem, and no validator runs.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.validate_password
 */
export const validate = (
  validators: ReadonlyArray<Validator>,
  password: string,
  owner?: Owner
): ReadonlyArray<Problem> => {
  const fault = PasswordLimits.faultOf(password)
  return fault === undefined ? validators.flatMap((validator) => validator(password, owner) ?? []) : [impossible[fault]]
}

const impossible: Readonly<Record<PasswordLimits.Fault, Problem>> = {
  NotText: { code: "password_not_text", message: "This password is not a text.", params: {} },
  TooLong: {
    code: "password_too_long",
    message: `This password is too long. It must contain at most ${PasswordLimits.maximumBytes} bytes.`,
    params: { max_bytes: PasswordLimits.maximumBytes }
  },
  NotUnicode: {
    code: "password_not_unicode",
    message: "This password contains characters that cannot be stored.",
    params: {}
  }
}

/**
 * Requires at least `minimum` characters, in code points.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.MinimumLengthValidator
 */
export const minimumLength = (minimum = 8): Validator => {
  const problem: Problem = {
    code: "password_too_short",
    message: `This password is too short. It must contain at least ${minimum} character${minimum === 1 ? "" : "s"}.`,
    params: { min_length: minimum }
  }
  return withRule((password) => (isShorter(password, minimum) ? problem : undefined), {
    ...problem,
    message: `Your password must contain at least ${minimum} character${minimum === 1 ? "" : "s"}.`
  })
}

/** Compares in code points. A text has at least half as many code points as UTF-16 units. */
const isShorter = (text: string, minimum: number): boolean =>
  text.length < minimum || (text.length < 2 * minimum && [...text].length < minimum)

/** The options of {@link userAttributeSimilarity}. */
export interface SimilarityOptions {
  /** Fields of the owner, in the order in which they are checked, each with its name in the message. */
  readonly attributes?: Readonly<Record<string, string>>
  /** At least 0.1. A password that is this similar or more is refused. Default 0.7. */
  readonly maximumSimilarity?: number
}

const defaultAttributes = {
  username: "username",
  firstName: "first name",
  lastName: "last name",
  email: "email address"
}

/** Lengths of Django's columns in characters: a longer value cannot be stored. */
const columnLengths: ReadonlyMap<string, number> = new Map([
  ["username", 150],
  ["firstName", 150],
  ["lastName", 150],
  ["email", 254]
])

/** Of every other field, as many characters are compared as a password can have. */
const longestField = PasswordLimits.maximumBytes

/** A character takes one or two UTF-16 units. */
const atMost = (value: string, field: string): string => value.slice(0, 2 * (columnLengths.get(field) ?? longestField))

/**
 * Refuses a password that is similar to a field of the owner or to a part of one. Parts are separated by characters
 * that are not letters, digits or `_`. Without an owner every password passes. The problem names the first field that
 * is too similar. Only the beginning of a field is compared: as much as its column can hold, or 4096 characters of
 * another field.
 *
 * @throws {RangeError} when `maximumSimilarity` is below 0.1
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.UserAttributeSimilarityValidator
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

  const rule = {
    code: "password_too_similar",
    message: "Your password can’t be too similar to your other personal information.",
    params: {}
  }
  return withRule((password, owner) => {
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
  }, rule)
}

const betweenWords = new RegExp(`[^${Characters.word}]+`, "u")

/**
 * Refuses the passwords of a list, ignoring case and surrounding white space. `latchkey/common-passwords` exports such
 * a list, `commonPasswords`. It is not Django's list. To refuse the same passwords as Django, read the file
 * `common-passwords.txt.gz` of your Django: `commonPassword(gunzipSync(readFileSync(path)).toString().split("\n"))`.
 * Call this once, because the validator keeps the list in memory.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.CommonPasswordValidator
 */
export const commonPassword = (list: Iterable<string>): Validator => {
  const common = new Set(Array.from(list, plain))
  // A file ends with a line break, which makes the last entry empty.
  common.delete("")
  const problem: Problem = { code: "password_too_common", message: "This password is too common.", params: {} }
  return withRule((password) => (common.has(plain(password)) ? problem : undefined), {
    ...problem,
    message: "Your password can’t be a commonly used password."
  })
}

const plain = (password: string): string => Characters.strip(password.toLowerCase())

/**
 * Refuses a password that has only digits, of any script.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.NumericPasswordValidator
 */
export const notEntirelyNumeric = (): Validator => {
  const problem: Problem = {
    code: "password_entirely_numeric",
    message: "This password is entirely numeric.",
    params: {}
  }
  return withRule((password) => (Characters.isDigits(password) ? problem : undefined), {
    ...problem,
    message: "Your password can’t be entirely numeric."
  })
}
