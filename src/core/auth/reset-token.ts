/**
 * Password-reset links: who gets one, and the two texts in it, `<uid>/<token>`. A token is good until the user's
 * password, last login or e-mail address changes, or until it is too old; nothing is stored.
 */
import * as Encoded from "../password/encoded.ts"
import * as Base64url from "../signing/base64url.ts"
import { constantTimeEqual, makeKeyring, type SaltedHmac, type Secrets } from "../signing/hmac.ts"
import { type DjangoClock, offsetSecondsOf } from "../time-zone.ts"

/** Tokens with a SHA-1 count as Django 3.1 and 3.2 write them when told so; none is made. */
export interface ResetSettings extends Secrets {
  /** PASSWORD_RESET_TIMEOUT: a token as old as this is good, an older one is not. Default 259200, three days. */
  readonly timeoutSeconds?: number
}

/** What a token is made from. */
export interface ResetUser {
  /** The primary key as text. */
  readonly id: string
  /** The password column. */
  readonly password: string
  /** Epoch milliseconds; `null`: never. */
  readonly lastLoginAt: number | null
  /** `null` where the table has none. */
  readonly email: string | null
}

/** When, as a Django reads its clock: it counts in local time, so a token moves with the zone. */
export interface LocalTime {
  /** Epoch milliseconds. */
  readonly now: number
  /** Of Django's TIME_ZONE, now: east of Greenwich is positive. See {@link offsetSecondsOf}. */
  readonly offsetSeconds: number
  /** The same of the zone in which Django loads `last_login`, at that instant: default 0, UTC, as with USE_TZ. */
  readonly lastLoginOffsetSeconds?: number
}

/**
 * Now, as a Django with that clock has it while it looks at that user.
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
  // Summer time then is not summer time now.
  lastLoginOffsetSeconds: useTimeZones || lastLoginAt === null ? 0 : offsetSecondsOf(timeZone, lastLoginAt)
})

export interface ResetTokens {
  /** @see Django: PasswordResetTokenGenerator.make_token */
  readonly make: (user: ResetUser, time: LocalTime) => string
  /** A token from the future is good, as in Django. @see Django: PasswordResetTokenGenerator.check_token */
  readonly check: (user: ResetUser, token: string, time: LocalTime) => boolean
}

const keySalt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
const start = Date.UTC(2001, 0, 1)

/** PASSWORD_RESET_TIMEOUT: three days. */
export const defaultTimeoutSeconds = 259_200

export const makeResetTokens = ({ timeoutSeconds = defaultTimeoutSeconds, ...secrets }: ResetSettings): ResetTokens => {
  const keyring = makeKeyring(keySalt, secrets)
  const [current] = keyring
  return {
    make: (user, time) => write(current, user, secondsOf(time), time),
    check: (user, token, time) => {
      const stamp = stampOf(token)
      if (stamp === undefined || secondsOf(time) - stamp > timeoutSeconds) return false
      return keyring.some((hmac) => constantTimeEqual(write(hmac, user, stamp, time), token))
    }
  }
}

/** Whole seconds since 2001 by the clock on the wall. */
const secondsOf = ({ now, offsetSeconds }: LocalTime): number => Math.floor((now - start) / 1000 + offsetSeconds)

/** `undefined` for a text without a time. What else is wrong with a token shows when whole tokens are compared. */
const stampOf = (token: string): number | undefined => {
  if (typeof token !== "string") return undefined
  const [digits = ""] = token.split("-", 1)
  return /^[0-9a-z]{1,13}$/.test(digits) ? Number.parseInt(digits, 36) : undefined
}

const write = (hmac: SaltedHmac, user: ResetUser, stamp: number, time: LocalTime): string => {
  const { id, password, lastLoginAt, email } = user
  const lastLogin = lastLoginAt === null ? "" : wallClock(lastLoginAt, time.lastLoginOffsetSeconds ?? 0)
  const hash = hmac.hex(id + password + lastLogin + stamp + (email ?? ""))
  // Every other digit, to keep the link short.
  return `${stamp.toString(36)}-${hash.replace(/(.)./g, "$1")}`
}

/** `YYYY-MM-DD HH:MM:SS`, without the fraction of the second. */
const wallClock = (at: number, offsetSeconds: number): string =>
  new Date(at + offsetSeconds * 1000).toISOString().slice(0, 19).replace("T", " ")

/** The first text of a link. */
export const uidOf = (id: string): string => Base64url.encode(Buffer.from(id))

/** @returns `undefined` for a text that no id has */
export const idOf = (uid: string): string | undefined => {
  if (typeof uid !== "string") return undefined
  const bytes = Base64url.decode(uid)
  if (bytes === undefined || bytes.length === 0) return undefined
  const id = Buffer.from(bytes).toString()
  // What is not UTF-8 does not come back as it was; PostgreSQL holds no NUL.
  return Buffer.from(id).equals(bytes) && !id.includes("\0") ? id : undefined
}

/**
 * Whether a user who was found by an e-mail address gets a link: active, with a password to reset, and with that very
 * address, for the database may have found a similar one. The mail goes to the address that is stored.
 *
 * @see Django: PasswordResetForm.get_users
 */
export const isRecipient = (
  user: { readonly isActive: boolean } & Pick<ResetUser, "password" | "email">,
  address: string
): boolean =>
  // Whoever has no address shares it with all the others.
  address !== "" &&
  user.isActive &&
  Encoded.isUsable(user.password) &&
  user.email !== null &&
  isSameAddress(user.email, address)

const longestAddress = 254

/**
 * Whether two addresses differ in case at most, after normalisation; a dotless i is not an i.
 *
 * @see Django: _unicode_ci_compare; CVE-2019-19844
 */
export const isSameAddress = (a: string, b: string): boolean =>
  // The length first: normalising a long run of combining marks takes quadratic time.
  Math.max(a.length, b.length) <= 2 * longestAddress && caseFolded(a) === caseFolded(b)

/** Equal for what Unicode's case folding makes equal: through upper case, except that the dotless i has none here. */
const caseFolded = (text: string): string =>
  text.normalize("NFKC").replace(/[^ı]+/gu, (run) => run.toLowerCase().toUpperCase())
