/**
 * What a request's context shows of its authentication. Nothing of it asks anybody before it is read.
 *
 * The accessors are the same functions for all requests: one of its own would give every context a hidden class of its
 * own, which keeps the whole request in memory until the next full collection.
 */
import type { AuthContext } from "../../interpreter/context.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"

/** Where a state keeps whose authentication that is. */
const applicationOf = Symbol("latchkey application")

/** Puts `auth` and `session` on the context. An application may put something else there. */
export const expose = <User extends object, Fields extends SessionFields>(
  ctx: { readonly state: object },
  application: object,
  auth: AuthContext<User, Fields>
): void => {
  Object.defineProperty(ctx, "auth", { configurable: true, enumerable: true, writable: true, value: auth })
  Object.defineProperty(ctx, "session", session)
  Object.defineProperty(ctx.state, applicationOf, { configurable: true, value: application })
}

/** Whether this application's was put there already: a second opening of the request would undo what the first does. */
export const isExposed = (ctx: { readonly state: object }, application: object): boolean =>
  Reflect.get(ctx.state, applicationOf) === application

/** Makes the property what somebody sets it to. */
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
