/** Finds, changes and deletes stored users. */
import * as Effect from "effect/Effect"
import { normalizeUsername, storableEmail } from "../../core/accounts/new-user.ts"
import { isSameAddress } from "../../core/accounts/reset-token.ts"
import { BadRequest, StillReferenced, type StoreUnavailable } from "../errors/errors.ts"
import { lacks, type OfBackend, type UsersOf } from "./user-stores.ts"

/** What identifies one user: the user name, exactly as stored, or the primary key as text. */
export type UserIdentifier =
  | {
      /** The user name. */
      readonly username: string
    }
  | {
      /** The primary key. */
      readonly id: string
    }

/** A new e-mail address of a user, as the application offers it. */
export interface NewEmail {
  /** The stored address that the change replaces. If another one is stored by now, nothing changes. */
  readonly was: string | null
  /** The new address. The part after the `@` is stored in lower case. `""`: none. */
  readonly email: string
  /** The new user name, for applications whose user name is the address. If absent, it is not changed. */
  readonly username?: string
}

/** Finds, changes and deletes stored users, as Effects. */
export interface AccountChanges<User> {
  /** The user with this name or id, active or not; `undefined` if there is none. */
  readonly findUser: (by: UserIdentifier, options?: OfBackend) => Effect.Effect<User | undefined, StoreUnavailable>
  /**
   * The users with this e-mail address, active or not, compared without regard to case. There may be several: Django
   * does not require addresses to be unique. An address alone does not prove who a client is.
   */
  readonly findUsersByEmail: (
    email: string,
    options?: OfBackend
  ) => Effect.Effect<ReadonlyArray<User>, StoreUnavailable>
  /**
   * Changes the e-mail address, if the stored one is still the one that it replaces. Does not send an e-mail, and does
   * not check that the address belongs to the user.
   *
   * @returns whether it was changed; `false` too if the user no longer exists, or if the new user name is taken. Fails
   * with `BadRequest` for a text that cannot be stored
   */
  readonly setEmail: (
    user: User,
    change: NewEmail,
    options?: OfBackend
  ) => Effect.Effect<boolean, StoreUnavailable | BadRequest>
  /**
   * Sets Django's `is_active`: a user who is not active cannot log in, and sessions that exist are anonymous from now
   * on. If the session store records the sessions of users, `false` also ends them, and `true` ends those that are left
   * before it activates an inactive user: so they do not come back.
   *
   * @returns whether there is such a user
   */
  readonly setActive: (user: User, isActive: boolean, options?: OfBackend) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Deletes a user, with the user's permissions and memberships in groups, and the user's entries in the log of
   * Django's admin site. Fails with `StillReferenced` if rows of another table refer to the user: it names the table,
   * and nothing is deleted. If the session store records the sessions of users, the user's sessions are deleted too.
   *
   * @returns whether there was such a user
   */
  readonly deleteUser: (user: User, options?: OfBackend) => Effect.Effect<boolean, StoreUnavailable | StillReferenced>
}

/** @param endSessions ends the recorded sessions of the user, if sessions are recorded */
export const accountChanges = <User>(
  usersOf: UsersOf<User>,
  endSessions: (user: User, options: OfBackend | undefined) => Effect.Effect<unknown, StoreUnavailable>
): AccountChanges<User> => ({
  findUser: Effect.fnUntraced(function* (by, options) {
    const store = yield* usersOf(options?.backend)
    // A name or an id may come from a client's JSON: another type names no user.
    const text: unknown = "id" in by ? by.id : by.username
    if (typeof text !== "string") return undefined
    const row = yield* "id" in by ? store.findById(text) : store.findByUsername(text)
    return row?.user
  }),
  findUsersByEmail: Effect.fnUntraced(function* (email, options) {
    const store = yield* usersOf(options?.backend)
    if (store.findForReset === undefined) return yield* lacks("findForReset", "e-mail addresses")
    // An empty address would match every user without an address.
    if (typeof email !== "string" || email === "") return []
    const rows = yield* store.findForReset({ email })
    return rows.filter((row) => row.email !== null && isSameAddress(row.email, email)).map(({ user }) => user)
  }),
  setEmail: Effect.fnUntraced(function* (user, { was, ...offered }, options) {
    const store = yield* usersOf(options?.backend)
    if (store.setEmail === undefined) return yield* lacks("setEmail", "e-mail addresses that can be changed")
    if (was !== null && typeof was !== "string")
      return yield* Effect.die(new TypeError("setEmail: write in `was` the stored address that the change replaces"))
    const email = storableEmail(offered.email)
    if (email === undefined) return yield* new BadRequest({ reason: "this e-mail address cannot be stored" })
    if (offered.username === undefined) return yield* store.setEmail(store.idOf(user), { was, email })
    const username = normalizeUsername(offered.username)
    if (username === undefined) return yield* new BadRequest({ reason: unstorableUsername })
    return yield* store.setEmail(store.idOf(user), { was, email, username })
  }),
  setActive: Effect.fnUntraced(function* (user, isActive, options) {
    const store = yield* usersOf(options?.backend)
    if (store.setActive === undefined) return yield* lacks("setActive", "users that can be deactivated")
    if (typeof isActive !== "boolean") return yield* Effect.die(new TypeError("setActive: write true or false"))
    // Sessions may be left: of a deactivation whose end of them failed, of a login beside it, or of a Django's.
    const [row] = isActive ? yield* store.findForReset?.({ id: store.idOf(user) }) ?? Effect.succeed([]) : []
    if (row?.isActive === false) yield* endSessions(user, options)
    const isStored = yield* store.setActive(store.idOf(user), isActive)
    if (isStored && !isActive) yield* endSessions(user, options)
    return isStored
  }),
  deleteUser: Effect.fnUntraced(function* (user, options) {
    const store = yield* usersOf(options?.backend)
    if (store.delete === undefined) return yield* lacks("delete", "users that can be deleted")
    const answer = yield* store.delete(store.idOf(user))
    if (answer._tag === "UserReferenced") return yield* new StillReferenced({ what: "user", table: answer.table })
    if (answer._tag === "UserDeleted") yield* endSessions(user, options)
    return answer._tag === "UserDeleted"
  })
})

export const unstorableUsername = "this user name cannot be stored: write 1 to 150 characters, without NUL"
