/**
 * The CSRF secret, which the browser keeps, and the CSRF token, which pages carry. The token is the secret under a mask
 * that is new for every page, so that what an attacker learns from the compressed size of one page does not help with
 * the next (BREACH).
 *
 * @see https://docs.djangoproject.com/en/stable/ref/csrf/#module-django.middleware.csrf
 */
import { constantTimeEqual } from "../signing/hmac.ts"

const secretLength = 32
const tokenLength = 2 * secretLength
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** What is wrong with a text that should be a secret or a token. Used as the end of a sentence. */
export type Fault = "has incorrect length" | "has invalid characters"

export type Parsed =
  /** 32 characters of a-z, A-Z, 0-9. */
  { readonly _tag: "Secret"; readonly secret: string } | { readonly _tag: "Malformed"; readonly fault: Fault }

/**
 * Reads the secret from a text, unmasked (32 characters) or masked (64). Cookies, sessions, fields and headers may hold
 * either form, because Django 4.0 and older also stored the secret masked. The length is checked first.
 */
export const parse = (text: string): Parsed => {
  if (isWellFormed(text, 0, text.length))
    return { _tag: "Secret", secret: text.length === secretLength ? text : unmask(text) }
  const length = codePoints(text)
  return {
    _tag: "Malformed",
    fault: length === secretLength || length === tokenLength ? "has invalid characters" : "has incorrect length"
  }
}

/**
 * Whether {@link parse} finds a secret in this part of the text, unmasked or masked.
 *
 * @param from where the part begins
 * @param to where it ends
 */
export const isWellFormed = (text: string, from: number, to: number): boolean =>
  (to - from === secretLength || to - from === tokenLength) && hasOnlyLetters(text, from, to)

/**
 * A token for a page: the mask, then the masked secret.
 *
 * @param secret 32 letters and digits
 * @param maskText 32 random letters and digits, new for every token
 */
export const mask = (secret: string, maskText: string): string => {
  for (let at = 0; at < secretLength; at++) units[at] = unitOf(placeIn(secret, at) + placeIn(maskText, at))
  return maskText + units.toString("latin1")
}

/**
 * The secret in a token.
 *
 * @param token 64 letters and digits
 */
export const unmask = (token: string): string => {
  for (let at = 0; at < secretLength; at++)
    units[at] = unitOf(placeIn(token, secretLength + at) + letters.length - placeIn(token, at))
  return units.toString("latin1")
}

/** Whether two secrets are equal, in constant time. */
export const isSame: (secret: string, other: string) => boolean = constantTimeEqual

// Tables, because these texts are random: a processor would guess wrong at each comparison.

/** By UTF-16 unit: the place of a letter or digit in `letters`, and 255 for any other unit. */
const places = Uint8Array.from({ length: 128 }, (_, unit) => letters.indexOf(String.fromCharCode(unit)))
/** The units of `letters`, twice. */
const unitsOfLetters = Uint8Array.from(letters + letters, (letter) => letter.charCodeAt(0))
/** The secret that is being made. */
const units = Buffer.alloc(secretLength)

const placeIn = (text: string, at: number): number => places[text.charCodeAt(at)] ?? 255
const unitOf = (place: number): number => unitsOfLetters[place] ?? 0

/** Whether all units are among `letters`. */
const hasOnlyLetters = (text: string, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (placeIn(text, at) === 255) return false
  return true
}

/** The length as Python counts it, in code points. A text that is too long in any case is not counted. */
const codePoints = (text: string): number => (text.length > 2 * tokenLength ? text.length : Array.from(text).length)
