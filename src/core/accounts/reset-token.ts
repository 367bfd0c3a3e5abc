/**
 * Password-reset links: who gets one, and the two texts in it, `<uid>/<token>`. A token is valid until the user's
 * password, last login or e-mail address changes, or until it is too old. Nothing is stored.
 */
import * as Encoded from "../password/encoded.ts"
import * as Base64url from "../signing/base64url.ts"
import { constantTimeEqual, makeKeyring, type SaltedHmac, type Secrets } from "../signing/hmac.ts"
import { type DjangoClock, offsetSecondsOf } from "../time-zone.ts"

/** With `readsSha1`, tokens with SHA-1, as Django 3.1 and 3.2 can write them, are accepted too. None is made. */
export interface ResetSettings extends Secrets {
  /** PASSWORD_RESET_TIMEOUT: a token of exactly this age is valid, an older one is not. Default 259200, three days. */
  readonly timeoutSeconds?: number
}

/** The fields of a user that a token is made from. */
export interface ResetUser {
  /** The primary key as text. */
  readonly id: string
  /** The password column. */
  readonly password: string
  /** Epoch milliseconds; `null`: never. */
  readonly lastLoginAt: number | null
  /** `null` where the table has no value. */
  readonly email: string | null
}

/** The time as Django sees it. Django counts token time in local time, so tokens depend on the time zone. */
export interface LocalTime {
  /** Epoch milliseconds. */
  readonly now: number
  /** Current offset of Django's TIME_ZONE; east of Greenwich is positive. See {@link offsetSecondsOf}. */
  readonly offsetSeconds: number
  /** Offset, at the time of `last_login`, of the zone in which Django loads it. Default 0, UTC, as with USE_TZ. */
  readonly lastLoginOffsetSeconds?: number
}

/**
 * The local time that a Django with these clock settings uses for a token of this user.
 *
 * @param now epoch milliseconds
 * @throws {RangeError} for an unknown zone
 */
export const localTimeOf = (
  { timeZone, useTimeZones }: DjangoClock,
  now: number,
  { lastLoginAt }: Pick<ResetUser, "lastLoginAt">
): LocalTime => ({
  now,
  offsetSeconds: offsetSecondsOf(timeZone, now),
  // The offset at the last login may differ from the offset now, because of summer time.
  lastLoginOffsetSeconds: useTimeZones || lastLoginAt === null ? 0 : offsetSecondsOf(timeZone, lastLoginAt)
})

/** Makes and checks the tokens of links: here, those that reset a password. `Subject`: what a token is made from. */
export interface ResetTokens<Subject extends ResetUser = ResetUser> {
  /**
   * Makes a token for the user.
   *
   * @see Django: django.contrib.auth.tokens.PasswordResetTokenGenerator.make_token
   */
  readonly make: (user: Subject, time: LocalTime) => string
  /**
   * Whether the token is valid. A token from the future is valid, as in Django.
   *
   * @see Django: django.contrib.auth.tokens.PasswordResetTokenGenerator.check_token
   */
  readonly check: (user: Subject, token: string, time: LocalTime) => boolean
}

const keySalt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
const start = Date.UTC(2001, 0, 1)

/** PASSWORD_RESET_TIMEOUT: three days. */
export const defaultTimeoutSeconds = 259_200

/** Makes tokens that a Django with the same secret keys and timeout accepts, and accepts that Django's tokens. */
export const makeResetTokens = (settings: ResetSettings): ResetTokens =>
  makeTokens(
    keySalt,
    settings,
    ({ email, id, password }, lastLogin, stamp) => id + password + lastLogin + stamp + (email ?? "")
  )

/**
 * Makes tokens of the same form for links with another purpose.
 *
 * @param content the text that the token authenticates
 */
export const makeTokens = <Subject extends ResetUser>(
  keySalt: string,
  { timeoutSeconds = defaultTimeoutSeconds, ...secrets }: ResetSettings,
  content: (user: Subject, lastLogin: string, stamp: number) => string
): ResetTokens<Subject> => {
  const keyring = makeKeyring(keySalt, secrets)
  const [current] = keyring
  const write = (hmac: SaltedHmac, user: Subject, stamp: number, time: LocalTime): string => {
    const { lastLoginAt } = user
    const lastLogin = lastLoginAt === null ? "" : wallClock(lastLoginAt, time.lastLoginOffsetSeconds ?? 0)
    // Every second digit, to keep the link short.
    return `${stamp.toString(36)}-${hmac.hex(content(user, lastLogin, stamp)).replace(/(.)./g, "$1")}`
  }
  return {
    make: (user, time) => write(current, user, secondsOf(time), time),
    check: (user, token, time) => {
      const stamp = stampOf(token)
      if (stamp === undefined || secondsOf(time) - stamp > timeoutSeconds) return false
      return keyring.some((hmac) => constantTimeEqual(write(hmac, user, stamp, time), token))
    }
  }
}

/** Whole seconds of local time since 2001. */
const secondsOf = ({ now, offsetSeconds }: LocalTime): number => Math.floor((now - start) / 1000 + offsetSeconds)

/** The time in a token; `undefined` if it has none. Other faults are found when the whole tokens are compared. */
const stampOf = (token: string): number | undefined => {
  if (typeof token !== "string") return undefined
  const [digits = ""] = token.split("-", 1)
  return /^[0-9a-z]{1,13}$/.test(digits) ? Number.parseInt(digits, 36) : undefined
}

/** `YYYY-MM-DD HH:MM:SS`, without the fraction of the second. */
const wallClock = (at: number, offsetSeconds: number): string =>
  new Date(at + offsetSeconds * 1000).toISOString().slice(0, 19).replace("T", " ")

/** The first text of a link. */
export const uidOf = (id: string): string => Base64url.encode(Buffer.from(id))

/**
 * The id in the first text of a link.
 *
 * @returns `undefined` for a text that `uidOf` never returns
 */
export const idOf = (uid: string): string | undefined => {
  if (typeof uid !== "string") return undefined
  const bytes = Base64url.decode(uid)
  if (bytes === undefined || bytes.length === 0) return undefined
  const id = Buffer.from(bytes).toString()
  // Bytes that are not UTF-8 would change in the conversion; PostgreSQL stores no NUL.
  return Buffer.from(id).equals(bytes) && !id.includes("\0") ? id : undefined
}

/**
 * Whether a user that was found by an e-mail address gets a link. The user must be active, have a usable password, and
 * have exactly this address, because the database may find a similar one. Send the mail to the stored address.
 *
 * @see Django: django.contrib.auth.forms.PasswordResetForm.get_users
 */
export const isRecipient = (
  user: { readonly isActive: boolean } & Pick<ResetUser, "password" | "email">,
  address: string
): boolean =>
  // An empty address would match every user without an address.
  address !== "" &&
  user.isActive &&
  Encoded.isUsable(user.password) &&
  user.email !== null &&
  isSameAddress(user.email, address)

const longestAddress = 254

/**
 * Whether two addresses are equal after normalisation, apart from case. A dotless i (ı) does not equal an i.
 *
 * @see Django: django.contrib.auth.forms._unicode_ci_compare; CVE-2019-19844
 */
export const isSameAddress = (a: string, b: string): boolean =>
  // The length is checked first, because normalising a long run of combining marks takes quadratic time.
  Math.max(a.length, b.length) <= 2 * longestAddress && caseFolded(a) === caseFolded(b)

/**
 * Returns equal texts for texts that Unicode's case folding makes equal, by way of upper case. The dotless i is left as
 * it is, because its upper case is I.
 */
const caseFolded = (text: string): string =>
  text.normalize("NFKC").replace(/[^ı]+/gu, (run) => run.toLowerCase().toUpperCase())
