/** One field of an account form: which texts it accepts, and the problem of each other value. */
import * as Characters from "../../password/characters.ts"
import type { Problem } from "../../password/validators.ts"
import { isEmailAddress } from "./email-address.ts"

/** What a field holds. It decides how the value is cleaned, and which input element the page shows. */
export type FieldKind = "username" | "email" | "password" | "text" | "checkbox"

/** The definition of one field. */
export interface Field<Name extends string = string> {
  /** The name in the form and in JSON. */
  readonly name: Name
  /** What the field holds. */
  readonly kind: FieldKind
  /** Whether the field may be empty. */
  readonly isOptional?: true
  /** The most characters, in code points. A longer text is a problem, unless {@link isLookedUp}. */
  readonly maximumLength?: number
  /** The text is only compared with stored ones, so a text that is too long is unknown, not a problem. */
  readonly isLookedUp?: true
  /** The page shows the rules for passwords beside this field. */
  readonly hasPasswordRules?: true
  /** The HTML attribute `autocomplete`: what a browser or a password manager may fill in. */
  readonly autocomplete: string
}

/** A cleaned text, or the problems of the field. A checkbox is `"on"` or `""`. */
export type Cleaned =
  | { readonly _tag: "Cleaned"; readonly value: string }
  | { readonly _tag: "Refused"; readonly problems: ReadonlyArray<Problem> }

/**
 * Cleans the value of a field as Django's form fields do: trims everything but passwords, then requires a text, then
 * checks its characters and its length. All problems after `required` are collected.
 *
 * @param value as the client sent it; `undefined`: the field is missing
 * @see https://docs.djangoproject.com/en/stable/ref/forms/fields/#charfield
 */
export const clean = (field: Field, value: unknown): Cleaned => {
  if (field.kind === "checkbox") return cleaned(isChecked(value) ? "on" : "")
  if (value !== undefined && value !== null && typeof value !== "string") return refused([problems.notText])
  const text = field.kind === "password" ? (value ?? "") : Characters.strip(value ?? "")
  if (text === "") return field.isOptional === true ? cleaned("") : refused([problems.required])
  const found = [
    ...(field.kind === "email" && !isEmailAddress(text) ? [problems.invalidEmail] : []),
    ...lengthProblems(field, text),
    ...(text.includes("\0") ? [problems.nul] : []),
    ...(text.isWellFormed() ? [] : [problems.surrogate])
  ]
  return found.length > 0 ? refused(found) : cleaned(field.kind === "username" ? normalized(field, text) : text)
}

/** The text of a field, to be shown again in the form after a problem. Never of a password. */
export const shownAgain = (field: Field, value: unknown): string => {
  if (field.kind === "password") return ""
  if (field.kind === "checkbox") return isChecked(value) ? "on" : ""
  return typeof value === "string" ? value.toWellFormed().slice(0, longestShown) : ""
}

/** A field that is shown again is cut after this many characters, so that a page is not as large as a request. */
const longestShown = 1000

/** Browsers send `on` for a checkbox without a value; scripts send `true` or `"true"`. */
const isChecked = (value: unknown): boolean => value === true || value === "on" || value === "true" || value === "1"

const lengthProblems = ({ isLookedUp, maximumLength }: Field, text: string): ReadonlyArray<Problem> => {
  if (maximumLength === undefined || isLookedUp === true || !isLonger(text, maximumLength)) return []
  return [tooLong(maximumLength, [...text].length)]
}

/** Compares in code points. A text has at least half as many code points as UTF-16 units. */
const isLonger = (text: string, maximum: number): boolean =>
  text.length > 2 * maximum || (text.length > maximum && [...text].length > maximum)

/**
 * NFKC, unless the text is too long for a name: normalising a long run of combining marks takes quadratic time.
 *
 * @see Django: django.contrib.auth.forms.UsernameField.to_python
 */
const normalized = ({ maximumLength = 150 }: Field, text: string): string =>
  isLonger(text, maximumLength) ? text : text.normalize("NFKC")

const cleaned = (value: string): Cleaned => ({ _tag: "Cleaned", value })
const refused = (found: ReadonlyArray<Problem>): Cleaned => ({ _tag: "Refused", problems: found })

const problem = (code: string, message: string): Problem => ({ code, message, params: {} })

const problems = {
  required: problem("required", "This field is required."),
  notText: problem("not_text", "Enter a text."),
  invalidEmail: problem("invalid", "Enter a valid email address."),
  nul: problem("null_characters_not_allowed", "Null characters are not allowed."),
  surrogate: problem("surrogate_characters_not_allowed", "Surrogate characters are not allowed.")
}

const tooLong = (limit: number, length: number): Problem => ({
  code: "max_length",
  message: `Ensure this value has at most ${limit} characters (it has ${length}).`,
  params: { limit_value: limit, show_value: length }
})
