/** Logs in the user that a proxy names in a header, before the handler runs. */
import * as Effect from "effect/Effect"
import * as Logout from "../../core/auth/logout.ts"
import type { Current, Decision, RemoteUserHeader } from "../../core/auth/remote-user.ts"
import { decide } from "../../core/auth/remote-user.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import { RemoteUser } from "../backend/remote-user-backend.ts"
import type { BackendFailure } from "../ports/backend.ts"
import { BadRequest, type ChangeRefused, type CsrfFailed } from "../ports/errors.ts"
import { authenticate, getUnverifiedUser, login, logout } from "./operations.ts"
import type { Cell } from "./request-scope.ts"
import type { App } from "./services.ts"

/**
 * Logs the user of the header in, or the session's user out, as the header requires.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.auth.middleware.RemoteUserMiddleware
 */
export const logInRemoteUser = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  settings: RemoteUserHeader
): Effect.Effect<void, BackendFailure | CsrfFailed | BadRequest> =>
  // No handler has run yet, so the response cannot have been decided.
  Effect.catchTag(attempt(app, cell, settings), "HeadersAlreadySent", (error) => Effect.die(error))

const attempt = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  settings: RemoteUserHeader
): Effect.fn.Return<void, BackendFailure | ChangeRefused | BadRequest> {
  const decision = yield* decided(app, cell, settings)
  switch (decision._tag) {
    case "Keep":
      return
    case "Logout":
      return yield* logout(app, cell)
    case "Authenticate": {
      if (decision.logoutFirst) yield* logout(app, cell)
      const user = yield* authenticate(app, cell, new RemoteUser(decision.remoteUser))
      return user === undefined ? undefined : yield* login(app, cell, user, undefined)
    }
    default:
      return decision satisfies never
  }
})

/**
 * For requests that can only be read: if {@link logInRemoteUser} would log the session's user out, or log another user
 * in, the visitor is anonymous and the session is empty.
 */
export const doubtRemoteUser = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  settings: RemoteUserHeader
): Effect.Effect<void, BackendFailure | BadRequest> =>
  Effect.map(decided(app, cell, settings), (decision) => {
    if (decision._tag !== "Keep") cell.adopt(Logout.logout(cell.request, cell.session))
  })

const decided = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  { header, persistent }: RemoteUserHeader
): Effect.fn.Return<Decision, BackendFailure | BadRequest> {
  const [remoteUser, ...more] = valuesOf(cell.head, header)
  // A second header may come from the client or from another proxy. latchkey cannot know which one to trust.
  if (more.length > 0 || (cell.head.joinsHeaders && remoteUser?.includes(", ")))
    return yield* new BadRequest({ reason: `the header ${header} was sent more than once` })
  yield* getUnverifiedUser(app, cell)
  return decide({ persistent }, remoteUser, currentOf(app, cell, remoteUser))
})

/**
 * The session's user, compared with the header. If the session's backend is a remote-user backend, it cleans the name
 * first. A user of a store without a remote-user backend never matches.
 */
const currentOf = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  remoteUser: string | undefined
): Current | undefined => {
  const { user: current } = cell.request
  if (current?._tag !== "Authenticated") return undefined
  const own = app.backends.get(current.principal.backend)?.remote
  const { realms } = app.settings
  const realm = realms.get(current.principal.backend)
  const naming =
    own ?? Array.from(app.backends).find(([name, { remote }]) => remote && realms.get(name) === realm)?.[1].remote
  const cleaned = own === undefined || remoteUser === undefined ? remoteUser : own.cleanUsername(remoteUser)
  return { isRemote: own !== undefined, isNamed: cleaned !== undefined && cleaned === naming?.usernameOf(current.user) }
}

const valuesOf = (head: RequestHead, header: string): ReadonlyArray<string> => {
  const wanted = header.toLowerCase()
  return head.headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []))
}
