import * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import { isStorable, maximumUsernameLength } from "../../core/auth/new-user.ts"
import type { AskBackendAnswer } from "../../core/effect.ts"
import type { UserRow, UserStore } from "../interpreter/ports.ts"
import { boolean, callable, checkOptions, type Kinds } from "../option-kinds.ts"
import { asking } from "./asking.ts"
import type { Backend, BackendFailure, BackendTools } from "./backend.ts"
import { admitted, storedUsers } from "./stored-users.ts"

/**
 * Credentials that somebody trusted has checked already: a proxy, a web server, a client certificate. Logs in whom it
 * names, without a password; so it is a class of its own, which no parsed body can pass for.
 */
export class RemoteUser implements Credentials {
  readonly [name: string]: unknown
  readonly remoteUser: string

  /** @param remoteUser the user's name, as whoever checked it says it */
  constructor(remoteUser: string) {
    this.remoteUser = remoteUser
  }
}

export interface RemoteUserBackendOptions<User> {
  /** Whether a name that nobody has becomes a user, without a password; default true. */
  readonly createUnknownUser?: boolean
  /** The name as it stands in the store: cut off the realm or domain that came with it. By default it is taken as it is. */
  readonly cleanUsername?: (remoteUser: string) => string
  /**
   * Called at every authentication, before the user is let in: take over groups from a directory, or fill in a user
   * that has just been created. What it stores counts; it may throw `PermissionDenied`.
   */
  readonly configureUser?: (user: User, details: { readonly created: boolean }) => Promise<void> | void
  /** Lets inactive users in too; default false. */
  readonly allowInactive?: boolean
}

/** How a user without a `username` is called. */
export interface NamedUsers<User> {
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
 * Stored users whom somebody else has authenticated: takes {@link RemoteUser} credentials, which the setting
 * `remoteUser` of `createAuth` makes of a header.
 *
 * @see Django: django.contrib.auth.backends.RemoteUserBackend
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
    offer: (credentials, tools) =>
      credentials instanceof RemoteUser
        ? check(users, { ...options, allowInactive, cleanUsername }, credentials.remoteUser, tools)
        : undefined
  }
}

/**
 * The same, and inactive users are let in too; they still have no permissions.
 *
 * @see Django: django.contrib.auth.backends.AllowAllUsersRemoteUserBackend
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
    const configured = yield* asking(name, "Denied" as const, () => configureUser(row.user, { created }))
    if (configured === "Denied") return denied
  }
  const known = admitted(settings, configureUser === undefined ? row : yield* users.findById(row.id))
  return known === undefined ? declined : { _tag: "Accepted", known }
})

interface Found<User> {
  readonly row: UserRow<User>
  readonly created: boolean
}

/** Django's `get_or_create`: whoever loses a race for the name finds the winner. */
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

/** Django's column holds no more, and PostgreSQL no NUL. */
const isName = (username: string): boolean =>
  username !== "" && isStorable(username) && [...username].length <= maximumUsernameLength

const asItIs = (remoteUser: string): string => remoteUser

/** `""`, which no header names, for users of another shape. */
const fieldUsername = (user: unknown): string =>
  typeof user === "object" && user !== null && "username" in user && typeof user.username === "string"
    ? user.username
    : ""

const declined: AskBackendAnswer<never> = { _tag: "Declined" }
const denied: AskBackendAnswer<never> = { _tag: "Denied" }
