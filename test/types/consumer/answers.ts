/** An application's exports that return latchkey's results: each type either has a public name or needs none. */
import type { AuthContext, AuthRequest } from "latchkey"
import { type Account, auth, type Fields, pg } from "./auth.ts"

type Context = AuthContext<Account, Fields>

export const decisions = (context: Context) => ({
  members: context.loginRequired(),
  editors: context.permissionRequired("blog.edit_post", "LoginOrForbid"),
  paying: context.userPassesTest((user) => user?.plan === "paid"),
  next: context.redirectToNext("/"),
  nextUrl: context.nextUrl
})
export const guards = (context: Context) => ({
  users: context.requireUser(),
  editors: context.requirePermission("blog.edit_post", "blog.add_post"),
  paying: context.requireUserWhere((user) => user.plan === "paid")
})
export const permissions = (context: Context) => ({
  has: context.hasPerm("blog.edit_post"),
  own: context.getUserPermissions(),
  all: context.getPerms(),
  shown: context.templateValues()
})
export const session = ({ session: access }: Context) => ({ access, get: access.get("cart"), raw: access.raw.all() })
export const operations = ({ authenticate, login, verifyCsrf }: Context) => ({ authenticate, login, verifyCsrf })

export const accounts = {
  createUser: auth.createUser,
  checkPassword: auth.checkPassword,
  withPerm: auth.withPerm,
  subscribe: auth.on,
  effects: auth.accounts
}
export const adapters = { open: auth.open, reader: auth.reader }
export const answered = (request: AuthRequest<Account, Fields>) => request.respond(200)
export const stores = { sessions: pg.sessions, users: pg.users, capabilities: pg.sessions.capabilities }
