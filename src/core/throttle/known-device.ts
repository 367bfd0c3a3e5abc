/**
 * The cookie of a known device: a browser in which a user has logged in. Attempts of this browser for this user are
 * counted by the device, so other clients cannot make them wait.
 *
 * The cookie is signed for one user name. It contains a keyed hash of the stored password, so that a change of the
 * password ends it, also a change that a Django site makes. It cannot log in.
 *
 * @see https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
import type { SetCookie } from "../effect.ts"
import type { CookieSettings } from "../http/cookies/cookie-settings.ts"
import { constantTimeEqual, type Keyring, makeKeyring, type Secrets } from "../signing/hmac.ts"
import { makeSigner, type Signer } from "../signing/timestamp-signer.ts"

/** What is needed to make and read the cookies. */
export interface KnownDeviceSettings {
  readonly cookie: CookieSettings
  /** How long the cookie is accepted, from the login on. */
  readonly ageSeconds: number
  readonly signer: Signer
  /** Hashes of stored passwords. */
  readonly passwords: Keyring
}

/** A cookie with a valid signature for the user name of the attempt. */
export interface KnownDevice {
  /** Names the device. */
  readonly id: string
  /** The hash of the stored password at the time of the login. */
  readonly passwordTag: string
}

export const knownDeviceSettings = (
  cookie: CookieSettings,
  ageSeconds: number,
  secrets: Secrets
): KnownDeviceSettings => ({
  cookie,
  ageSeconds,
  signer: makeSigner({ ...secrets, readsSha1: false, salt: "latchkey.throttle.device" }),
  passwords: makeKeyring("latchkey.throttle.password", { ...secrets, readsSha1: false })
})

/**
 * The device of a cookie; `undefined` if the cookie is not for this account, is too old, or was not made here.
 *
 * @param account the key of the user name
 * @param now epoch milliseconds
 */
export const readDevice = (
  { ageSeconds, signer }: KnownDeviceSettings,
  value: string | undefined,
  account: string,
  now: number
): KnownDevice | undefined => {
  const parts = /^([\w-]{22})\.([\w-]{43})\.([\w-]+)\.([\w-]+)$/.exec(value ?? "")
  if (parts === null) return undefined
  const [, id = "", passwordTag = "", at, signature] = parts
  const read = signer.unsign(`${signed(id, passwordTag, account)}:${at}:${signature}`)
  if (read._tag !== "Verified" || now >= read.signedAt + ageSeconds * 1000) return undefined
  return { id, passwordTag }
}

/** Whether the password is still the one of the login. @param encoded the stored password */
export const isCurrent = ({ passwords }: KnownDeviceSettings, { passwordTag }: KnownDevice, encoded: string): boolean =>
  passwords.some((hmac) => constantTimeEqual(passwordTag, hmac.base64url(encoded)))

/**
 * The cookie for a device in which the user has logged in.
 *
 * @param id names the device: 22 random characters of base64url
 * @param encoded the stored password
 * @param now epoch milliseconds
 */
export const deviceCookie = (
  { ageSeconds, cookie, passwords, signer }: KnownDeviceSettings,
  id: string,
  account: string,
  encoded: string,
  now: number
): SetCookie => {
  const tag = passwords[0].base64url(encoded)
  const text = signed(id, tag, account)
  return {
    _tag: "SetCookie",
    ...cookie,
    // A Server Action of Next.js can only set characters that need no escape, so no colons.
    value: `${id}.${tag}${signer.sign(text, now).slice(text.length).replaceAll(":", ".")}`,
    lifetime: { maxAgeSeconds: ageSeconds, expiresAt: now + ageSeconds * 1000 }
  }
}

/** The account is signed, but not in the cookie: the cookie does not name the user. */
const signed = (id: string, tag: string, account: string): string => `${id}.${tag}.${account}`
