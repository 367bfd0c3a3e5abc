/** The user of a request proves again who they are. */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import { reauthenticated } from "../../core/auth/reauthenticate.ts"
import type { Principal } from "../../core/auth/request-state.ts"
import { accounts } from "../account/accounts.ts"
import { callBackend } from "../backend/call-backend.ts"
import type { BackendFailure } from "../ports/backend.ts"
import { momentOf } from "../ports/clock-and-random.ts"
import {
  type BackendUnavailable,
  Busy,
  type ChangeRefused,
  type CsrfFailed,
  StoreUnavailable
} from "../ports/errors.ts"
import { passwordsFor } from "./limited-passwords.ts"
import { getUser, openUnverified } from "./operations.ts"
import type { RequestScope } from "./request-scope.ts"
import type { AuthServices } from "./services.ts"

/**
 * Checks the credentials and records the proof in the session, which gets a new key.
 *
 * @returns `false` if no proof accepts the credentials, or no user is logged in
 */
export const reauthenticate = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  credentials: Credentials
): Effect.Effect<boolean, BackendFailure | ChangeRefused> =>
  Effect.gen(function* () {
    if (services.reauthenticationUrl === undefined)
      return yield* Effect.die(
        new Error("reauthenticate: logins are not recorded; write reauthentication: {} in createAuth")
      )
    const user = yield* getUser(services, scope, "reauthenticate")
    const principal = principalOf(scope)
    if (user === undefined || principal === undefined) return false
    const proof = yield* proofOf(services, scope, user, principal, credentials)
    return proof === undefined ? false : yield* record(services, scope, principal, proof)
  })

/** Records the proof, unless another operation of this request has logged out or changed the user meanwhile. */
const record = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  principal: Principal,
  proof: string
): Effect.Effect<boolean, BackendFailure | ChangeRefused> =>
  scope.exclusively(
    "reauthenticate",
    Effect.map(openUnverified(services, scope), (session) => {
      const now = principalOf(scope)
      if (now === undefined || now.id !== principal.id || now.backend !== principal.backend) return false
      scope.session = reauthenticated(session, now, proof, momentOf(services.clockAndRandom))
      return true
    })
  )

/** The name of the first proof that accepts the credentials. Proofs that they are not for are not asked. */
const proofOf = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  { backend }: Principal,
  offered: Credentials
): Effect.fn.Return<string | undefined, BackendFailure | CsrfFailed> {
  // A client may send any JSON value instead of an object.
  const credentials = typeof offered === "object" && offered !== null ? offered : {}
  const own = accounts({ ...services, passwords: passwordsFor(services, scope.head) })
  const checkPassword = (password: string) => Effect.runPromise(own.checkPassword(user, password, { backend }))
  for (const [name, proof] of services.loginProofs) {
    const accepted = yield* callBackend(name, false, () => proof.verify(user, credentials, { checkPassword })).pipe(
      Effect.mapError(causeOf)
    )
    if (accepted === true) return name
    if (accepted === false) return undefined
  }
  return undefined
})

/** An outage or a full queue behind `checkPassword` is answered as that. */
const causeOf = (error: BackendUnavailable): BackendFailure =>
  error.cause instanceof StoreUnavailable || error.cause instanceof Busy ? error.cause : error

const principalOf = <User>({ request }: RequestScope<User>): Principal | undefined =>
  request.user?._tag === "Authenticated" ? request.user.principal : undefined
