/**
 * What a request's context shows of its authentication. Nothing of it asks anybody before it is read.
 *
 * The accessors are the same functions for all requests: one of its own would give every context a hidden class of its
 * own, which keeps the whole request in memory until the next full collection.
 */
import type { AuthContext } from "../../interpreter/context.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"

/** Where a state keeps whom to ask for the user. */
const authOf = Symbol("latchkey")

/** Where a state keeps whose authentication that is. */
const applicationOf = Symbol("latchkey application")

/**
 * Puts `auth` and `session` on the context, and `user` on its state.
 *
 * `user` is left out when somebody copies the state (for a template, say) or prints it, which would ask the database;
 * and whoever wants to keep something else there may.
 */
export const expose = <User extends object, Fields extends SessionFields>(
  ctx: { readonly state: object },
  application: object,
  auth: AuthContext<User, Fields>
): void => {
  Object.defineProperty(ctx, "auth", { configurable: true, enumerable: true, writable: true, value: auth })
  Object.defineProperty(ctx, "session", session)
  Object.defineProperty(ctx.state, authOf, { configurable: true, value: auth })
  Object.defineProperty(ctx.state, applicationOf, { configurable: true, value: application })
  Object.defineProperty(ctx.state, "user", user)
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

const user: PropertyDescriptor = {
  configurable: true,
  get: function (this: { readonly [authOf]: { readonly getUser: () => Promise<unknown> } }): Promise<unknown> {
    const asked = this[authOf].getUser()
    // Whoever asks and does not wait for the answer must not end the process when there is none.
    asked.catch(() => {})
    return asked
  },
  set: own("user")
}
