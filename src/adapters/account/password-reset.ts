/**
 * Password-reset links: their settings and operations. The tokens are byte for byte those of Django. Nothing is stored.
 */
import * as Effect from "effect/Effect"
import { makeLinkTokens, type PasswordResetSettings } from "../../core/accounts/link-token.ts"
import type { ResetSettings } from "../../core/accounts/reset-token.ts"
import * as ResetToken from "../../core/accounts/reset-token.ts"
import type { DjangoClock } from "../../core/time-zone.ts"
import type { ClockAndRandom } from "../clock-and-random/clock-and-random.ts"
import type { BadRequest, Busy, StoreUnavailable } from "../errors/errors.ts"
import type { CountAttempt } from "../ports/counted-attempt.ts"
import type { Passwords } from "../ports/passwords.ts"
import type { ResettableRow } from "../ports/user-store.ts"
import type { SessionWatches } from "./session-watches.ts"
import { lacks, type OfBackend, type UsersOf } from "./user-stores.ts"

/** The setting for password-reset links. */
export interface PasswordResetOptions {
  /** PASSWORD_RESET_TIMEOUT: how long a link is valid. Default 259200, three days. */
  readonly passwordResetTimeoutSeconds?: number
}

/** What password resets need of the application. */
export interface PasswordResetServices {
  readonly passwordReset: PasswordResetSettings
  readonly passwords: Passwords
  /** Counts the attempts of operations that check a password. */
  readonly countAttempt: CountAttempt
  readonly clockAndRandom: ClockAndRandom
  /** Open connections whose sessions are watched. */
  readonly watches: SessionWatches
}

/** Password-reset links that a Django with the same settings accepts, as Effects. */
export interface PasswordResets<User> {
  /**
   * The users to send a link to: active users with a password and with this e-mail address, compared without regard to
   * case. Send the link to the stored address, not to the given one. Give the client the same answer if there is no
   * such user.
   *
   * @see Django: django.contrib.auth.forms.PasswordResetForm.get_users
   */
  readonly passwordResetRecipients: (
    email: string,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /** The user's id for the path of the link: Django's `uidb64`. */
  readonly passwordResetUid: (user: User, options?: OfBackend) => Effect.Effect<string>
  /**
   * The token of the link. It is valid for one change of the password: until the user's password, last login or e-mail
   * address changes, or until `passwordResetTimeoutSeconds` have passed. The token is a secret: send it only in an
   * e-mail to that user.
   *
   * @returns `undefined` if there is no such user
   * @see Django: django.contrib.auth.tokens.PasswordResetTokenGenerator.make_token
   */
  readonly passwordResetToken: (user: User, options?: OfBackend) => Effect.Effect<string | undefined, StoreUnavailable>
  /** The user of a link, active or not; `undefined` if there is none. Does not check the token. */
  readonly passwordResetUser: (uid: string, options?: OfBackend) => Effect.Effect<User | undefined, StoreUnavailable>
  /**
   * Whether the token of a link is valid for this user, as currently stored.
   *
   * @see Django: django.contrib.auth.tokens.PasswordResetTokenGenerator.check_token
   */
  readonly checkPasswordResetToken: (
    user: User,
    token: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Changes the password of the user of a link. The new password is written only if the stored one is still the one
   * that the token was checked against. So if two requests use the same link, only one of them succeeds.
   *
   * @returns the new encoded password; `undefined` if the token is not or no longer valid
   */
  readonly resetPassword: (
    user: User,
    token: string,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<string | undefined, StoreUnavailable | Busy | BadRequest>
}

/** One message for each invalid option. */
export const passwordResetProblems = ({
  passwordResetTimeoutSeconds: timeout = ResetToken.defaultTimeoutSeconds
}: PasswordResetOptions): ReadonlyArray<string> =>
  Number.isSafeInteger(timeout) && timeout > 0
    ? []
    : ["passwordResetTimeoutSeconds must be a whole number of seconds above 0"]

export const passwordResetSettings = (
  { passwordResetTimeoutSeconds }: PasswordResetOptions,
  clock: DjangoClock,
  secrets: Omit<ResetSettings, "timeoutSeconds">
): PasswordResetSettings => {
  const settings = { ...secrets, timeoutSeconds: passwordResetTimeoutSeconds ?? ResetToken.defaultTimeoutSeconds }
  return { tokens: ResetToken.makeResetTokens(settings), links: makeLinkTokens(settings), clock }
}

export const passwordResets = <User extends object>(
  { passwordReset: { clock, tokens }, passwords, clockAndRandom, watches }: PasswordResetServices,
  usersOf: UsersOf<User>
): PasswordResets<User> => {
  const find = Effect.fnUntraced(function* (
    by: { readonly email: string } | { readonly user: User },
    backend: string | undefined
  ): Effect.fn.Return<ReadonlyArray<ResettableRow<User>>, StoreUnavailable> {
    const users = yield* usersOf(backend)
    if (users.findForReset === undefined) return yield* lacks("findForReset", "password resets")
    return yield* users.findForReset("user" in by ? { id: users.idOf(by.user) } : by)
  })
  const timeFor = (row: ResettableRow<User>) => ResetToken.localTimeOf(clock, clockAndRandom.now(), row)

  /** The user's row as stored now, if the token is valid for it; otherwise `undefined`. */
  const findGood = (user: User, token: string, options: OfBackend | undefined) =>
    Effect.map(find({ user }, options?.backend), ([row]) =>
      row !== undefined && tokens.check(row, token, timeFor(row)) ? row : undefined
    )

  return {
    passwordResetRecipients: (email, options) =>
      Effect.map(
        typeof email !== "string" || email === "" ? Effect.succeed([]) : find({ email }, options?.backend),
        (rows) => rows.filter((row) => ResetToken.isRecipient(row, email)).map(({ user }) => user)
      ),
    passwordResetUid: (user, options) =>
      Effect.map(usersOf(options?.backend), (users) => ResetToken.uidOf(users.idOf(user))),
    passwordResetToken: (user, options) =>
      Effect.map(find({ user }, options?.backend), ([row]) => row && tokens.make(row, timeFor(row))),
    passwordResetUser: Effect.fnUntraced(function* (uid, options) {
      const users = yield* usersOf(options?.backend)
      const id = ResetToken.idOf(uid)
      return id === undefined ? undefined : (yield* users.findById(id))?.user
    }),
    checkPasswordResetToken: (user, token, options) =>
      Effect.map(findGood(user, token, options), (row) => row !== undefined),
    resetPassword: Effect.fnUntraced(function* (user, token, password, options) {
      const users = yield* usersOf(options?.backend)
      return yield* passwords.slot(
        Effect.gen(function* () {
          const row = yield* findGood(user, token, options)
          if (row === undefined) return undefined
          const encoded = yield* passwords.encode(password)
          if (!(yield* users.upgradePassword(row.id, row.password, encoded))) return undefined
          watches.userChanged(row.id)
          return encoded
        }),
        { operation: "resetPassword", userId: users.idOf(user) },
        (encoded) => encoded !== undefined
      )
    })
  }
}
