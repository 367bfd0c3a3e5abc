declare const brand: unique symbol

/** The session key: the value of the cookie and the primary key of the row. Only {@link parse} makes one. */
export type SessionKey = string & { readonly [brand]: "SessionKey" }

/** Shortest length of a key, in code points. */
export const minimumLength = 8

/** New keys have 32 characters of this alphabet, about 165 bits. */
export const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
/** Length of a new key, in characters. */
export const length = 32

/**
 * Reads a key that a client sent. Alphabet and maximum length are not checked: a key that was never issued is not found
 * in the store.
 *
 * @returns `undefined` for a text that is too short
 * @see Django: django.contrib.sessions.backends.base.SessionBase.session_key
 */
export const parse = (text: string | undefined): SessionKey | undefined =>
  text !== undefined && isSessionKey(text) ? text : undefined

const isSessionKey = (text: string): text is SessionKey => {
  // A code point has one or two units.
  if (text.length < minimumLength || text.length >= 2 * minimumLength) return text.length >= minimumLength
  let codePoints = 0
  for (const _ of text) if (++codePoints >= minimumLength) return true
  return false
}
