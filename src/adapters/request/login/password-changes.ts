/** Changes of a user's password within a request. */
import * as Effect from "effect/Effect"
import type { KnownUser } from "../../../core/effect.ts"
import { type AccountFailure, type Accounts, accounts } from "../../account/accounts.ts"
import type { OfBackend } from "../../account/user-stores.ts"
import type { CsrfFailed } from "../../errors/errors.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { cookieOf } from "../throttle/throttle-settings.ts"
import { attemptsIn } from "./counted-attempts.ts"
import { passwordsFor } from "./limited-passwords.ts"
import { backendOf, isNobody, provenBy, userMissing } from "./principals.ts"

/** Whether this is the user's password. */
export const checkPassword = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  password: string
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  scope.verified(
    "checkPassword",
    Effect.suspend((): Effect.Effect<boolean, AccountFailure> => {
      if (isNobody(user)) return Effect.fail(userMissing("checkPassword"))
      return accountsIn(services, scope).checkPassword(user, password, { backend: backendOf(services, scope, user) })
    })
  )

/** Changes a user's password. Later operations of this request use the new password for the session auth hash. */
export const setPassword = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  password: string
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  writePassword(services, scope, "setPassword", user, (own, of) => own.setPassword(user, password, of))

/** {@link setPassword}, if the old password is the present one. Then the user has proved who they are. */
export const changePassword = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  oldPassword: string,
  newPassword: string
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  writePassword(services, scope, "changePassword", user, (own, of) =>
    own.changePassword(user, oldPassword, newPassword, of)
  ).pipe(
    Effect.tap((isChanged) =>
      Effect.sync(() => {
        if (isChanged) scope.passwordProved.add(user)
      })
    )
  )

/** {@link setPassword}, by the token of a link. */
export const resetPassword = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  token: string,
  password: string
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  writePassword(services, scope, "resetPassword", user, (own, of) => own.resetPassword(user, token, password, of))

/** @param write returns the new encoded password, or `undefined` if none was written */
const writePassword = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  operation: string,
  user: User,
  write: (own: Accounts<User>, of: OfBackend) => Effect.Effect<string | undefined, AccountFailure>
): Effect.Effect<boolean, AccountFailure | CsrfFailed> =>
  scope
    .verified(
      operation,
      isNobody(user)
        ? Effect.fail(userMissing(operation))
        : Effect.suspend(() => write(accountsIn(services, scope), { backend: backendOf(services, scope, user) }))
    )
    .pipe(
      Effect.map((encoded) => {
        const name = backendOf(services, scope, user)
        const backend = name === undefined ? undefined : services.backends.get(name)
        if (encoded === undefined || name === undefined || backend === undefined) return encoded !== undefined
        const known = { id: backend.idOf(user), user, password: encoded }
        scope.passwordChanged.set(user, provenBy(services, name, known))
        keepDeviceKnown(services, scope, known)
        return true
      })
    )

/** The operations on stored users, with the client of this request. */
const accountsIn = <User extends object>(services: AuthServices<User>, scope: RequestScope<User>): Accounts<User> =>
  accounts({
    ...services,
    passwords: passwordsFor(services, scope.head),
    countAttempt: attemptsIn(services, scope)
  })

/** The cookie of a known device ends with the password: a browser that has proven the old one gets another cookie. */
const keepDeviceKnown = <User extends object>(
  { clockAndRandom, throttle }: AuthServices<User>,
  scope: RequestScope<User>,
  { id, password, user }: KnownUser<User>
): void => {
  const current = scope.request.user
  // The application may pass another object for the user who is logged in.
  const proven = current?._tag === "Authenticated" && current.principal.id === id ? current.user : user
  const device = scope.provenDevices.get(proven)
  if (throttle === undefined || device === undefined) return
  const renewed = { ...device, encoded: password }
  scope.provenDevices.set(proven, renewed)
  if (scope.deviceCookie !== undefined) scope.deviceCookie = cookieOf(throttle, renewed, clockAndRandom.now())
}
