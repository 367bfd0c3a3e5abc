/** Whether this request's user may see a page, as a decision that the handler carries out. */
import * as Effect from "effect/Effect"
import type { Decision, Entry, Refusal } from "../../core/auth/guards.ts"
import * as Guards from "../../core/auth/guards.ts"
import { anonymous } from "../../core/auth/request-state.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { BackendFailure } from "../backend/backend.ts"
import type { App } from "./app.ts"
import type { Cell } from "./cell.ts"
import { BadRequest, LoginRequired } from "./errors.ts"
import { getUser } from "./operations.ts"
import { requestPermissions } from "./permissions.ts"

export interface RequestGuards<User> {
  /** Anybody who is logged in; others are sent to the login page. */
  readonly loginRequired: Effect.Effect<Entry, BackendFailure>
  /** Whoever passes a test of one's own, which is asked about nobody too. */
  readonly userPassesTest: (test: (user: User | undefined) => boolean) => Effect.Effect<Entry, BackendFailure>
  /** Whoever has all of these permissions. @param refusal what becomes of the others; `"Login"` as Django's decorator */
  readonly permissionRequired: (
    permissions: string | ReadonlyArray<string>,
    refusal?: Refusal
  ) => Effect.Effect<Decision, BackendFailure>
}

/** @param head of the page that is guarded, which the login page sends back to */
export const requestGuards = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  head: RequestHead = cell.head
): RequestGuards<User> => ({
  loginRequired: Effect.map(getUser(app, cell), () =>
    Guards.loginRequired(app.login, head, cell.request.user ?? anonymous)
  ),
  userPassesTest: (test) =>
    Effect.map(getUser(app, cell), (user) => Guards.userPassesTest(app.login, head, verdictOf(test(user)))),
  permissionRequired: (permissions, refusal = "Login") =>
    Effect.map(
      requestPermissions(app, cell).hasPerms(typeof permissions === "string" ? [permissions] : permissions),
      (permitted) => Guards.permissionRequired(app.login, head, cell.request.user ?? anonymous, permitted, refusal)
    )
})

/** What such a decision is as a failure; `undefined`: there is nothing to fail of. */
export const refusalOf = (decision: Entry): LoginRequired | BadRequest | undefined => {
  switch (decision._tag) {
    case "Allowed":
      return undefined
    case "Redirect":
      return new LoginRequired({ location: decision.location })
    case "BadRequest":
      return new BadRequest({ reason: decision.reason })
    default:
      return decision satisfies never
  }
}

/** A promise would pass everybody. */
const verdictOf = (passes: unknown): boolean => {
  if (typeof passes === "boolean") return passes
  throw new TypeError("userPassesTest takes a function that answers true or false, at once")
}
