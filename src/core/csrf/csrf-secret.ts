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
  // The usual case, so it is tested first.
  if (text.length === secretLength && hasOnlyLetters(text)) return { _tag: "Secret", secret: text }
  const length = codePoints(text)
  if (length !== secretLength && length !== tokenLength) return { _tag: "Malformed", fault: "has incorrect length" }
  if (!hasOnlyLetters(text)) return { _tag: "Malformed", fault: "has invalid characters" }
  return { _tag: "Secret", secret: unmask(text) }
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
export const mask = (secret: string, maskText: string): string => maskText + shifted(secret, maskText, 1)

/**
 * The secret in a token.
 *
 * @param token 64 letters and digits
 */
export const unmask = (token: string): string =>
  shifted(token.slice(secretLength), token.slice(0, secretLength), letters.length - 1)

/** Whether two secrets are equal, in constant time. */
export const isSame: (secret: string, other: string) => boolean = constantTimeEqual

const shifted = (text: string, by: string, times: number): string => {
  const units: Array<number> = []
  for (let at = 0; at < text.length; at++) {
    const place = placeOf(text.charCodeAt(at)) + times * placeOf(by.charCodeAt(at))
    units.push(letters.charCodeAt(place % letters.length))
  }
  return String.fromCharCode(...units)
}

/** Whether all units are among `letters`. The text is random, so a processor would guess wrong at each comparison. */
const hasOnlyLetters = (text: string, from = 0, to = text.length): boolean => {
  for (let at = from; at < to; at++) if (isLetter[text.charCodeAt(at)] !== 1) return false
  return true
}
/** By UTF-16 unit: 1 for a letter or digit. */
const isLetter = Uint8Array.from({ length: 128 }, (_, unit) => (letters.includes(String.fromCharCode(unit)) ? 1 : 0))

/** Where a letter or digit is in `letters`. */
const placeOf = (unit: number): number =>
  unit >= lowerA ? unit - lowerA : unit >= upperA ? unit - upperA + 26 : unit - zero + 52
const [lowerA, upperA, zero] = [0x61, 0x41, 0x30]

/** The length as Python counts it, in code points. A text that is too long in any case is not counted. */
const codePoints = (text: string): number => (text.length > 2 * tokenLength ? text.length : Array.from(text).length)
