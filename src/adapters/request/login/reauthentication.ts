/** The user of a request proves again who they are. */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import { reauthenticated } from "../../../core/auth/login/reauthenticate.ts"
import type { Principal } from "../../../core/auth/state/request-state.ts"
import { accounts } from "../../account/accounts.ts"
import { callBackend } from "../../backend/call-backend.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { type BackendUnavailable, Busy, type ChangeRefused, StoreUnavailable } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { CountedAttempt } from "../../ports/counted-attempt.ts"
import type { Slot } from "../../ports/passwords.ts"
import { withStoreTime } from "../../store-time/store-time.ts"
import { performAll } from "../scope/perform.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { proofAttempt } from "./counted-attempts.ts"
import { getUser, openUnverified } from "./operations.ts"
import { shownCredentials } from "./shown-credentials.ts"

/**
 * Checks the credentials and records the proof in the session, which gets a new key. A proof is guessed as a password
 * is: each call is one attempt of a login, and `user_login_failed` is announced if it fails.
 *
 * @returns `false` if no proof accepts the credentials, or no user is logged in
 */
export const reauthenticate = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  offered: Credentials
): Effect.fn.Return<boolean, BackendFailure | ChangeRefused> {
  if (services.reauthenticationUrl === undefined)
    return yield* Effect.die(
      new Error("reauthenticate: logins are not recorded; write reauthentication: {} in createAuth")
    )
  const user = yield* getUser(services, scope, "reauthenticate")
  const principal = principalOf(scope)
  if (user === undefined || principal === undefined) return false
  // A client may send any JSON value instead of an object.
  const credentials = typeof offered === "object" && offered !== null ? offered : {}
  const username = usernameOf(user)
  const attempt = yield* proofAttempt(services, scope, user, principal)
  const asking = Effect.map(proofOf(services, scope, attempt, user, principal, credentials), (found) =>
    attempt.isRefused ? undefined : found
  )
  const proof = yield* Effect.tapError(
    attempt.passwords.slot(
      asking,
      { operation: "authenticate", username, userId: principal.id },
      (found) => found !== undefined
    ),
    () => attempt.abandoned
  )
  if (proof !== undefined) yield* attempt.succeeded
  if (proof !== undefined) return yield* record(services, scope, principal, proof)
  const shown = { ...shownCredentials(services, credentials), ...(username === undefined ? {} : { username }) }
  yield* performAll(services, scope, [{ _tag: "AnnounceSignal", signal: "user_login_failed", credentials: shown }])
  return false
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

/** The name that the user logs in with, so that logins and proofs of one user are counted together. */
const usernameOf = (user: object): string | undefined => {
  const username: unknown = Reflect.get(user, "username")
  return typeof username === "string" ? username : undefined
}

/**
 * The name of the first proof that accepts the credentials. Proofs that they are not for are not asked. Runs in the
 * slot of the whole attempt, so a check of the password takes no slot of its own.
 */
const proofOf = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  attempt: CountedAttempt,
  user: User,
  { backend }: Principal,
  credentials: Credentials
): Effect.fn.Return<string | undefined, BackendFailure> {
  // Only the proof decides whether the attempt succeeds: it may need more than the password.
  const within = { ...attempt, passwords: { ...attempt.passwords, slot: withoutSlot }, succeeded: Effect.void }
  const own = accounts({ ...services, countAttempt: () => Effect.succeed(within) })
  const checkPassword = (password: string) =>
    Effect.runPromise(withStoreTime(scope.storeTime, own.checkPassword(user, password, { backend })))
  for (const [name, proof] of services.loginProofs) {
    const accepted = yield* callBackend(name, false, () => proof.verify(user, credentials, { checkPassword })).pipe(
      Effect.mapError(causeOf)
    )
    if (accepted === true) return name
    if (accepted === false) return undefined
  }
  return undefined
})

const withoutSlot: Slot = (effect) => effect

/** An outage or a full queue behind `checkPassword` is answered as that. */
const causeOf = (error: BackendUnavailable): BackendFailure =>
  error.cause instanceof StoreUnavailable || error.cause instanceof Busy ? error.cause : error

const principalOf = <User>({ request }: RequestScope<User>): Principal | undefined =>
  request.user?._tag === "Authenticated" ? request.user.principal : undefined
