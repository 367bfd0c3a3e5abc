import * as Characters from "../password/characters.ts"

/** Longest user name, in code points: the column's length. */
export const maximumUsernameLength = 150

/**
 * A user name as it is stored: NFKC-normalised.
 *
 * @returns `undefined` for a name that cannot be stored: not a string, empty, longer than 150 characters, or with a NUL
 * or a lone surrogate
 * @see https://docs.djangoproject.com/en/stable/topics/auth/customizing/#django.contrib.auth.models.AbstractBaseUser.normalize_username
 */
export const normalizeUsername = (username: string): string | undefined => {
  // The length is checked first, because normalising a long run of combining marks takes quadratic time.
  if (
    typeof username !== "string" ||
    username === "" ||
    username.length > 2 * maximumUsernameLength ||
    !isStorable(username)
  )
    return undefined
  const normalized = username.normalize("NFKC")
  return normalized === "" || [...normalized].length > maximumUsernameLength ? undefined : normalized
}

/**
 * A user name as Django's login form looks it up: trimmed and NFKC-normalised. A text that is too long for a name is
 * trimmed only.
 *
 * @see Django: django.contrib.auth.forms.UsernameField
 */
export const loginName = (text: string): string => {
  const name = Characters.strip(text)
  return name.length > 2 * maximumUsernameLength || !isStorable(name) ? name : name.normalize("NFKC")
}

/**
 * An e-mail address as it is stored: trimmed, with the domain in lower case. A text without `@` is returned unchanged.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/customizing/#django.contrib.auth.models.BaseUserManager.normalize_email
 */
export const normalizeEmail = (email: string): string => {
  const trimmed = Characters.strip(email)
  const at = trimmed.lastIndexOf("@")
  return at < 0 ? email : trimmed.slice(0, at + 1) + trimmed.slice(at + 1).toLowerCase()
}

/** The length of the column in Django's table. */
const maximumEmailLength = 254

/** An e-mail address as it is stored (see {@link normalizeEmail}); `undefined` for a text that cannot be stored. */
export const storableEmail = (email: string): string | undefined => {
  if (!isStorable(email)) return undefined
  const normalized = normalizeEmail(email)
  return normalized.length > maximumEmailLength ? undefined : normalized
}

/** Whether PostgreSQL can store the value as text: a string without NUL and without lone surrogates. */
export const isStorable = (text: string): boolean =>
  typeof text === "string" && text.isWellFormed() && !text.includes("\0")
