/** Which names a new user may choose; those of existing users are taken as they are. */
import * as Characters from "../password/characters.ts"

const unicode = new RegExp(`^[${Characters.word}.@+-]+$`, "u")
const ascii = /^[A-Za-z0-9_.@+-]+$/

/**
 * Letters and digits of any script, and `_ . @ + -`.
 *
 * @see Django: UnicodeUsernameValidator
 */
export const isUsername = (name: string): boolean => unicode.test(name)

/** The same in ASCII. @see Django: ASCIIUsernameValidator */
export const isAsciiUsername = (name: string): boolean => ascii.test(name)
