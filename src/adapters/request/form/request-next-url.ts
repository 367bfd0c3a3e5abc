/** The URL that the client is redirected to after a login or logout. */
import * as Effect from "effect/Effect"
import type { Redirect } from "../../../core/pages/login-redirect.ts"
import * as NextUrl from "../../../core/pages/next-url.ts"
import { BadRequest } from "../../errors/errors.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { type Form, formField } from "./form.ts"
import { disallowedHost } from "./host-advice.ts"

/**
 * The URL in the field `next` of the form, else of the request's URL, escaped as in a Location header. `undefined` if
 * there is none, or if it is not safe.
 */
export const nextUrl = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  form: Form | undefined
): Effect.Effect<string | undefined, BadRequest> =>
  Effect.suspend(() => {
    const next = NextUrl.nextUrl(settingsOf(services, scope), scope.head, fieldOf(services, form))
    return next._tag === "Next" ? Effect.succeed(next.url) : refused(services, scope, next.reason)
  })

/** A redirect to {@link nextUrl} if there is one, else to `otherwise`. */
export const redirectToNext = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  otherwise: string,
  form: Form | undefined
): Effect.Effect<Redirect, BadRequest> =>
  Effect.suspend(() => {
    if (typeof otherwise !== "string")
      return Effect.fail(new BadRequest({ reason: "redirectToNext takes a URL as a string" }))
    const decision = NextUrl.redirectToNext(settingsOf(services, scope), scope.head, fieldOf(services, form), otherwise)
    return decision._tag === "Redirect" ? Effect.succeed(decision) : refused(services, scope, decision.reason)
  })

const settingsOf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): NextUrl.NextSettings => ({
  ...services.next,
  hasClientRouter: scope.hasClientRouter
})

const fieldOf = <User extends object>(services: AuthServices<User>, form: Form | undefined): string | undefined =>
  form === undefined ? undefined : formField(form, services.next.nextField)

const refused = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  reason: "DisallowedHost" | "DisallowedRedirect"
): Effect.Effect<never, BadRequest> =>
  Effect.fail(reason === "DisallowedHost" ? disallowedHost(services.http, scope.head) : new BadRequest({ reason }))
