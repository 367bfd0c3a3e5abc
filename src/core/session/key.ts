declare const brand: unique symbol

/** The name of a session: the text in the cookie, the primary key of the row. Only {@link parse} makes one. */
export type SessionKey = string & { readonly [brand]: "SessionKey" }

/** Fewer code points than this is no key at all. */
export const minimumLength = 8

/** What newly drawn keys are made of: 32 characters of this alphabet, about 165 bits. */
export const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
export const length = 32

/**
 * Reads a key that somebody presented. There is no check of alphabet or maximum length: a key that was never issued
 * is simply not found.
 *
 * @returns `undefined` for a text too short to be a key
 * @see Django: SessionBase.session_key
 */
export const parse = (text: string | undefined): SessionKey | undefined =>
  text !== undefined && isSessionKey(text) ? text : undefined

const isSessionKey = (text: string): text is SessionKey => {
  if (text.length < minimumLength) return false
  let codePoints = 0
  for (const _ of text) if (++codePoints >= minimumLength) return true
  return false
}
