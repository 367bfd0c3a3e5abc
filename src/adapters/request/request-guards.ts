/** Guards of a request: some end the request for users without access, others only return a decision. */
import * as Effect from "effect/Effect"
import { anonymous } from "../../core/auth/request-state.ts"
import { asksForJson } from "../../core/http/accept.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { Refusal } from "../../core/pages/guards.ts"
import * as Guards from "../../core/pages/guards.ts"
import {
  type BadRequest as BadRequestDecision,
  type LoginRedirectSettings,
  type Redirect,
  toLogin
} from "../../core/pages/login-redirect.ts"
import { BadRequest, Forbidden, LoginRequired } from "../ports/errors.ts"
import type { GuardFailure } from "./guard-record.ts"
import { disallowedHost } from "./host-advice.ts"
import { getUser } from "./operations.ts"
import { requestPermissions } from "./permission-checks.ts"
import type { RequestScope } from "./request-scope.ts"
import type { AuthServices } from "./services.ts"

/** Access is allowed. `user` is `undefined` for an anonymous visitor that the test or a backend allows. */
export interface LetIn<User> {
  readonly _tag: "Allowed"
  /** The user. */
  readonly user: User
}

/** The decision of a guard that requires a login or a test. */
export type LoginDecision<User> = LetIn<User> | Redirect | BadRequestDecision

/** The decision of a guard that requires permissions. */
export type PermissionDecision<User> = LoginDecision<User> | { readonly _tag: "Forbidden" }

/** The guards of a request, as Effects. */
export interface RequestGuards<User> {
  /** The logged-in user. Fails with `LoginRequired` for anonymous visitors. */
  readonly requireUser: Effect.Effect<User, GuardFailure>
  /**
   * The logged-in user, who has all of these permissions. Fails with `Forbidden` for other users, else as
   * `requireUser`.
   */
  readonly requirePermission: (
    permission: string | ReadonlyArray<string>,
    ...more: ReadonlyArray<string>
  ) => Effect.Effect<User, GuardFailure>
  /** The logged-in user, if `test` returns `true`. Fails with `Forbidden` for other users, else as `requireUser`. */
  readonly requireUserWhere: (test: (user: User) => boolean) => Effect.Effect<User, GuardFailure>
  /** Allows logged-in users. For anonymous visitors the decision is a redirect to the login page. */
  readonly loginRequired: Effect.Effect<LoginDecision<User>, GuardFailure>
  /** Allows a user if `test` returns `true`. For an anonymous visitor, `test` gets `undefined`. */
  readonly userPassesTest: (
    test: (user: User | undefined) => boolean
  ) => Effect.Effect<LoginDecision<User | undefined>, GuardFailure>
  /**
   * Allows users who have all of these permissions.
   * @param refusal the decision for others; default `"Login"`, as in Django
   */
  readonly permissionRequired: (
    permissions: string | ReadonlyArray<string>,
    refusal?: Refusal
  ) => Effect.Effect<PermissionDecision<User | undefined>, GuardFailure>
}

/** @param head the request whose URL the login page redirects back to; by default the current request */
export const requestGuards = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  head: RequestHead = scope.head
): RequestGuards<User> => {
  const guarding = <A>(guard: () => Effect.Effect<A, GuardFailure>): Effect.Effect<A, GuardFailure> =>
    Effect.suspend(() => {
      // After the head was sent the adapter cannot answer anything else. What a handler that ignores the guard writes
      // next must not be sent, so the connection is ended.
      const isLate = scope.isHeadDue
      return Effect.onError(scope.guards.run(Effect.suspend(guard)), () =>
        Effect.sync(() => {
          if (isLate) scope.response?.breakOff?.()
        })
      )
    })
  const toLoginPage = () => toLogin(services.login, head)
  /** Records a refusal that the handler must read. Ends the connection if the head was already sent. */
  const refused = <D extends Refusing>(decision: D): D => {
    if (scope.isHeadDue) scope.response?.breakOff?.()
    return scope.guards.toBeRead(decision, failureOf(services.login, decision, head))
  }
  const required = (operation: string): Effect.Effect<User, GuardFailure> =>
    Effect.flatMap(
      getUser(services, scope, operation),
      (user): Effect.Effect<User, GuardFailure> =>
        user === undefined ? Effect.fail(failureOf(services.login, toLoginPage(), head)) : Effect.succeed(user)
    )

  return {
    requireUser: guarding(() => required("requireUser")),
    requirePermission: (permission, ...more) =>
      guarding(() => {
        const wanted = permissionNames([permission, more].flat())
        return Effect.flatMap(required("requirePermission"), (user) =>
          Effect.flatMap(requestPermissions(services, scope).hasPerms(wanted), (permitted) => passing(user, permitted))
        )
      }),
    requireUserWhere: (test) =>
      guarding(() =>
        Effect.flatMap(required("requireUserWhere"), (user) => passing(user, verdictOf("requireUserWhere", test(user))))
      ),
    loginRequired: guarding(() =>
      Effect.map(
        getUser(services, scope, "loginRequired"),
        (user): LoginDecision<User> => (user === undefined ? refused(toLoginPage()) : letIn(user))
      )
    ),
    userPassesTest: (test) =>
      guarding(() =>
        Effect.map(
          getUser(services, scope, "userPassesTest"),
          (user): LoginDecision<User | undefined> =>
            verdictOf("userPassesTest", test(user)) ? letIn(user) : refused(toLoginPage())
        )
      ),
    permissionRequired: (permissions, refusal = "Login") =>
      guarding(() =>
        Effect.map(
          requestPermissions(services, scope).hasPerms(typeof permissions === "string" ? [permissions] : permissions),
          (permitted): PermissionDecision<User | undefined> => {
            const current = scope.request.user ?? anonymous
            const decision = Guards.permissionRequired(services.login, head, current, permitted, refusal)
            if (decision._tag !== "Allowed") return refused(decision)
            return letIn(current._tag === "Authenticated" ? current.user : undefined)
          }
        )
      )
  }
}

type Refusing = Exclude<Guards.Decision, { readonly _tag: "Allowed" }>

const letIn = <User>(user: User): LetIn<User> => ({ _tag: "Allowed", user })

const passing = <User>(user: User, passes: boolean): Effect.Effect<User, Forbidden> =>
  passes ? Effect.succeed(user) : Effect.fail(new Forbidden())

/** The error that adapters answer for a refusal. */
export const failureOf = (
  settings: LoginRedirectSettings,
  decision: Refusing,
  head: RequestHead
): LoginRequired | Forbidden | BadRequest => {
  switch (decision._tag) {
    case "Redirect":
      return new LoginRequired({ location: decision.location, asksForJson: asksForJson(head) })
    case "Forbidden":
      return new Forbidden()
    case "BadRequest":
      return decision.reason === "DisallowedHost"
        ? disallowedHost(settings.http, head)
        : new BadRequest({ reason: decision.reason })
    default:
      return decision satisfies never
  }
}

/** An async test returns a promise, which is always truthy: only a boolean is accepted. */
const verdictOf = (guard: string, passes: unknown): boolean => {
  if (typeof passes === "boolean") return passes
  throw new TypeError(`${guard} takes a function that returns true or false, not a promise or any other value`)
}

/**
 * Rejects an empty list, and names that are not texts (such as a misspelt constant): every user would pass the guard.
 */
const permissionNames = (names: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  if (names.length > 0 && names.every((name) => typeof name === "string" && name !== "")) return names.map(String)
  throw new TypeError('requirePermission takes the names of permissions, "<app_label>.<codename>", at least one')
}
