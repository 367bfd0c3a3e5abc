/** The URL that the client is redirected to after a login or logout. */
import * as Effect from "effect/Effect"
import type { Redirect } from "../../core/pages/login-redirect.ts"
import * as NextUrl from "../../core/pages/next-url.ts"
import { BadRequest } from "../ports/errors.ts"
import { type Form, formField } from "./form.ts"
import { disallowedHost } from "./host-advice.ts"
import type { Cell } from "./request-scope.ts"
import type { App } from "./services.ts"

/**
 * The URL in the field `next` of the form, else of the request's URL, escaped as in a Location header. `undefined` if
 * there is none, or if it is not safe.
 */
export const nextUrl = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  form: Form | undefined
): Effect.Effect<string | undefined, BadRequest> =>
  Effect.suspend(() => {
    const next = NextUrl.nextUrl(settingsOf(app, cell), cell.head, fieldOf(app, form))
    return next._tag === "Next" ? Effect.succeed(next.url) : refused(app, cell, next.reason)
  })

/** A redirect to {@link nextUrl} if there is one, else to `otherwise`. */
export const redirectToNext = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  otherwise: string,
  form: Form | undefined
): Effect.Effect<Redirect, BadRequest> =>
  Effect.suspend(() => {
    if (typeof otherwise !== "string")
      return Effect.fail(new BadRequest({ reason: "redirectToNext takes a URL as a string" }))
    const decision = NextUrl.redirectToNext(settingsOf(app, cell), cell.head, fieldOf(app, form), otherwise)
    return decision._tag === "Redirect" ? Effect.succeed(decision) : refused(app, cell, decision.reason)
  })

const settingsOf = <User extends object>(app: App<User>, cell: Cell<User>): NextUrl.NextSettings => ({
  ...app.next,
  followedInParts: cell.followedInParts
})

const fieldOf = <User extends object>(app: App<User>, form: Form | undefined): string | undefined =>
  form === undefined ? undefined : formField(form, app.next.nextField)

const refused = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  reason: "DisallowedHost" | "DisallowedRedirect"
): Effect.Effect<never, BadRequest> =>
  Effect.fail(reason === "DisallowedHost" ? disallowedHost(app.http, cell.head) : new BadRequest({ reason }))
