/**
 * The properties `auth` and `session` of a context. Defining them queries nothing; only reading them does.
 *
 * The accessors are the same functions for all requests. With new functions per request, V8 would make a new hidden
 * class for every context, and that keeps the whole request in memory until the next full garbage collection.
 */
import type { AuthContext } from "../../api/promises.ts"
import type { SessionFields } from "../../request/session-access.ts"

/** The property of `ctx.state` that names the application whose authentication is on the context. */
const applicationOf = Symbol("latchkey application")

/** Puts `auth` and `session` on the context. An application may overwrite them. */
export const defineAuthProperties = <User extends object, Fields extends SessionFields>(
  ctx: { readonly state: object },
  application: object,
  auth: AuthContext<User, Fields>
): void => {
  Object.defineProperty(ctx, "auth", { configurable: true, enumerable: true, writable: true, value: auth })
  Object.defineProperty(ctx, "session", session)
  Object.defineProperty(ctx.state, applicationOf, { configurable: true, value: application })
}

/**
 * Whether this application's `auth` is already there. Opening a request twice would undo the changes of the first
 * opening.
 */
export const hasAuthProperties = (ctx: { readonly state: object }, application: object): boolean =>
  Reflect.get(ctx.state, applicationOf) === application

/** A setter that replaces the accessor by the value that is set. */
const own = (name: string) =>
  function (this: object, value: unknown): void {
    Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value })
  }

const session: PropertyDescriptor = {
  configurable: true,
  get: function (this: { readonly auth: { readonly session: unknown } }): unknown {
    return this.auth.session
  },
  set: own("session")
}
