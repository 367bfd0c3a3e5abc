/** Whether a request comes to its handler at all. */
import * as Effect from "effect/Effect"
import * as Guards from "../../core/auth/guards.ts"
import { anonymous } from "../../core/auth/request-state.ts"
import type { App } from "./app.ts"
import type { BackendFailure } from "./backend.ts"
import type { Cell } from "./cell.ts"
import * as Csrf from "./csrf.ts"
import { BadRequest, type CsrfFailed, LoginRequired } from "./errors.ts"
import { getUser } from "./operations.ts"
import { logInRemoteUser } from "./remote-user.ts"

export interface RequestEntry extends Csrf.CsrfEntry {
  /** Whether only users may come in, asked after the CSRF check; `undefined`: everybody may. */
  readonly loginRequired: (() => boolean) | undefined
}

export type AdmitFailure = CsrfFailed | BackendFailure | LoginRequired | BadRequest

/**
 * Lets a request in, or fails.
 *
 * @returns `undefined` where that is decided without asking anybody
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
  const login = Effect.suspend(() => (loginRequired() ? requireLogin(app, cell) : Effect.void))
  return checked === undefined ? login : Effect.andThen(checked, login)
}

const requireLogin = <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.Effect<void, BackendFailure | LoginRequired | BadRequest> =>
  Effect.flatMap(getUser(app, cell), (): Effect.Effect<void, LoginRequired | BadRequest> => {
    const decision = Guards.loginRequired(app.login, cell.head, cell.request.user ?? anonymous)
    switch (decision._tag) {
      case "Allowed":
        return Effect.void
      case "Redirect":
        return Effect.fail(new LoginRequired({ location: decision.location }))
      case "BadRequest":
      case "Forbidden":
        return Effect.fail(new BadRequest({ reason: decision._tag === "BadRequest" ? decision.reason : "forbidden" }))
      default:
        return decision satisfies never
    }
  })
