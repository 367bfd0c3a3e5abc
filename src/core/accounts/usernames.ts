/** Which names a new user may choose. Names of existing users are not checked. */
import * as Characters from "../password/characters.ts"

const unicode = new RegExp(`^[${Characters.word}.@+-]+$`, "u")
const ascii = /^[A-Za-z0-9_.@+-]+$/

/**
 * Whether a name has only letters and digits of any script, and `_ . @ + -`. This must hold for the text as it is
 * written and as `createUser` stores it, NFKC-normalised: `½` would become `1⁄2`, whose fraction slash is not allowed.
 * Django's forms normalise first, then validate.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.validators.UnicodeUsernameValidator
 * @see Django: django.contrib.auth.forms.UsernameField.to_python
 */
export const isUsername = (name: string): boolean => unicode.test(name) && unicode.test(name.normalize("NFKC"))

/**
 * The same check, for ASCII letters and digits only.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.validators.ASCIIUsernameValidator
 */
export const isAsciiUsername = (name: string): boolean => ascii.test(name)
