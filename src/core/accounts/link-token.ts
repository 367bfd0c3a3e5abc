/**
 * The tokens of links that confirm an e-mail address. They have the form and the lifetime of those that reset a
 * password (see `reset-token.ts`), and nothing is stored.
 *
 * | link                              | valid until                                                                  |
 * | --------------------------------- | ---------------------------------------------------------------------------- |
 * | confirms a new account's address  | the account is activated or logged in to, its password or address changes    |
 * | changes the address               | the address or the password changes, or the user logs in                     |
 */
import * as Base64url from "../signing/base64url.ts"
import type { DjangoClock } from "../time-zone.ts"
import { type LocalTime, makeTokens, type ResetSettings, type ResetTokens, type ResetUser } from "./reset-token.ts"

/** A user whose address must be confirmed. */
export interface Verifiable extends ResetUser {
  /** Whether the user may log in. */
  readonly isActive: boolean
}

/** Makes and checks the tokens of links that confirm an address. */
export interface LinkTokens {
  /** Of links that confirm the address of a new account. They are valid only while the account is inactive. */
  readonly verification: ResetTokens<Verifiable>
  /** Of links that change the address of an account. */
  readonly emailChange: EmailChangeTokens
}

/** The tokens of links that change an address. Such a token has the new address in it. */
export interface EmailChangeTokens {
  /** Makes a token. @param email the new address */
  readonly make: (user: ResetUser, email: string, time: LocalTime) => string
  /** The new address, if the token is valid; otherwise `undefined`. */
  readonly check: (user: ResetUser, token: string, time: LocalTime) => string | undefined
}

/** What the links in mails are made and checked with. */
export interface PasswordResetSettings {
  /** Makes and checks the tokens of links that reset a password. */
  readonly tokens: ResetTokens
  /** Makes and checks the tokens of the other links. */
  readonly links: LinkTokens
  /** TIME_ZONE and USE_TZ, which decide the local time in a token. */
  readonly clock: DjangoClock
}

interface Changing extends ResetUser {
  readonly newEmail: string
}

export const makeLinkTokens = (settings: ResetSettings): LinkTokens => {
  const verification = makeTokens<Verifiable>(
    "latchkey.accounts.EmailVerification",
    settings,
    ({ email, id, isActive, password }, lastLogin, stamp) =>
      JSON.stringify([id, password, lastLogin, stamp, email ?? "", isActive])
  )
  const emailChange = makeTokens<Changing>(
    "latchkey.accounts.EmailChange",
    settings,
    ({ email, id, lastLoginAt, newEmail, password }, _lastLogin, stamp) =>
      JSON.stringify([id, password, lastLoginAt, stamp, email ?? "", newEmail])
  )
  return {
    verification: {
      make: verification.make,
      check: (user, token, time) => !user.isActive && verification.check(user, token, time)
    },
    emailChange: {
      make: (user, email, time) =>
        `${emailChange.make({ ...user, newEmail: email }, time)}.${Base64url.encode(Buffer.from(email))}`,
      check: (user, token, time) => {
        const [signed = "", encoded = ""] = token.split(".")
        const bytes = Base64url.decode(encoded)
        if (bytes === undefined || token !== `${signed}.${encoded}`) return undefined
        const newEmail = Buffer.from(bytes).toString()
        return emailChange.check({ ...user, newEmail }, signed, time) ? newEmail : undefined
      }
    }
  }
}
