/**
 * The tokens of links that confirm an e-mail address. They have the lifetime of those that reset a password (see
 * `reset-token.ts`), and nothing is stored.
 *
 * | link                              | valid until                                                                  |
 * | --------------------------------- | ---------------------------------------------------------------------------- |
 * | creates an account                | an account has the user name                                                 |
 * | changes the address               | the address or the password changes, or the user logs in                     |
 *
 * The link of a new account has all that the visitor chose, encrypted: the account is created when the link is
 * confirmed. So a sign-up changes no account, and the password of an account is the one of the link that created it.
 */
import * as Base64url from "../signing/base64url.ts"
import { makeSealedTexts } from "../signing/sealed-text.ts"
import type { DjangoClock } from "../time-zone.ts"
import {
  defaultTimeoutSeconds,
  type LocalTime,
  makeTokens,
  type ResetSettings,
  type ResetTokens,
  type ResetUser
} from "./reset-token.ts"

/** An account that is created when its link is confirmed. */
export interface ChosenAccount {
  /** The user name, normalised. */
  readonly username: string
  /** The address that the link is sent to. */
  readonly email: string
  /** The encoded password. */
  readonly password: string
}

/** Makes and checks the tokens of links that confirm an address. */
export interface LinkTokens {
  /** Of links that create an account. */
  readonly signUp: SignUpTokens
  /** Of links that change the address of an account. */
  readonly emailChange: EmailChangeTokens
}

/**
 * The tokens of links that create an account. Such a token has the address and the encoded password in it, encrypted.
 */
export interface SignUpTokens {
  /** Makes a token. @param now epoch milliseconds */
  readonly make: (account: ChosenAccount, now: number) => string
  /** The account of a token for this user name; `undefined` if the token is too old or wrong. */
  readonly check: (username: string, token: string, now: number) => ChosenAccount | undefined
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
  const emailChange = makeTokens<Changing>(
    "latchkey.accounts.EmailChange",
    settings,
    ({ email, id, lastLoginAt, newEmail, password }, _lastLogin, stamp) =>
      JSON.stringify([id, password, lastLoginAt, stamp, email ?? "", newEmail])
  )
  return {
    signUp: signUpTokens(settings),
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

const signUpTokens = ({ timeoutSeconds = defaultTimeoutSeconds, ...secrets }: ResetSettings): SignUpTokens => {
  const sealed = makeSealedTexts("latchkey.accounts.SignUp", secrets)
  return {
    make: ({ email, password, username }, now) =>
      sealed.seal(JSON.stringify([seconds(now), email, password]), username),
    check: (username, token, now) => {
      const text = sealed.open(token, username)
      const content: unknown = text === undefined ? undefined : JSON.parse(text)
      if (!Array.isArray(content)) return undefined
      const [madeAt, email, password]: ReadonlyArray<unknown> = content
      if (typeof madeAt !== "number" || typeof email !== "string" || typeof password !== "string") return undefined
      return seconds(now) - madeAt > timeoutSeconds ? undefined : { username, email, password }
    }
  }
}

const seconds = (now: number): number => Math.floor(now / 1000)
