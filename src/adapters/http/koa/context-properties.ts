/**
 * The properties `auth` and `session` of a context. Setting them queries nothing; only using them does. They are
 * assigned, because `Object.defineProperty` takes about 0.1 µs for each property of each request.
 */
import type { AuthContext, PromisedSession } from "../../api/per-request/promises.ts"
import type { SessionFields } from "../../request/session/session-access.ts"

/** The property of a context that holds the application whose authentication is on it. */
const applicationOf = Symbol("latchkey.application")

interface Marked {
  [applicationOf]?: object
}

interface AuthProperties<User extends object, Fields extends SessionFields> {
  auth: AuthContext<User, Fields>
  session: PromisedSession<Fields>
}

/** Puts `auth` and `session` on the context. An application may overwrite them. */
export const putAuthProperties = <User extends object, Fields extends SessionFields>(
  ctx: AuthProperties<User, Fields>,
  application: object,
  auth: AuthContext<User, Fields>
): void => {
  const { session } = auth
  if ("auth" in ctx || "session" in ctx)
    // Another package may have put an accessor on the prototype, which an assignment would call.
    Object.defineProperties(ctx, { auth: { ...own, value: auth }, session: { ...own, value: session } })
  else put(ctx, auth, session)
  mark(ctx, application)
}

const mark = (ctx: object, application: object): void => {
  const marked: Marked = ctx
  marked[applicationOf] = application
}

const put = <User extends object, Fields extends SessionFields>(
  ctx: AuthProperties<User, Fields>,
  auth: AuthContext<User, Fields>,
  session: PromisedSession<Fields>
): void => {
  ctx.auth = auth
  ctx.session = session
}

const own = { configurable: true, enumerable: true, writable: true }

/**
 * Whether this application's `auth` is already there. Opening a request twice would undo the changes of the first
 * opening.
 */
export const hasAuthProperties = (ctx: object, application: object): boolean => applicationOn(ctx) === application

/** The application whose `auth` is on the context. */
export const applicationOn = (ctx: object): object | undefined => {
  const marked: Marked = ctx
  return marked[applicationOf]
}
