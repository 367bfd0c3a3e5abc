import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Credentials } from "../../core/auth/credentials.ts"
import type { Grants, Verdict } from "../../core/auth/permissions.ts"
import type { AskBackendAnswer, KnownUser } from "../../core/effect.ts"
import type { Passwords } from "../hasher/passwords.ts"
import type { World } from "../interpreter/chance.ts"
import type { BackendUnavailable, Busy, StoreUnavailable } from "../interpreter/errors.ts"
import type { UserStore } from "../interpreter/ports.ts"
import { callable, checkOptions, type Kinds } from "../option-kinds.ts"
import { asking } from "./asking.ts"
import { ownRules, type PermissionRules, ruleKinds } from "./permission-rules.ts"

export type BackendFailure = BackendUnavailable | StoreUnavailable | Busy

/** What a backend may use while it is asked. */
export interface BackendTools {
  /** The name under which it is registered, which goes into sessions. */
  readonly name: string
  readonly passwords: Passwords
  /** Epoch milliseconds. */
  readonly now: () => number
}

export const toolsOf = (app: { readonly passwords: Passwords; readonly world: World }, name: string): BackendTools => ({
  name,
  passwords: app.passwords,
  now: app.world.now
})

/** Whom a question about permissions is about; `undefined`: nobody is logged in. */
export type Who<User> = { readonly id: string; readonly user: User } | undefined

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
  /** What credentials {@link offer} takes, for a warning to the developer: `{ username, password }`, as texts. */
  readonly expects?: string
  /** The user with this id; `undefined` if there is none, or it may not log in any longer. */
  readonly getUser: (id: string, tools: BackendTools) => Effect.Effect<KnownUser<User> | undefined, BackendFailure>
  /**
   * The text form of a user's primary key. Only ever asked about its own users; a method, as are those that follow, so
   * that backends with different users can stand side by side.
   */
  idOf(user: User): string
  /**
   * What a user may do, on no object in particular: asked once per request. `undefined` for somebody who is not known
   * here. Absent: what the store of {@link users} says, if there is one; else nothing.
   */
  grants?(who: Who<User>, tools: BackendTools): Effect.Effect<Grants | "Denied" | undefined, BackendFailure>
  /** What a user may do to one object. Absent: nothing, as Django's own backends. */
  objectGrants?(
    who: Who<User>,
    object: unknown,
    tools: BackendTools
  ): Effect.Effect<Grants | "Denied" | undefined, BackendFailure>
  /** Judges one permission, asked each time. Absent: it is had when it is granted. */
  hasPerm?(
    who: Who<User>,
    permission: string,
    object: unknown,
    tools: BackendTools
  ): Effect.Effect<Verdict, BackendFailure>
  /** The same for any permission of an app. */
  hasModulePerms?(who: Who<User>, appLabel: string, tools: BackendTools): Effect.Effect<Verdict, BackendFailure>
  /** Asked about the permissions of all users and of nobody, instead of those that it vouches for. */
  readonly answersForAll?: true
  /** The stored users behind this backend, if they have passwords. */
  readonly users?: {
    readonly store: UserStore<User>
    /** The user of a row that came along with a session; `undefined` if it is not this store's, or may not log in. */
    readonly admit: (row: unknown) => KnownUser<User> | undefined
  }
  /** Present where users are whoever a proxy says they are. */
  readonly remote?: {
    usernameOf(user: User): string
    /** A name in a header as it stands in the store. */
    readonly cleanUsername: (remoteUser: string) => string
  }
}

export interface BackendDefinition<User, Accepted> extends PermissionRules<User> {
  /** Credentials of another shape are not for this backend. */
  readonly credentials: Schema.ConstraintDecoder<Accepted>
  /** The user, `undefined` for "not known here", or throws `PermissionDenied`. Anything else thrown is an outage. */
  readonly authenticate: (credentials: Accepted) => Promise<User | undefined> | User | undefined
  readonly getUser: (id: string) => Promise<User | undefined> | User | undefined
  readonly idOf: (user: User) => string
  /** A text whose change ends the user's sessions; `""` by default. */
  readonly sessionSecretOf?: (user: User) => string
}

const definitionKinds: Kinds<BackendDefinition<never, never>> = {
  ...ruleKinds,
  credentials: {
    written: "a Schema of the credentials",
    accepts: (value) => ["object", "function"].includes(typeof value) && value !== null
  },
  authenticate: callable,
  getUser: callable,
  idOf: callable,
  sessionSecretOf: callable
}

/** A backend from plain functions: one's own user directory, a token, a certificate. */
export const defineBackend = <User, Accepted>(definition: BackendDefinition<User, Accepted>): Backend<User> => {
  checkOptions(definition, definitionKinds, "defineBackend.", ["credentials", "authenticate", "getUser", "idOf"])
  const decode = Schema.decodeUnknownResult(definition.credentials)
  const known = (user: User): KnownUser<User> => ({
    id: definition.idOf(user),
    user,
    password: definition.sessionSecretOf?.(user) ?? ""
  })
  return {
    ...ownRules(definition),
    idOf: definition.idOf,
    expects: "what its schema describes",
    offer: (credentials, { name }) => {
      const accepted = decode(credentials)
      return Result.isFailure(accepted)
        ? undefined
        : asking(name, denied, async (): Promise<AskBackendAnswer<User>> => {
            const user = await definition.authenticate(accepted.success)
            return user === undefined ? { _tag: "Declined" } : { _tag: "Accepted", known: known(user) }
          })
    },
    getUser: (id, { name }) =>
      Effect.map(
        asking(name, undefined, () => definition.getUser(id)),
        (user) => (user === undefined ? undefined : known(user))
      )
  }
}

const denied: AskBackendAnswer<never> = { _tag: "Denied" }
