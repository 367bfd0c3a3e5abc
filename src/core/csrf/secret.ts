/**
 * The CSRF secret, which one browser keeps, and the token, which pages carry: the secret under a mask that is new for
 * every page, so that what compression gives away about one page is worth nothing for the next (BREACH).
 *
 * @see Django: django.middleware.csrf
 */
import { constantTimeEqual } from "../signing/hmac.ts"

const secretLength = 32
const tokenLength = 2 * secretLength
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** What is wrong with a text that should be a secret or a token. Completes a sentence about it. */
export type Fault = "has incorrect length" | "has invalid characters"

export type Parsed =
  /** 32 characters of a-z, A-Z, 0-9. */
  { readonly _tag: "Secret"; readonly secret: string } | { readonly _tag: "Malformed"; readonly fault: Fault }

/**
 * The secret in a text, bare (32 characters) or masked (64). Cookies, sessions, fields and headers may all hold either:
 * Django 4.0 and older also stored it masked. A text of the wrong length is not looked at further.
 */
export const parse = (text: string): Parsed => {
  // Nearly every text is one of these.
  if (/^[a-zA-Z0-9]{32}$/.test(text)) return { _tag: "Secret", secret: text }
  const length = codePoints(text)
  if (length !== secretLength && length !== tokenLength) return { _tag: "Malformed", fault: "has incorrect length" }
  if (!/^[a-zA-Z0-9]+$/.test(text)) return { _tag: "Malformed", fault: "has invalid characters" }
  return { _tag: "Secret", secret: unmask(text) }
}

/**
 * A token for a page: the mask, then the secret under it.
 *
 * @param secret 32 letters and digits
 * @param maskText 32 letters and digits that nobody has seen before
 */
export const mask = (secret: string, maskText: string): string => maskText + shifted(secret, maskText, 1)

/**
 * The secret under a token.
 *
 * @param token 64 letters and digits
 */
export const unmask = (token: string): string =>
  shifted(token.slice(secretLength), token.slice(0, secretLength), letters.length - 1)

/** Whether two secrets are the same, in a time that tells nothing about how much of them is. */
export const isSame: (secret: string, other: string) => boolean = constantTimeEqual

const shifted = (text: string, by: string, times: number): string =>
  Array.from(text, (letter, index) =>
    letters.charAt((letters.indexOf(letter) + times * letters.indexOf(by.charAt(index))) % letters.length)
  ).join("")

/** Lengths are counted as Python counts them; what cannot be short enough is not counted at all. */
const codePoints = (text: string): number => (text.length > 2 * tokenLength ? text.length : Array.from(text).length)
