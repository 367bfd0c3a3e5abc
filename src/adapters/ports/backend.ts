/** The interface of an authentication backend: it loads users, checks credentials, and may decide on permissions. */
import type * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/login/credentials.ts"
import type { AskBackendAnswer, KnownUser } from "../../core/effect.ts"
import type { Grants, Verdict } from "../../core/permissions/permissions.ts"
import type { ClockAndRandom } from "../clock-and-random/clock-and-random.ts"
import type { BackendUnavailable, Busy, StoreUnavailable } from "../errors/errors.ts"
import type { Passwords } from "./passwords.ts"
import type { UserStore } from "./user-store.ts"

/** How a backend fails: its own outage, an outage of the user store, or too many passwords in the queue. */
export type BackendFailure = BackendUnavailable | StoreUnavailable | Busy

/** What latchkey passes to each call of a backend. */
export interface BackendTools {
  /** The name under which the backend is registered. Sessions store it. */
  readonly name: string
  /** Hashes and checks passwords, with a limit on how many run at the same time. */
  readonly passwords: Passwords
  /** Epoch milliseconds. */
  readonly now: () => number
}

export const toolsOf = (
  services: { readonly passwords: Passwords; readonly clockAndRandom: ClockAndRandom },
  name: string
): BackendTools => ({
  name,
  passwords: services.passwords,
  now: services.clockAndRandom.now
})

/** The user whose permissions are asked for; `undefined` for anonymous visitors. */
export type PermissionSubject<User> =
  | {
      /** The text form of the user's primary key. */
      readonly id: string
      /** The application's record of the user. */
      readonly user: User
    }
  | undefined

/**
 * Loads users and checks credentials. A backend is registered under a name, which is stored in every session of a user
 * that it authenticated. If a Django site uses the same sessions, the name must be the dotted path of Django's backend.
 */
export interface Backend<User> {
  /** Loads what {@link authenticate} needs. Run before each call of it. */
  readonly prepare?: Effect.Effect<void>
  /**
   * Checks credentials. `undefined` if this backend does not accept credentials of this kind: `authenticate` then skips
   * it, as Django skips a backend whose `authenticate` takes other arguments.
   */
  readonly authenticate: (
    credentials: Credentials,
    tools: BackendTools
  ) => Effect.Effect<AskBackendAnswer<User>, BackendFailure> | undefined
  /**
   * The shape of the credentials that {@link authenticate} takes, such as `{ username, password }`: for a warning to
   * the developer.
   */
  readonly expects?: string
  /** The user with this id; `undefined` if there is no such user, or the user may no longer log in. */
  readonly getUser: (id: string, tools: BackendTools) => Effect.Effect<KnownUser<User> | undefined, BackendFailure>
  /**
   * The text form of a user's primary key. Called only with users of this backend. This and the functions below are
   * declared as methods, not properties, because TypeScript compares method parameters less strictly: so backends with
   * different user types fit into one record.
   */
  idOf(user: User): string
  /**
   * The user's permissions that do not depend on an object. Called once per request. `undefined` for a user that this
   * backend does not know. If the method is absent, the store of {@link users} is asked; without such a store the
   * backend grants nothing.
   */
  grants?(
    who: PermissionSubject<User>,
    tools: BackendTools
  ): Effect.Effect<Grants | "Denied" | undefined, BackendFailure>
  /** The user's permissions on one object. If absent, the backend grants none, as Django's own backends. */
  objectGrants?(
    who: PermissionSubject<User>,
    object: unknown,
    tools: BackendTools
  ): Effect.Effect<Grants | "Denied" | undefined, BackendFailure>
  /**
   * Decides about one permission, called on every check. If absent, the user has the permission if `grants` or
   * `objectGrants` names it.
   */
  hasPerm?(
    who: PermissionSubject<User>,
    permission: string,
    object: unknown,
    tools: BackendTools
  ): Effect.Effect<Verdict, BackendFailure>
  /** Decides whether the user has any permission of an app, called on every check. */
  hasModulePerms?(
    who: PermissionSubject<User>,
    appLabel: string,
    tools: BackendTools
  ): Effect.Effect<Verdict, BackendFailure>
  /**
   * The backend decides on permissions of the users of every backend and of anonymous visitors, not only of its own.
   */
  readonly answersForAll?: true
  /** Present if the backend's users are stored with passwords. */
  readonly users?: {
    /** The store of the users. */
    readonly store: UserStore<User>
    /**
     * The user of a row that was loaded with a session; `undefined` if this store did not make it, or the user may not
     * log in.
     */
    readonly userOfRow: (row: unknown) => KnownUser<User> | undefined
  }
  /** Present if a proxy authenticates the users of this backend and sends the user name in a header. */
  readonly remote?: {
    /** The user name of a user, to compare with the name in the header. */
    usernameOf(user: User): string
    /** Turns the name in the header into the stored user name. */
    readonly cleanUsername: (remoteUser: string) => string
  }
}
