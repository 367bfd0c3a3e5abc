/** New accounts whose address is confirmed by a link, changes of an address by a link, and the links in mails. */
import * as Effect from "effect/Effect"
import type { ChosenAccount } from "../../core/accounts/link-token.ts"
import { normalizeUsername, storableEmail } from "../../core/accounts/new-user.ts"
import * as ResetToken from "../../core/accounts/reset-token.ts"
import { BadRequest, type Busy, type StoreUnavailable } from "../errors/errors.ts"
import type { ResettableRow } from "../ports/user-store.ts"
import { attempted, isRight } from "./attempted.ts"
import type { PasswordResetServices } from "./password-reset.ts"
import { lacks, type OfBackend, type UsersOf } from "./user-stores.ts"

/** What a visitor chose at sign-up. */
export interface SignUp {
  /** The user name. It is normalised (NFKC). */
  readonly username: string
  /** The e-mail address. */
  readonly email: string
  /** The password. */
  readonly password: string
}

/** A new account that a link creates. It is not stored yet. */
export interface SignUpLink {
  /** The address that the link must be sent to. */
  readonly email: string
  /** The user name. */
  readonly username: string
  /** The two texts of the link: `<uid>/<token>`. A secret: send it only in an e-mail. */
  readonly link: string
}

/** The result of a sign-up whose address must be confirmed by a link. Nothing was stored. */
export type SignedUp<User> =
  | {
      readonly _tag: "SignedUp"
      /** The new account, with its link. */
      readonly account: SignUpLink
    }
  /** A user with another address has the user name. */
  | { readonly _tag: "UsernameTaken" }
  /** These users have the address. The client must not be told. */
  | { readonly _tag: "AddressTaken"; readonly users: ReadonlyArray<User> }

/** The result of a link that confirms an address. */
export type Verified<User> =
  /** The account is stored now. */
  | { readonly _tag: "Verified"; readonly user: User }
  | { readonly _tag: "PasswordWrong" }
  /** The link is used, too old or wrong. */
  | { readonly _tag: "LinkInvalid" }

/** The result of a link that changes an address. */
export type EmailChanged =
  /** The address of this user was changed, and `was` is the old one. */
  | { readonly _tag: "EmailChanged"; readonly userId: string; readonly was: string }
  /** The link is used, too old or wrong, or another account has the address by now. */
  | { readonly _tag: "LinkInvalid" }

/** What a link is for. */
export type LinkPurpose = "reset" | "verify" | "email"

/** A user, for a mail with a link. */
export interface LinkedUser {
  /** The stored address. */
  readonly email: string
  /** The user name. */
  readonly username: string
  /** Whether the user may log in. */
  readonly isActive: boolean
  /** The two texts of the link: `<uid>/<token>`. A secret: send it only in an e-mail. */
  readonly link: string
}

/** Accounts and addresses that are confirmed by links, as Effects. */
export interface AccountLinks<User> {
  /**
   * Makes the link that creates a new account, unless a confirmed account has the address. An account is confirmed if
   * its user may log in, or has logged in before. Other accounts do not keep the owner of an address from signing up,
   * unless they have the user name too. Nothing is stored before the link is confirmed. Does the same work in all
   * cases: two queries that read, and one hash. Does not run `passwordValidators`.
   */
  readonly signUp: (
    account: SignUp,
    options?: OfBackend
  ) => Effect.Effect<SignedUp<User>, StoreUnavailable | Busy | BadRequest>
  /** The users of confirmed accounts with this address; see {@link signUp}. */
  readonly addressHolders: (email: string, options?: OfBackend) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /**
   * Creates the account of a link that confirms its address, if the password is the one that was chosen at sign-up. So
   * a visitor who signs up with the address of another person gains nothing if that person opens the link. The link is
   * no longer valid once an account has the user name, or a confirmed account has the address. If two requests use
   * links with one user name, only one of them succeeds.
   */
  readonly verifyEmail: (
    uid: string,
    token: string,
    password: string,
    options?: OfBackend
  ) => Effect.Effect<Verified<User>, StoreUnavailable | Busy>
  /**
   * Changes the address by a link. If two requests use the same link, only one of them succeeds.
   *
   * @param isUsername whether the user name is the address, and changes too
   */
  readonly changeEmail: (
    uid: string,
    token: string,
    isUsername: boolean,
    options?: OfBackend
  ) => Effect.Effect<EmailChanged, StoreUnavailable>
  /**
   * Whether a link is valid now. Links of a deactivated user are not.
   *
   * @returns the address that the link confirms or changes to, `""` if it has none; `undefined`: the link is not valid
   */
  readonly checkLink: (
    purpose: LinkPurpose,
    uid: string,
    token: string,
    options?: OfBackend
  ) => Effect.Effect<string | undefined, StoreUnavailable>
  /**
   * Makes a link for a mail to this user. The link of a new account is made by {@link signUp}.
   *
   * @param newEmail the address to change to, for the purpose `email`
   * @returns `undefined` if there is no such user
   */
  readonly makeLink: (
    purpose: Exclude<LinkPurpose, "verify">,
    userId: string,
    newEmail?: string,
    options?: OfBackend
  ) => Effect.Effect<LinkedUser | undefined, StoreUnavailable>
}

export const accountLinks = <User extends object>(
  { clockAndRandom, countAttempt, passwordReset: { clock, links, tokens }, passwords }: PasswordResetServices,
  usersOf: UsersOf<User>
): AccountLinks<User> => {
  const find = Effect.fnUntraced(function* (
    by: { readonly email: string } | { readonly id: string },
    backend: string | undefined
  ): Effect.fn.Return<ReadonlyArray<ResettableRow<User>>, StoreUnavailable> {
    const store = yield* usersOf(backend)
    if (store.findForReset === undefined) return yield* lacks("findForReset", "links in mails")
    return yield* store.findForReset(by)
  })
  /** The address that a link changes to; `undefined` if it is not valid, or its user is deactivated. */
  const addressIn = (row: ResettableRow<User>, token: string) =>
    row.isActive ? links.emailChange.check(row, token, timeFor(row)) : undefined
  const rowOf = (uid: string, options: OfBackend | undefined) => {
    const id = ResetToken.idOf(uid)
    return id === undefined ? Effect.undefined : Effect.map(find({ id }, options?.backend), ([row]) => row)
  }
  const timeFor = (row: ResettableRow<User>) => ResetToken.localTimeOf(clock, clockAndRandom.now(), row)
  const chosenAccount = (uid: string, token: string): ChosenAccount | undefined => {
    const username = ResetToken.idOf(uid)
    return username === undefined ? undefined : links.signUp.check(username, token, clockAndRandom.now())
  }
  const withAddress = (email: string, options: OfBackend | undefined) =>
    Effect.map(find({ email }, options?.backend), (rows) =>
      rows.filter((row) => row.email !== null && ResetToken.isSameAddress(row.email, email))
    )

  return {
    signUp: Effect.fnUntraced(function* (account, options) {
      const store = yield* usersOf(options?.backend)
      const username = normalizeUsername(account.username)
      const email = storableEmail(account.email)
      if (username === undefined || email === undefined || email === "")
        return yield* new BadRequest({ reason: "this user name or e-mail address cannot be stored" })
      return yield* passwords.slot(
        Effect.gen(function* () {
          const rows = yield* withAddress(email, options)
          const named = yield* store.findByUsername(username)
          const password = yield* passwords.encode(account.password)
          const token = links.signUp.make({ username, email, password }, clockAndRandom.now())
          // Where the address is the user name, a taken name says no more than a taken address.
          const holders = rows.filter((row) => isConfirmed(row) || row.id === named?.id)
          if (named !== undefined && !rows.some(({ id }) => id === named.id)) return { _tag: "UsernameTaken" } as const
          return holders.length > 0
            ? ({ _tag: "AddressTaken", users: holders.map(({ user }) => user) } as const)
            : ({
                _tag: "SignedUp",
                account: { email, username, link: `${ResetToken.uidOf(username)}/${token}` }
              } as const)
        }),
        { operation: "createUser", username },
        () => true
      )
    }),
    addressHolders: (email, options) =>
      Effect.map(withAddress(email, options), (rows) => rows.filter(isConfirmed).map(({ user }) => user)),
    verifyEmail: Effect.fnUntraced(function* (uid, token, password, options) {
      const store = yield* usersOf(options?.backend)
      // A text that is no link is no attempt: it must not count against the person whose name it has.
      const chosen = chosenAccount(uid, token)
      if (chosen === undefined) return invalid
      return yield* attempted(
        countAttempt,
        { _tag: "Link", link: `${uid}/${token}` },
        { operation: "verifyEmail", username: chosen.username },
        Effect.fnUntraced(function* (attempt) {
          if (!(yield* isRight(attempt, password, chosen.password))) return { _tag: "PasswordWrong" } as const
          if ((yield* withAddress(chosen.email, options)).some(isConfirmed)) return invalid
          const user = { ...chosen, isStaff: false, isSuperuser: false, requiresFreeAddress: true }
          const created = yield* store.create(user, clockAndRandom.now())
          return created === undefined ? invalid : ({ _tag: "Verified", user: created.user } as const)
        }),
        ({ _tag }) => _tag === "Verified"
      )
    }),
    changeEmail: Effect.fnUntraced(function* (uid, token, isUsername, options) {
      const store = yield* usersOf(options?.backend)
      if (store.setEmail === undefined) return yield* lacks("setEmail", "e-mail addresses that can be changed")
      const row = yield* rowOf(uid, options)
      const email = row && addressIn(row, token)
      if (row === undefined || email === undefined) return invalid
      const others = (yield* withAddress(email, options)).filter((other) => other.id !== row.id && isConfirmed(other))
      const username = isUsername ? normalizeUsername(email.toLowerCase()) : undefined
      if (others.length > 0 || (isUsername && username === undefined)) return invalid
      const change = {
        was: row.email,
        email,
        requiresFreeAddress: true,
        ...(username === undefined ? {} : { username })
      }
      return (yield* store.setEmail(row.id, change))
        ? { _tag: "EmailChanged", userId: row.id, was: row.email ?? "" }
        : invalid
    }),
    checkLink: Effect.fnUntraced(function* (purpose, uid, token, options) {
      if (purpose === "verify") {
        const chosen = chosenAccount(uid, token)
        if (chosen === undefined) return undefined
        const store = yield* usersOf(options?.backend)
        return (yield* store.findByUsername(chosen.username)) === undefined ? chosen.email : undefined
      }
      const row = yield* rowOf(uid, options)
      if (row === undefined) return undefined
      if (purpose === "email") return addressIn(row, token)
      return row.isActive && tokens.check(row, token, timeFor(row)) ? (row.email ?? "") : undefined
    }),
    makeLink: Effect.fnUntraced(function* (purpose, userId, newEmail, options) {
      const store = yield* usersOf(options?.backend)
      const [row] = yield* find({ id: userId }, options?.backend)
      if (row === undefined) return undefined
      const time = timeFor(row)
      const token = {
        reset: () => tokens.make(row, time),
        email: () => links.emailChange.make(row, newEmail ?? "", time)
      }[purpose]()
      return {
        email: row.email ?? "",
        username: nameIn(store, row) ?? "",
        isActive: row.isActive,
        link: `${ResetToken.uidOf(row.id)}/${token}`
      }
    })
  }
}

const isConfirmed = (row: ResettableRow<unknown>): boolean => row.isActive || row.lastLoginAt !== null

const nameIn = (
  { usernameField = "username" }: { readonly usernameField?: string },
  { user }: ResettableRow<object>
): string | undefined => {
  const name: unknown = Reflect.get(user, usernameField)
  return typeof name === "string" ? name : undefined
}

const invalid = { _tag: "LinkInvalid" } as const
