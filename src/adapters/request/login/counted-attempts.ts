/** Begins the attempts that the option `throttle` counts, in a request and outside one. */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import type { Principal } from "../../../core/auth/state/request-state.ts"
import type { StoreUnavailable } from "../../errors/errors.ts"
import type { AttemptSubject, CountAttempt, CountedAttempt } from "../../ports/counted-attempt.ts"
import type { PasswordAttempt, Passwords } from "../../ports/passwords.ts"
import { counted } from "../../telemetry/traced.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { type Attempting, beginAttempt, type ThrottledAttempt, takeRequest } from "../throttle/login-throttle.ts"
import { cookieOf, usernameIn } from "../throttle/throttle-settings.ts"
import { passwordsFor } from "./limited-passwords.ts"

/** The attempt of a login; `undefined` if the throttle is off. */
export const loginAttempt = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  credentials: Credentials
): Effect.Effect<ThrottledAttempt | undefined, StoreUnavailable> =>
  services.throttle === undefined
    ? Effect.undefined
    : begin(services, services.throttle, "authenticate", passwordsFor(services, scope.head), {
        ...clientOf(services, scope),
        username: usernameIn(services.throttle, credentials)
      })

/** The attempt of a user who is logged in, and proves again who they are. */
export const proofAttempt = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  user: User,
  { backend, id }: Principal
): Effect.Effect<CountedAttempt, StoreUnavailable> =>
  attemptsIn(services, scope)({ _tag: "User", user, userId: id, backend }, "authenticate")

/**
 * The attempts of a request. Those for the password of the user who is logged in are counted for this user, or for the
 * known device; others as logins. A success makes the browser of that user a known device.
 */
export const attemptsIn = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): CountAttempt => {
  const passwords = passwordsFor(services, scope.head)
  const { throttle } = services
  if (throttle === undefined) return () => Effect.succeed(uncounted(passwords))
  return (subject, operation) => {
    const current = scope.request.user
    const isLoggedIn =
      subject._tag === "User" &&
      current?._tag === "Authenticated" &&
      proofOf(services, subject) ===
        proofOf(services, { ...subject, userId: current.principal.id, backend: current.principal.backend })
    const attempting: Attempting = {
      ...clientOf(services, scope),
      username: subject._tag === "User" ? usernameIn(throttle, subject.user) : undefined,
      ...(isLoggedIn || subject._tag === "Link" ? { proof: proofOf(services, subject) } : {}),
      isLoggedIn
    }
    return Effect.map(begin(services, throttle, operation, passwords, attempting), (attempt) => ({
      ...attempt,
      succeeded: Effect.map(attempt.succeeded, (device) => {
        if (!isLoggedIn || device === undefined || current?._tag !== "Authenticated") return
        scope.provenDevices.set(current.user, device)
        scope.deviceCookie = cookieOf(throttle, device, services.clockAndRandom.now())
      })
    }))
  }
}

/** What attempts outside a request need of the application. */
type OutsideServices<User extends object> = Pick<
  AuthServices<User>,
  "backends" | "clockAndRandom" | "passwords" | "settings" | "telemetry" | "throttle"
>

/**
 * Attempts outside a request, where the client is not known: they are counted for the user, so that failed logins of
 * other clients do not make them wait.
 */
export const attemptsOutside = <User extends object>(services: OutsideServices<User>): CountAttempt => {
  const { passwords, throttle } = services
  if (throttle === undefined) return () => Effect.succeed(uncounted(passwords))
  return (subject, operation) =>
    Effect.map(
      begin(services, throttle, operation, passwords, {
        username: undefined,
        address: undefined,
        head: undefined,
        proof: proofOf(services, subject)
      }),
      (attempt) => ({ ...attempt, succeeded: Effect.asVoid(attempt.succeeded) })
    )
}

/**
 * Counts a request for a mail or an account.
 *
 * @returns whether it may be carried out
 */
export const allowRequestFor = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  email: string
): Effect.Effect<boolean, StoreUnavailable> => {
  const { clientAddress, clockAndRandom, throttle } = services
  if (throttle === undefined) return Effect.succeed(true)
  // A client may send any JSON value instead of a text.
  const text = typeof email === "string" ? email : ""
  return Effect.tap(
    Effect.suspend(() => takeRequest(throttle, clockAndRandom.now(), clientAddress(scope.head), text)),
    (isAllowed) => (isAllowed ? Effect.void : counted(services, "latchkey.throttled", { operation: "allowRequestFor" }))
  )
}

const begin = <User extends object>(
  services: OutsideServices<User>,
  throttle: NonNullable<AuthServices<User>["throttle"]>,
  operation: PasswordAttempt["operation"],
  passwords: Passwords,
  attempting: Attempting
): Effect.Effect<ThrottledAttempt, StoreUnavailable> =>
  beginAttempt(
    throttle,
    services.clockAndRandom,
    attempting,
    passwords,
    counted(services, "latchkey.throttled", { operation })
  )

const clientOf = <User extends object>(
  { clientAddress }: AuthServices<User>,
  { head }: RequestScope<User>
): Pick<Attempting, "address" | "head"> => ({ address: clientAddress(head), head })

/** Names the user or the link. Backends with the same users give one user one name. */
export const proofOf = <User extends object>(
  { backends, settings }: Pick<AuthServices<User>, "backends" | "settings">,
  subject: AttemptSubject
): string => {
  if (subject._tag === "Link") return `link ${subject.link}`
  const backend = subject.backend ?? [...backends].find(([, { users }]) => users !== undefined)?.[0] ?? ""
  return `user ${JSON.stringify([settings.realms.get(backend) ?? backend, subject.userId])}`
}

const uncounted = (passwords: Passwords): CountedAttempt => ({
  isRefused: false,
  passwords,
  succeeded: Effect.void,
  abandoned: Effect.void
})
