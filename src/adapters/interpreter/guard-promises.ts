import * as Effect from "effect/Effect"
import type { AuthContext } from "./context.ts"
import type { RequestGuards } from "./guards.ts"
import type { SessionFields } from "./session-access.ts"

/** The guards of a request, or of a page of an {@link AuthReader}. */
export type PageGuards<User extends object> = Pick<
  AuthContext<User, SessionFields>,
  "requireUser" | "requirePermission" | "requireUserWhere" | "loginRequired" | "userPassesTest" | "permissionRequired"
>

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
