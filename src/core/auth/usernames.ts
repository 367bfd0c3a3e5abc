/** Which names a new user may choose; those of existing users are accepted as they are. */
import * as Characters from "../password/characters.ts"

const unicode = new RegExp(`^[${Characters.word}.@+-]+$`, "u")
const ascii = /^[A-Za-z0-9_.@+-]+$/

/**
 * Letters and digits of any script, and `_ . @ + -`, both as written and as `createUser` stores it, NFKC-normalised: `½`
 * would become `1⁄2`, whose fraction slash is none of these. Django's forms normalise first, then validate.
 *
 * @see Django: UnicodeUsernameValidator, UsernameField.to_python
 */
export const isUsername = (name: string): boolean => unicode.test(name) && unicode.test(name.normalize("NFKC"))

/** The same in ASCII. @see Django: ASCIIUsernameValidator */
export const isAsciiUsername = (name: string): boolean => ascii.test(name)
