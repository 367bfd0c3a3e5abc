import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { AskBackendAnswer, KnownUser } from "../../core/effect.ts"
import { callable, checkOptions, type Kinds } from "../options/option-kinds.ts"
import { schemaModule } from "../options/schema-module.ts"
import type { Backend } from "../ports/backend.ts"
import { callBackend } from "./call-backend.ts"
import { ownRules, type PermissionRules, ruleKinds } from "./permission-rules.ts"

/**
 * The functions of {@link defineBackend}. If one of them throws or rejects, the request fails with
 * `BackendUnavailable`: 503.
 */
export interface BackendDefinition<User, Accepted> extends PermissionRules<User> {
  /** The schema of the credentials. If credentials do not match it, this backend is skipped. */
  readonly credentials: Schema.ConstraintDecoder<Accepted>
  /**
   * The user that the credentials belong to; `undefined` if this backend does not know them. Throws `PermissionDenied`
   * to refuse them, so that no later backend is tried. Any other error counts as an outage.
   */
  readonly authenticate: (credentials: Accepted) => Promise<User | undefined> | User | undefined
  /** The user with this id; `undefined` if there is no such user, or the user may no longer log in. */
  readonly getUser: (id: string) => Promise<User | undefined> | User | undefined
  /** The text form of the user's id. The session stores it, and `getUser` gets it. */
  readonly idOf: (user: User) => string
  /**
   * A text that belongs to the user, such as the hash of a key: when it changes, the user's sessions end, and the
   * user's known devices become unknown. If it is absent or returns `""`, neither ends when credentials change.
   */
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

/** Makes a backend from plain functions, for example for a user directory, tokens or client certificates. */
export const defineBackend = <User, Accepted>(definition: BackendDefinition<User, Accepted>): Backend<User> => {
  checkOptions(definition, definitionKinds, "defineBackend.", ["credentials", "authenticate", "getUser", "idOf"])
  let decode: ((credentials: unknown) => Result.Result<Accepted, unknown>) | undefined
  const known = (name: string, user: User): KnownUser<User> => {
    const id = definition.idOf(user)
    // Never one text for all users: a known device of one of them would be one of the others too.
    return { id, user, password: definition.sessionSecretOf?.(user) || JSON.stringify([name, id]) }
  }
  return {
    ...ownRules(definition),
    idOf: definition.idOf,
    expects: "what its schema describes",
    prepare: Effect.map(schemaModule, (Schema) => {
      decode ??= Schema.decodeUnknownResult(definition.credentials)
    }),
    authenticate: (credentials, { name }) => {
      const accepted = decode?.(credentials)
      return accepted === undefined || Result.isFailure(accepted)
        ? undefined
        : callBackend(name, denied, async (): Promise<AskBackendAnswer<User>> => {
            const user = await definition.authenticate(accepted.success)
            return user === undefined ? { _tag: "Declined" } : { _tag: "Accepted", known: known(name, user) }
          })
    },
    getUser: (id, { name }) =>
      Effect.map(
        callBackend(name, undefined, () => definition.getUser(id)),
        (user) => (user === undefined ? undefined : known(name, user))
      )
  }
}

const denied: AskBackendAnswer<never> = { _tag: "Denied" }
