/** Password-reset links, Django's to the byte: their settings, and what applications do with them. Nothing is stored. */
import * as Effect from "effect/Effect"
import type { ResetSettings, ResetTokens } from "../../core/auth/reset-token.ts"
import * as ResetToken from "../../core/auth/reset-token.ts"
import type { DjangoClock } from "../../core/time-zone.ts"
import type { App } from "./app.ts"
import type { BadRequest, Busy, StoreUnavailable } from "./errors.ts"
import type { ResettableRow, UserStore } from "./ports.ts"

export interface PasswordResetOptions {
  /** PASSWORD_RESET_TIMEOUT: how long a link is good. 259200, three days. */
  readonly passwordResetTimeoutSeconds?: number
}

export interface PasswordResetSettings {
  readonly tokens: ResetTokens
  readonly clock: DjangoClock
}

/** Whose user it is; needed only where several backends keep users of their own. */
export interface OfBackend {
  readonly backend?: string | undefined
}

export interface PasswordResets<User> {
  /**
   * Users who may be sent a link: active, with a password, and with this very address, whatever its case. Send it to
   * the address that is stored, and answer the same whether or not there is anybody.
   *
   * @see Django: PasswordResetForm.get_users
   */
  readonly passwordResetRecipients: (
    email: string,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /** Who the link is for, as text for its path: Django's `uidb64`. */
  readonly passwordResetUid: (user: User, options?: OfBackend) => Effect.Effect<string>
  /**
   * What makes the link good for one change of the password: until the password, the last login or the e-mail address
   * changes, or until it is too old. A secret of the user: it goes into a mail to that user, and nowhere else.
   *
   * @returns `undefined` when there is no such user
   * @see Django: PasswordResetTokenGenerator.make_token
   */
  readonly passwordResetToken: (user: User, options?: OfBackend) => Effect.Effect<string | undefined, StoreUnavailable>
  /** The user of a link, active or not; `undefined` for a text that no user has. Says nothing about the token. */
  readonly passwordResetUser: (uid: string, options?: OfBackend) => Effect.Effect<User | undefined, StoreUnavailable>
  /**
   * Whether the token of a link is good for this user, as they are stored now.
   *
   * @see Django: PasswordResetTokenGenerator.check_token
   */
  readonly checkPasswordResetToken: (
    user: User,
    token: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Changes the password of the user of a link. The password that is stored must still be the one that the token was
   * checked against when the new one is written, so of two requests with one link only one succeeds.
   *
   * @returns whether it did; `false` when the token is not good, or no longer
   */
  readonly resetPassword: (
    user: User,
    token: string,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable | Busy | BadRequest>
}

export const passwordResetProblems = ({
  passwordResetTimeoutSeconds: timeout = ResetToken.defaultTimeoutSeconds
}: PasswordResetOptions): ReadonlyArray<string> =>
  Number.isSafeInteger(timeout) && timeout > 0
    ? []
    : ["passwordResetTimeoutSeconds is not a whole number of seconds above 0"]

export const passwordResetSettings = (
  { passwordResetTimeoutSeconds }: PasswordResetOptions,
  clock: DjangoClock,
  secrets: Omit<ResetSettings, "timeoutSeconds">
): PasswordResetSettings => ({
  tokens: ResetToken.makeResetTokens({
    ...secrets,
    timeoutSeconds: passwordResetTimeoutSeconds ?? ResetToken.defaultTimeoutSeconds
  }),
  clock
})

/** @param usersOf the store that keeps the users of a backend */
export const passwordResets = <User extends object>(
  { passwordReset: { clock, tokens }, passwords, world }: App<User>,
  usersOf: (backend: string | undefined) => Effect.Effect<UserStore<User>>
): PasswordResets<User> => {
  const find = Effect.fnUntraced(function* (
    by: { readonly email: string } | { readonly user: User },
    backend: string | undefined
  ): Effect.fn.Return<ReadonlyArray<ResettableRow<User>>, StoreUnavailable> {
    const users = yield* usersOf(backend)
    if (users.findForReset === undefined)
      return yield* Effect.die(new Error("this user store has no password-reset tokens"))
    return yield* users.findForReset("user" in by ? { id: users.idOf(by.user) } : by)
  })
  const timeFor = (row: ResettableRow<User>) => ResetToken.localTimeOf(clock, world.now(), row)

  /** The user as stored now, if the token is good for them. */
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
          if (row === undefined) return false
          const encoded = yield* passwords.encode(password)
          return yield* users.upgradePassword(row.id, row.password, encoded)
        }),
        { operation: "resetPassword", userId: users.idOf(user) },
        (isReset) => isReset
      )
    })
  }
}
