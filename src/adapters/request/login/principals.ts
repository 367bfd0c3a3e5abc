/** The user objects that an application passes back: which backend has the user, and what a session holds of it. */
import * as Effect from "effect/Effect"
import * as GetUser from "../../../core/auth/request/get-user.ts"
import type { Authenticated } from "../../../core/auth/state/request-state.ts"
import type { KnownUser } from "../../../core/effect.ts"
import { BadRequest } from "../../errors/errors.ts"
import { type BackendFailure, toolsOf } from "../../ports/backend.ts"
import { storeCall } from "../../store-time/store-time.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"

/**
 * Whether a value is not a user object. JavaScript callers may pass the `undefined` that a failed `authenticate`
 * returned.
 */
export const isNobody = (user: unknown): boolean => typeof user !== "object" || user === null

export const userMissing = (operation: string): BadRequest =>
  new BadRequest({
    reason: `${operation} was called without a user; authenticate returns undefined for wrong credentials, so check its result first`
  })

export const authenticated = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  backend: string | undefined
): Effect.Effect<Authenticated<User>, BackendFailure> => {
  const known = scope.passwordChanged.get(user) ?? scope.authenticated.get(user)
  if (known !== undefined && (backend === undefined || backend === known.principal.backend))
    return Effect.succeed(known)
  const name = backend ?? backendOf(services, scope, user)
  return Effect.flatMap(reloaded(services, user, name), (who) =>
    who === undefined
      ? Effect.die(new Error(`the backend ${name} has no such user; pass a user that it returned`))
      : Effect.succeed(who)
  )
}

/** Loads the user from the backend again, because the password may have changed. */
export const reloaded = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  user: User,
  name: string | undefined
): Effect.fn.Return<Authenticated<User> | undefined, BackendFailure> {
  const backend = name === undefined ? undefined : services.backends.get(name)
  if (name === undefined || backend === undefined)
    return yield* Effect.die(
      new Error("several backends are configured: name the one that authenticated this user: login(user, { backend })")
    )
  const loading = backend.getUser(backend.idOf(user), toolsOf(services, name))
  const known = yield* storeCall(backend.users?.store, "load a user", loading)
  return known === undefined ? undefined : provenBy(services, name, known)
})

export const provenBy = <User extends object>(
  services: AuthServices<User>,
  backend: string,
  known: KnownUser<User>
): Authenticated<User> => {
  const { authHashes, id, user } = GetUser.userWithHashes(services.settings, backend, known)
  return { user, principal: { id, backend, authHash: authHashes[0] } }
}

/**
 * The backend of a user object: the one that authenticated it in this request, else the session's, else the only one.
 */
export const backendOf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User
): string | undefined => {
  const current = scope.request.user
  return (
    scope.authenticated.get(user)?.principal.backend ??
    (current?._tag === "Authenticated" && current.user === user ? current.principal.backend : undefined) ??
    (services.backends.size === 1 ? services.settings.backends[0] : undefined)
  )
}
