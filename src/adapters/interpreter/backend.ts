import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Credentials } from "../../core/auth/credentials.ts"
import { type Grants, nothing } from "../../core/auth/permissions.ts"
import type { AskBackendAnswer, KnownUser } from "../../core/effect.ts"
import type { Passwords } from "../hasher/passwords.ts"
import { BackendUnavailable, type Busy, type StoreUnavailable } from "./errors.ts"
import type { UserStore } from "./ports.ts"

export type BackendFailure = BackendUnavailable | StoreUnavailable | Busy

/** What a backend may use while it is asked. */
export interface BackendTools {
  /** The name under which it is registered, which goes into sessions. */
  readonly name: string
  readonly passwords: Passwords
}

/**
 * Knows users and checks credentials. Registered under a name that goes into every session it vouches for: with a live
 * Django beside, the dotted path of Django's backend.
 */
export interface Backend<User> {
  /**
   * Asks about credentials. `undefined` if they are not of the kind that this backend takes: it is then skipped, as
   * Django skips a backend whose signature does not fit.
   */
  readonly offer: (
    credentials: Credentials,
    tools: BackendTools
  ) => Effect.Effect<AskBackendAnswer<User>, BackendFailure> | undefined
  /** The user with this id; `undefined` if there is none, or it may not log in any longer. */
  readonly getUser: (id: string, tools: BackendTools) => Effect.Effect<KnownUser<User> | undefined, BackendFailure>
  /** What a user may do; `undefined` for somebody who is not known here. Absent: this backend grants nothing. */
  readonly grants?: (id: string, tools: BackendTools) => Effect.Effect<Grants | undefined, BackendFailure>
  /**
   * The text form of a user's primary key. Only ever asked about its own users; a method, so that backends with
   * different users can stand side by side.
   */
  idOf(user: User): string
  /** The stored users behind this backend, if they have passwords. */
  readonly users?: {
    readonly store: UserStore<User>
    /** The user of a row that came along with a session; `undefined` if it is not this store's, or may not log in. */
    readonly admit: (row: unknown) => KnownUser<User> | undefined
  }
}

/** Thrown by a backend's `authenticate`: these credentials are refused, and no other backend is to be asked. */
export class PermissionDenied extends Error {
  override readonly name = "PermissionDenied"
}

export interface BackendDefinition<User, Accepted> {
  /** Credentials of another shape are not for this backend. */
  readonly credentials: Schema.ConstraintDecoder<Accepted>
  /** The user, `undefined` for "not known here", or throws {@link PermissionDenied}. Anything else thrown is an outage. */
  readonly authenticate: (credentials: Accepted) => Promise<User | undefined> | User | undefined
  readonly getUser: (id: string) => Promise<User | undefined> | User | undefined
  readonly idOf: (user: User) => string
  /** Permissions, each `<app_label>.<codename>`; none by default. */
  readonly permissionsOf?: (user: User) => Promise<Iterable<string>> | Iterable<string>
  /** A text whose change ends the user's sessions; `""` by default. */
  readonly sessionSecretOf?: (user: User) => string
}

/** A backend from plain functions: one's own user directory, a token, a certificate. */
export const defineBackend = <User, Accepted>(definition: BackendDefinition<User, Accepted>): Backend<User> => {
  const decode = Schema.decodeUnknownResult(definition.credentials)
  const known = (user: User): KnownUser<User> => ({
    id: definition.idOf(user),
    user,
    password: definition.sessionSecretOf?.(user) ?? ""
  })
  const asking = <A>(name: string, ask: () => Promise<A> | A) =>
    Effect.tryPromise({ try: async () => ask(), catch: (cause) => new BackendUnavailable({ backend: name, cause }) })
  const { permissionsOf } = definition
  const grants: Pick<Backend<User>, "grants"> = permissionsOf === undefined
    ? {}
    : {
        grants: (id, { name }) =>
          asking(name, async () => {
            const user = await definition.getUser(id)
            if (user === undefined) return undefined
            return { isActive: true, isSuperuser: false, user: new Set(await permissionsOf(user)), group: nothing }
          })
      }
  return {
    ...grants,
    idOf: definition.idOf,
    offer: (credentials, { name }) => {
      const accepted = decode(credentials)
      return Result.isFailure(accepted)
        ? undefined
        : asking(name, () => definition.authenticate(accepted.success)).pipe(
            Effect.map(
              (user): AskBackendAnswer<User> =>
                user === undefined ? { _tag: "Declined" } : { _tag: "Accepted", known: known(user) }
            ),
            Effect.catchIf(
              (error) => error.cause instanceof PermissionDenied,
              () => Effect.succeed<AskBackendAnswer<User>>({ _tag: "Denied" })
            )
          )
    },
    getUser: (id, { name }) =>
      Effect.map(
        asking(name, () => definition.getUser(id)),
        (user) => (user === undefined ? undefined : known(user))
      )
  }
}
