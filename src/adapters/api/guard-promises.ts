import * as Effect from "effect/Effect"
import type { Refusal } from "../../core/pages/guards.ts"
import type { LoginDecision, PermissionDecision, RequestGuards } from "../request/request-guards.ts"

/** The guards of a request, or of a page of an `AuthReader`. */
export interface PageGuards<User extends object> {
  /**
   * The logged-in user. For anonymous visitors it rejects, which ends the request: the adapter answers with a redirect
   * to the login page, or with 401 and JSON if the request's `Accept` names JSON and not HTML. After it has rejected,
   * no response with a status below 300 is sent, even if the handler does not await it or catches the error.
   */
  readonly requireUser: () => Promise<User>
  /**
   * The logged-in user, who has all of these permissions. Otherwise it rejects, which ends the request: with 403 for
   * other users, and as `requireUser` for anonymous visitors. If only a part of the page depends on a permission, use
   * `hasPerm`.
   */
  readonly requirePermission: (
    permission: string | ReadonlyArray<string>,
    ...more: ReadonlyArray<string>
  ) => Promise<User>
  /**
   * The logged-in user, if `test` returns `true` for them. Otherwise it rejects as `requirePermission` does. If `test`
   * returns anything but a boolean, for example a promise, it rejects with a `TypeError`.
   */
  readonly requireUserWhere: (test: (user: User) => boolean) => Promise<User>
  /**
   * Returns a decision: `Allowed` with the user, or a redirect to the login page. The handler must act on it. Use it if
   * the handler sends its own answer to anonymous visitors; otherwise use `requireUser`. If the handler does not read
   * the decision's `_tag`, a response with a status below 300 is replaced by the redirect.
   */
  readonly loginRequired: () => Promise<LoginDecision<User>>
  /** Returns a decision: `Allowed` if `test` returns `true`. For anonymous visitors `test` gets `undefined`. */
  readonly userPassesTest: (test: (user: User | undefined) => boolean) => Promise<LoginDecision<User | undefined>>
  /**
   * Returns a decision: `Allowed` if the user has all of these permissions.
   *
   * @param refusal the decision for others: the login page (`"Login"`, as Django's decorator), 403 (`"Forbid"`), or the
   * login page for anonymous users only (`"LoginOrForbid"`)
   */
  readonly permissionRequired: (
    permissions: string | ReadonlyArray<string>,
    refusal?: Refusal
  ) => Promise<PermissionDecision<User | undefined>>
}

/** {@link RequestGuards}, as Promises. */
export const promisedGuards = <User extends object>(guards: RequestGuards<User>): PageGuards<User> => ({
  requireUser: () => run(guards.requireUser),
  requirePermission: (permission, ...more) => run(guards.requirePermission(permission, ...more)),
  requireUserWhere: (test) => run(guards.requireUserWhere(test)),
  loginRequired: () => run(guards.loginRequired),
  userPassesTest: (test) => run(guards.userPassesTest(test)),
  permissionRequired: (permissions, refusal) => run(guards.permissionRequired(permissions, refusal))
})

/** If the handler does not await the guard, its rejection must not end the process. The response still reports it. */
const run = <A, E>(guard: Effect.Effect<A, E>): Promise<A> => {
  const asked = Effect.runPromise(guard)
  asked.catch(() => {})
  return asked
}
