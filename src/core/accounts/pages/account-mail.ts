/** The e-mails of the account pages as plain data. */

/**
 * Which mail it is. It chooses the mail's texts.
 *
 * - `passwordReset`: the link to set a new password
 * - `verifyEmail`: the link to confirm the address of a new account
 * - `signUpTaken`: another visitor tried to sign up with this address, which has an account already
 * - `confirmEmail`: to the new address: the link to confirm it
 * - `emailTaken`: to an address that has an account already: another user tried to change to it
 * - `emailChanged`: to the old address: it was replaced by `newAddress`
 */
export type AccountMailName =
  | "passwordReset"
  | "verifyEmail"
  | "signUpTaken"
  | "confirmEmail"
  | "emailTaken"
  | "emailChanged"

/** One mail. */
export interface AccountMail {
  /** Which mail it is. */
  readonly name: AccountMailName
  /** The address that it is sent to. */
  readonly to: string
  /** The id of the account that it is about, for logs; `undefined` in `verifyEmail`, whose link creates the account. */
  readonly userId: string | undefined
  /** The user name of that account. */
  readonly username: string
  /** The name of the site. */
  readonly siteName: string
  /** The value of the request's header `Accept-Language`, for the choice of the language. */
  readonly acceptLanguage: string | undefined
  /** The absolute URL of the page to open: the link, or for `signUpTaken` the page that resets a password. */
  readonly link: string | undefined
  /** Only in `emailChanged`. */
  readonly newAddress: string | undefined
}
