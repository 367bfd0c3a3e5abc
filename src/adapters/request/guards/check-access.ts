/** The checks before the handler: remote user, CSRF, login required. */
import * as Effect from "effect/Effect"
import { anonymous } from "../../../core/auth/state/request-state.ts"
import * as Guards from "../../../core/pages/guards.ts"
import type { DeviceResponse } from "../../errors/errors.ts"
import * as Csrf from "../form/request-csrf.ts"
import { getUnverifiedUser } from "../login/operations.ts"
import { logInRemoteUser } from "../login/remote-user-login.ts"
import type { GuardFailure } from "../scope/guard-record.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { answerEndpoint } from "../session/device-requests.ts"
import { failureOf, proofRequired } from "./request-guards.ts"

/** The rules of one handler: whether a CSRF token and a login are required. */
export interface AccessRules extends Csrf.CsrfEntry {
  /** Whether the handler requires a login. Called after the CSRF check. `undefined`: no login required. */
  readonly loginRequired: (() => boolean) | undefined
}

/** Why the handler may not run. */
export type AccessFailure = GuardFailure | DeviceResponse

/**
 * Checks whether the handler may run, and fails if not.
 *
 * @returns `undefined` if the request passes; otherwise an Effect that still has to run
 * @see Django: RemoteUserMiddleware, then CsrfViewMiddleware, then LoginRequiredMiddleware
 */
export const checkAccess = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  entry: AccessRules
): Effect.Effect<void, AccessFailure> | undefined => {
  const endpoint = answerEndpoint(services, scope)
  if (endpoint !== undefined) return endpoint
  const { remoteUser } = services
  if (remoteUser === undefined) return admitVisitor(services, scope, entry)
  return Effect.andThen(
    logInRemoteUser(services, scope, remoteUser),
    Effect.suspend(() => admitVisitor(services, scope, entry) ?? Effect.void)
  )
}

const admitVisitor = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  entry: AccessRules
): Effect.Effect<void, AccessFailure> | undefined => {
  const checked = Csrf.checkCsrf(services, scope, entry)
  const { loginRequired } = entry
  if (loginRequired === undefined) return checked
  const login = Effect.suspend(() => requireLogin(services, scope, !loginRequired()))
  return checked === undefined ? login : Effect.andThen(checked, login)
}

const requireLogin = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  isOpen: boolean
): Effect.Effect<void, GuardFailure> => {
  const enter = (decision: Guards.Entry): Effect.Effect<void, GuardFailure> =>
    decision._tag === "Allowed" ? Effect.void : Effect.fail(failureOf(services.login, decision, scope.head))
  const decision = Guards.denyByDefault(services.login, scope.head, isOpen, scope.request.user)
  return decision._tag === "UserNeeded"
    ? Effect.flatMap(getUnverifiedUser(services, scope), () =>
        enter(proofRequired(scope, Guards.loginRequired(services.login, scope.head, scope.request.user ?? anonymous)))
      )
    : enter(decision)
}
