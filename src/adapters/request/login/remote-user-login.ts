/** Logs in the user that a proxy names in a header, before the handler runs. */
import * as Effect from "effect/Effect"
import * as Logout from "../../../core/auth/login/logout.ts"
import type { Current, Decision, RemoteUserHeader } from "../../../core/auth/login/remote-user.ts"
import { decide } from "../../../core/auth/login/remote-user.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { RemoteUser } from "../../backend/remote-user-backend.ts"
import { BadRequest, type ChangeRefused, type CsrfFailed } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import { keepingOutage } from "../scope/run-query.ts"
import type { AuthServices } from "../scope/services.ts"
import { authenticate, getUnverifiedUser, login, logout } from "./operations.ts"

/**
 * Logs the user of the header in, or the session's user out, as the header requires.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.auth.middleware.RemoteUserMiddleware
 */
export const logInRemoteUser = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  settings: RemoteUserHeader
): Effect.Effect<void, BackendFailure | CsrfFailed | BadRequest> =>
  // No handler has run yet, so the response cannot have been decided.
  Effect.catchTag(keepingOutage(scope, attempt(services, scope, settings)), "HeadersAlreadySent", (error) =>
    Effect.die(error)
  )

const attempt = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  settings: RemoteUserHeader
): Effect.fn.Return<void, BackendFailure | ChangeRefused | BadRequest> {
  const decision = yield* decided(services, scope, settings)
  switch (decision._tag) {
    case "Keep":
      return
    case "Logout":
      return yield* logout(services, scope)
    case "Authenticate": {
      if (decision.logoutFirst) yield* logout(services, scope)
      const user = yield* authenticate(services, scope, new RemoteUser(decision.remoteUser))
      return user === undefined ? undefined : yield* login(services, scope, user, undefined)
    }
    default:
      return decision satisfies never
  }
})

/**
 * For requests that can only be read: if {@link logInRemoteUser} would log the session's user out, or log another user
 * in, the visitor is anonymous and the session is empty.
 */
export const hideMismatchedUser = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  settings: RemoteUserHeader
): Effect.Effect<void, BackendFailure | BadRequest> =>
  Effect.map(decided(services, scope, settings), (decision) => {
    if (decision._tag !== "Keep") scope.adopt(Logout.logout(scope.request, scope.session))
  })

const decided = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  { header, persistent }: RemoteUserHeader
): Effect.fn.Return<Decision, BackendFailure | BadRequest> {
  const [remoteUser, ...more] = valuesOf(scope.head, header)
  // A second header may come from the client or from another proxy. latchkey cannot know which one to trust.
  if (more.length > 0 || (scope.head.joinsHeaders && remoteUser?.includes(", ")))
    return yield* new BadRequest({ reason: `the header ${header} was sent more than once` })
  yield* getUnverifiedUser(services, scope)
  return decide({ persistent }, remoteUser, currentOf(services, scope, remoteUser))
})

/**
 * The session's user, compared with the header. If the session's backend is a remote-user backend, it cleans the name
 * first. A user of a store without a remote-user backend never matches.
 */
const currentOf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  remoteUser: string | undefined
): Current | undefined => {
  const { user: current } = scope.request
  if (current?._tag !== "Authenticated") return undefined
  const own = services.backends.get(current.principal.backend)?.remote
  const { realms } = services.settings
  const realm = realms.get(current.principal.backend)
  const naming =
    own ?? Array.from(services.backends).find(([name, { remote }]) => remote && realms.get(name) === realm)?.[1].remote
  const cleaned = own === undefined || remoteUser === undefined ? remoteUser : own.cleanUsername(remoteUser)
  return { isRemote: own !== undefined, isNamed: cleaned !== undefined && cleaned === naming?.usernameOf(current.user) }
}

const valuesOf = (head: RequestHead, header: string): ReadonlyArray<string> => {
  const wanted = header.toLowerCase()
  return head.headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []))
}
