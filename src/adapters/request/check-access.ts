/** The checks before the handler: remote user, CSRF, login required. */
import * as Effect from "effect/Effect"
import { anonymous } from "../../core/auth/request-state.ts"
import * as Guards from "../../core/pages/guards.ts"
import type { GuardFailure } from "./guard-record.ts"
import { getUnverifiedUser } from "./operations.ts"
import { logInRemoteUser } from "./remote-user-login.ts"
import * as Csrf from "./request-csrf.ts"
import { failureOf } from "./request-guards.ts"
import type { Cell } from "./request-scope.ts"
import type { App } from "./services.ts"

/** The rules of one handler: whether a CSRF token and a login are required. */
export interface RequestEntry extends Csrf.CsrfEntry {
  /** Whether the handler requires a login. Called after the CSRF check. `undefined`: no login required. */
  readonly loginRequired: (() => boolean) | undefined
}

/** Why the handler may not run. */
export type AdmitFailure = GuardFailure

/**
 * Checks whether the handler may run, and fails if not.
 *
 * @returns `undefined` if the request passes and nothing had to be loaded
 * @see Django: RemoteUserMiddleware, then CsrfViewMiddleware, then LoginRequiredMiddleware
 */
export const admit = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  entry: RequestEntry
): Effect.Effect<void, AdmitFailure> | undefined => {
  const { remoteUser } = app
  if (remoteUser === undefined) return admitVisitor(app, cell, entry)
  return Effect.andThen(
    logInRemoteUser(app, cell, remoteUser),
    Effect.suspend(() => admitVisitor(app, cell, entry) ?? Effect.void)
  )
}

const admitVisitor = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  entry: RequestEntry
): Effect.Effect<void, AdmitFailure> | undefined => {
  const checked = Csrf.admit(app, cell, entry)
  const { loginRequired } = entry
  if (loginRequired === undefined) return checked
  const login = Effect.suspend(() => requireLogin(app, cell, !loginRequired()))
  return checked === undefined ? login : Effect.andThen(checked, login)
}

const requireLogin = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  isOpen: boolean
): Effect.Effect<void, GuardFailure> => {
  const enter = (decision: Guards.Entry): Effect.Effect<void, GuardFailure> =>
    decision._tag === "Allowed" ? Effect.void : Effect.fail(failureOf(app.login, decision, cell.head))
  const decision = Guards.denyByDefault(app.login, cell.head, isOpen, cell.request.user)
  return decision._tag === "UserNeeded"
    ? Effect.flatMap(getUnverifiedUser(app, cell), () =>
        enter(Guards.loginRequired(app.login, cell.head, cell.request.user ?? anonymous))
      )
    : enter(decision)
}
