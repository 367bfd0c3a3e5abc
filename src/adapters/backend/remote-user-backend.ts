import * as Effect from "effect/Effect"
import { isStorable, maximumUsernameLength } from "../../core/accounts/new-user.ts"
import type { Credentials } from "../../core/auth/login/credentials.ts"
import type { AskBackendAnswer } from "../../core/effect.ts"
import { boolean, callable, checkOptions, type Kinds } from "../options/option-kinds.ts"
import type { Backend, BackendFailure, BackendTools } from "../ports/backend.ts"
import { limitedUsers } from "../ports/limited-users.ts"
import type { UserRow, UserStore } from "../ports/user-store.ts"
import { callBackend } from "./call-backend.ts"
import { storedUsers, userOfRow } from "./stored-users.ts"

/**
 * The name of a user that a trusted party (a proxy, a web server) has authenticated already. The backend logs
 * this user in without a password. It accepts only instances of this class, so a parsed request body is never accepted.
 */
export class RemoteUser implements Credentials {
  readonly [name: string]: unknown
  /** The user's name, as the proxy or web server sent it. */
  readonly remoteUser: string

  /** @param remoteUser the user's name, as the proxy or web server sent it */
  constructor(remoteUser: string) {
    this.remoteUser = remoteUser
  }
}

/** The options of {@link remoteUserBackend}. */
export interface RemoteUserBackendOptions<User> {
  /** Whether to create a user, without a password, for a name that no user has. Default true. */
  readonly createUnknownUser?: boolean
  /** Makes the stored user name from the sent one, for example without a realm or domain. By default unchanged. */
  readonly cleanUsername?: (remoteUser: string) => string
  /**
   * Called at every authentication, before the login: for example to copy groups from a directory, or to fill in the
   * fields of a user that was just created. The user is then read from the store again. To refuse the user, throw
   * `PermissionDenied`.
   */
  readonly configureUser?: (user: User, details: { readonly created: boolean }) => Promise<void> | void
  /** Whether inactive users may log in too. Default false. */
  readonly allowInactive?: boolean
}

/** For user objects without a field `username`. */
export interface NamedUsers<User> {
  /** The user name of a user. */
  readonly usernameOf: (user: User) => string
}

const kinds: Kinds<RemoteUserBackendOptions<never> & NamedUsers<never>> = {
  createUnknownUser: boolean,
  cleanUsername: callable,
  configureUser: callable,
  allowInactive: boolean,
  usernameOf: callable
}

/**
 * A backend for stored users that a proxy or web server has authenticated. It takes {@link RemoteUser} credentials,
 * which the setting `remoteUser` of `createAuth` makes from a request header.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.RemoteUserBackend
 */
export function remoteUserBackend<User extends { readonly username: string }>(
  users: UserStore<User>,
  options?: RemoteUserBackendOptions<User>
): Backend<User>
export function remoteUserBackend<User>(
  users: UserStore<User>,
  options: RemoteUserBackendOptions<User> & NamedUsers<User>
): Backend<User>
export function remoteUserBackend<User>(
  users: UserStore<User>,
  options: RemoteUserBackendOptions<User> & Partial<NamedUsers<User>> = {}
): Backend<User> {
  checkOptions(options, kinds, "remoteUserBackend.")
  const { allowInactive = false, cleanUsername = asItIs, usernameOf = fieldUsername } = options
  return {
    ...storedUsers(users, { allowInactive }),
    remote: { usernameOf, cleanUsername },
    expects: "a RemoteUser",
    authenticate: (credentials, tools) =>
      credentials instanceof RemoteUser
        ? check(limitedUsers(users), { ...options, allowInactive, cleanUsername }, credentials.remoteUser, tools)
        : undefined
  }
}

/**
 * As {@link remoteUserBackend}, but inactive users may log in too. They still have no permissions.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.AllowAllUsersRemoteUserBackend
 */
export function allowAllUsersRemoteUserBackend<User extends { readonly username: string }>(
  users: UserStore<User>,
  options?: Omit<RemoteUserBackendOptions<User>, "allowInactive">
): Backend<User>
export function allowAllUsersRemoteUserBackend<User>(
  users: UserStore<User>,
  options: Omit<RemoteUserBackendOptions<User>, "allowInactive"> & NamedUsers<User>
): Backend<User>
export function allowAllUsersRemoteUserBackend<User>(
  users: UserStore<User>,
  options: Omit<RemoteUserBackendOptions<User>, "allowInactive"> & Partial<NamedUsers<User>> = {}
): Backend<User> {
  return remoteUserBackend(users, { usernameOf: fieldUsername, ...options, allowInactive: true })
}

type Settings<User> = RemoteUserBackendOptions<User> &
  Required<Pick<RemoteUserBackendOptions<User>, "allowInactive" | "cleanUsername">>

const check = Effect.fnUntraced(function* <User>(
  users: UserStore<User>,
  settings: Settings<User>,
  remoteUser: string,
  { name, now }: BackendTools
): Effect.fn.Return<AskBackendAnswer<User>, BackendFailure> {
  if (remoteUser === "") return declined
  const username = settings.cleanUsername(remoteUser)
  const found = yield* findOrCreate(users, settings.createUnknownUser ?? true, username, now)
  if (found === undefined) return declined
  const { configureUser } = settings
  const { created, row } = found
  if (configureUser !== undefined) {
    const configured = yield* callBackend(name, "Denied" as const, () => configureUser(row.user, { created }))
    if (configured === "Denied") return denied
  }
  const known = userOfRow(settings, configureUser === undefined ? row : yield* users.findById(row.id))
  return known === undefined ? declined : { _tag: "Accepted", known }
})

interface Found<User> {
  readonly row: UserRow<User>
  readonly created: boolean
}

/** Django's `get_or_create`: if another request creates the same name first, that user is found. */
const findOrCreate = Effect.fnUntraced(function* <User>(
  users: UserStore<User>,
  createUnknown: boolean,
  username: string,
  now: () => number
): Effect.fn.Return<Found<User> | undefined, BackendFailure> {
  const row = yield* users.findByUsername(username)
  if (row !== undefined) return { row, created: false }
  if (!createUnknown || !isName(username)) return undefined
  const fields = { username, email: "", password: "", isStaff: false, isSuperuser: false }
  const made = yield* users.create(fields, now())
  if (made !== undefined) return { row: made, created: true }
  const winner = yield* users.findByUsername(username)
  return winner === undefined ? undefined : { row: winner, created: false }
})

/**
 * Whether the column `username` can hold the name: it is not longer than Django allows, and has no NUL, which
 * PostgreSQL cannot store.
 */
const isName = (username: string): boolean =>
  username !== "" && isStorable(username) && [...username].length <= maximumUsernameLength

const asItIs = (remoteUser: string): string => remoteUser

/** The field `username`, or `""` if the user has none. A name in a header is never `""`, so the two never match. */
const fieldUsername = (user: unknown): string =>
  typeof user === "object" && user !== null && "username" in user && typeof user.username === "string"
    ? user.username
    : ""

const declined: AskBackendAnswer<never> = { _tag: "Declined" }
const denied: AskBackendAnswer<never> = { _tag: "Denied" }
