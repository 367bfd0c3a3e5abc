/** Guards of a request: some end the request for users without access, others only return a decision. */
import * as Effect from "effect/Effect"
import { anonymous } from "../../../core/auth/state/request-state.ts"
import { asksForJson } from "../../../core/http/request/accept.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { header } from "../../../core/http/request/request-head.ts"
import type { Refusal } from "../../../core/pages/guards.ts"
import * as Guards from "../../../core/pages/guards.ts"
import {
  type BadRequest as BadRequestDecision,
  type LoginRedirectSettings,
  type Redirect,
  toLogin
} from "../../../core/pages/login-redirect.ts"
import * as LoginRecord from "../../../core/session/lifetime/login-record.ts"
import { isClosed } from "../../../core/session/value/session.ts"
import { BadRequest, Forbidden, LoginRequired, ProofRequired } from "../../errors/errors.ts"
import { disallowedHost } from "../form/host-advice.ts"
import { getUser } from "../login/operations.ts"
import type { GuardFailure } from "../scope/guard-record.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { hasPerms } from "./permission-checks.ts"

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

/** The guards of a request. */
export interface RequestGuards<User> {
  /**
   * The logged-in user. For anonymous visitors it fails with `LoginRequired`, which ends the request: the adapter
   * answers with a redirect to the login page, or with 401 and JSON if the request's `Accept` names JSON and not HTML.
   * After it has failed, no response with a status below 300 is sent, even if the handler does not await it or catches
   * the error.
   */
  readonly requireUser: Effect.Effect<User, GuardFailure>
  /**
   * The logged-in user, who has logged in, or has proved again who they are, less than `seconds` ago. Otherwise it
   * fails with `LoginRequired`, as `requireUser`: anonymous visitors are redirected to the login page, others to the
   * page that asks for the password, which returns here. Clients that ask for JSON get 403 with
   * `{ "error": "recent login required", "location": … }`, the page that asks for the password. Dies without the option
   * `reauthentication`.
   */
  readonly requireRecentLogin: (seconds: number) => Effect.Effect<User, GuardFailure>
  /**
   * The logged-in user, who has all of these permissions. Otherwise it fails, which ends the request: with `Forbidden`
   * (403) for other users, and as `requireUser` for anonymous visitors. If only a part of the page depends on a
   * permission, use `hasPerm`.
   */
  readonly requirePermission: (
    permission: string | ReadonlyArray<string>,
    ...more: ReadonlyArray<string>
  ) => Effect.Effect<User, GuardFailure>
  /**
   * The logged-in user, if `test` returns `true` for them. Otherwise it fails as `requirePermission` does. If `test`
   * returns anything but a boolean, for example a promise, it fails with a `TypeError`.
   */
  readonly requireUserWhere: (test: (user: User) => boolean) => Effect.Effect<User, GuardFailure>
  /**
   * Returns a decision: `Allowed` with the user, or a redirect to the login page. The handler must act on it. Use it if
   * the handler sends its own answer to anonymous visitors; otherwise use `requireUser`. If the handler does not read
   * the decision's `_tag`, a response with a status below 300 is replaced by the redirect.
   */
  readonly loginRequired: Effect.Effect<LoginDecision<User>, GuardFailure>
  /** Returns a decision: `Allowed` if `test` returns `true`. For anonymous visitors `test` gets `undefined`. */
  readonly userPassesTest: (
    test: (user: User | undefined) => boolean
  ) => Effect.Effect<LoginDecision<User | undefined>, GuardFailure>
  /**
   * Returns a decision: `Allowed` if the user has all of these permissions.
   *
   * @param refusal the decision for others: the login page (`"Login"`, the default, as Django's decorator), 403
   * (`"Forbid"`), or the login page for anonymous users only (`"LoginOrForbid"`)
   */
  readonly permissionRequired: (
    permissions: string | ReadonlyArray<string>,
    refusal?: Refusal
  ) => Effect.Effect<PermissionDecision<User | undefined>, GuardFailure>
}

/** A page that guards protect. */
export interface GuardedPage<User extends object> {
  readonly services: AuthServices<User>
  readonly scope: RequestScope<User>
  /** The request to whose URL the login page redirects back. */
  readonly head: RequestHead
}

/** See {@link RequestGuards.requireUser}. */
export const requireUser = <User extends object>(page: GuardedPage<User>): Effect.Effect<User, GuardFailure> =>
  guarding(page, () => required(page, "requireUser"))

/** See {@link RequestGuards.requireRecentLogin}. */
export const requireRecentLogin = <User extends object>(
  page: GuardedPage<User>,
  seconds: unknown
): Effect.Effect<User, GuardFailure> =>
  guarding(page, () => {
    const { head, scope, services } = page
    const { login, reauthenticationUrl } = services
    if (reauthenticationUrl === undefined)
      throw new Error("requireRecentLogin: logins are not recorded; write reauthentication: {} in createAuth")
    if (typeof seconds !== "number" || !(seconds > 0))
      throw new TypeError("requireRecentLogin takes a number of seconds above 0")
    return Effect.flatMap(required(page, "requireRecentLogin"), (user): Effect.Effect<User, GuardFailure> => {
      const isRecent = LoginRecord.isRecent(
        LoginRecord.recordIn(scope.session.data),
        seconds,
        services.clockAndRandom.now()
      )
      const decision = Guards.recentLogin(login, reauthenticationUrl, head, scope.request.user ?? anonymous, isRecent)
      return decision._tag === "Allowed" ? Effect.succeed(user) : Effect.fail(failureOf(login, decision, head, true))
    })
  })

/** See {@link RequestGuards.requirePermission}. */
export const requirePermission = <User extends object>(
  page: GuardedPage<User>,
  permissions: ReadonlyArray<unknown>
): Effect.Effect<User, GuardFailure> =>
  guarding(page, () => {
    const wanted = permissionNames(permissions)
    return Effect.flatMap(required(page, "requirePermission"), (user) =>
      Effect.flatMap(hasPerms(page.services, page.scope, wanted, undefined), (permitted) => passing(user, permitted))
    )
  })

/** See {@link RequestGuards.requireUserWhere}. */
export const requireUserWhere = <User extends object>(
  page: GuardedPage<User>,
  test: (user: User) => boolean
): Effect.Effect<User, GuardFailure> =>
  guarding(page, () =>
    Effect.flatMap(required(page, "requireUserWhere"), (user) =>
      passing(user, verdictOf("requireUserWhere", test(user)))
    )
  )

/** See {@link RequestGuards.loginRequired}. */
export const loginRequired = <User extends object>(
  page: GuardedPage<User>
): Effect.Effect<LoginDecision<User>, GuardFailure> =>
  guarding(page, () =>
    Effect.map(
      getUser(page.services, page.scope, "loginRequired"),
      (user): LoginDecision<User> => (user === undefined ? refused(page, toLoginPage(page)) : letIn(user))
    )
  )

/** See {@link RequestGuards.userPassesTest}. */
export const userPassesTest = <User extends object>(
  page: GuardedPage<User>,
  test: (user: User | undefined) => boolean
): Effect.Effect<LoginDecision<User | undefined>, GuardFailure> =>
  guarding(page, () =>
    Effect.map(
      getUser(page.services, page.scope, "userPassesTest"),
      (user): LoginDecision<User | undefined> =>
        verdictOf("userPassesTest", test(user)) ? letIn(user) : refused(page, toLoginPage(page))
    )
  )

/** See {@link RequestGuards.permissionRequired}. */
export const permissionRequired = <User extends object>(
  page: GuardedPage<User>,
  permissions: string | ReadonlyArray<string>,
  refusal: Refusal = "Login"
): Effect.Effect<PermissionDecision<User | undefined>, GuardFailure> => {
  const { head, scope, services } = page
  const wanted = typeof permissions === "string" ? [permissions] : permissions
  return guarding(page, () =>
    Effect.map(hasPerms(services, scope, wanted, undefined), (permitted): PermissionDecision<User | undefined> => {
      const current = scope.request.user ?? anonymous
      const decision = proofRequired(
        scope,
        Guards.permissionRequired(services.login, head, current, permitted, refusal)
      )
      if (decision._tag !== "Allowed") return refused(page, decision)
      return letIn(current._tag === "Authenticated" ? current.user : undefined)
    })
  )
}

/**
 * Runs a guard and records its decision. After the head was sent the adapter cannot answer anything else. What a
 * handler that ignores the guard writes next must not be sent, so the connection is ended.
 */
const guarding = <User extends object, A>(
  { scope }: GuardedPage<User>,
  guard: () => Effect.Effect<A, GuardFailure>
): Effect.Effect<A, GuardFailure> =>
  Effect.suspend(() => {
    const isLate = scope.isHeadDue
    return Effect.onError(scope.guards.run(Effect.suspend(guard)), () =>
      Effect.sync(() => {
        if (isLate) scope.response?.breakOff?.()
      })
    )
  })

const toLoginPage = <User extends object>({ head, scope, services }: GuardedPage<User>) =>
  proofRequired(scope, toLogin(services.login, head))

/** The decision, with the reason if the session is closed to this request because its device is not proven. */
export const proofRequired = <User, D extends Guards.Decision>(
  { session }: RequestScope<User>,
  decision: D
): D | Redirect =>
  decision._tag === "Redirect" && session.verdict === "Unproven" && isClosed(session)
    ? { _tag: decision._tag, location: decision.location, reason: "ProofRequired" }
    : decision

/** Records a refusal that the handler must read. Ends the connection if the head was already sent. */
const refused = <User extends object, D extends Refusing>(
  { head, scope, services }: GuardedPage<User>,
  decision: D
): D => {
  if (scope.isHeadDue) scope.response?.breakOff?.()
  return scope.guards.toBeRead(decision, failureOf(services.login, decision, head))
}

const required = <User extends object>(page: GuardedPage<User>, operation: string): Effect.Effect<User, GuardFailure> =>
  Effect.flatMap(
    getUser(page.services, page.scope, operation),
    (user): Effect.Effect<User, GuardFailure> =>
      user === undefined
        ? Effect.fail(failureOf(page.services.login, toLoginPage(page), page.head))
        : Effect.succeed(user)
  )

type Refusing = Exclude<Guards.Decision, { readonly _tag: "Allowed" }>

const letIn = <User>(user: User): LetIn<User> => ({ _tag: "Allowed", user })

const passing = <User>(user: User, passes: boolean): Effect.Effect<User, Forbidden> =>
  passes ? Effect.succeed(user) : Effect.fail(new Forbidden())

/** The error that adapters answer for a refusal. */
export const failureOf = (
  settings: LoginRedirectSettings,
  decision: Refusing,
  head: RequestHead,
  isReauthentication = false
): LoginRequired | ProofRequired | Forbidden | BadRequest => {
  switch (decision._tag) {
    case "Redirect":
      return decision.reason === "ProofRequired"
        ? new ProofRequired({ location: decision.location, asksForJson: asksForJson(head) || isOfScript(head) })
        : new LoginRequired({
            location: decision.location,
            asksForJson: asksForJson(head),
            ...(isReauthentication ? { isReauthentication } : {})
          })
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

/** Whether a script of a page sent the request. Browsers say so; other clients send no such header. */
const isOfScript = (head: RequestHead): boolean => {
  const mode = header(head, "sec-fetch-mode")
  return mode !== undefined && mode !== "navigate"
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
