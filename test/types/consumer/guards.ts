/** Guards: how handlers use them, and the mistakes that the compiler finds. */
import type { AuthContext, RequestGuards } from "latchkey"
import { type Account, auth, type Fields } from "./auth.ts"

type Context = AuthContext<Account, Fields>

/** Guards that end the request return the user. */
export const stopping = async ({ requirePermission, requireUser, requireUserWhere }: Context) => {
  const user: Account = await requireUser()
  const editor: Account = await requirePermission("blog.edit_post")
  const both: Account = await requirePermission("blog.edit_post", "blog.add_post")
  const listed: Account = await requirePermission(["blog.edit_post", "blog.add_post"])
  const paying: Account = await requireUserWhere(({ plan }) => plan === "paid")
  return [user, editor, both, listed, paying]
}

export const mistakes = async (context: Context): Promise<void> => {
  // @ts-expect-error a promise is always truthy: it must be awaited
  if (context.requireUser()) return
  // @ts-expect-error the user must be awaited first
  context.requireUser().plan
  // @ts-expect-error a permission is required
  await context.requirePermission()
  // @ts-expect-error a permission may not be undefined
  await context.requirePermission(process.env["PERMISSION"])
  // @ts-expect-error an async test returns a promise, which is always truthy
  await context.requireUserWhere(async ({ plan }) => plan === "paid")
  // @ts-expect-error a test returns a boolean
  await context.requireUserWhere(({ plan }) => plan)
  // @ts-expect-error an async test returns a promise, which is always truthy
  await context.userPassesTest(async () => true)
}

/** Guards that only return a decision: its type gives access to the user after the handler has checked it. */
export const deciding = async ({ loginRequired, permissionRequired }: Context): Promise<unknown> => {
  // @ts-expect-error a promise is always truthy
  if (loginRequired()) return "anybody"
  const decision = await loginRequired()
  // @ts-expect-error the visitor may be anonymous
  const early = decision.user
  // @ts-expect-error a decision is not a user
  const user: Account = decision
  if (decision._tag !== "Allowed") return decision._tag
  const member: Account = decision.user
  const permitted = await permissionRequired("blog.edit_post")
  // @ts-expect-error a backend may grant a permission to anonymous visitors
  if (permitted._tag === "Allowed") return permitted.user.plan
  // @ts-expect-error there are no other decisions
  if (permitted._tag === "Denied") return undefined
  return [early, user, member.plan]
}

/** The same with Effect. */
export const effects = ({ requirePermission, requireUser }: RequestGuards<Account>) => ({
  requireUser,
  editor: requirePermission("blog.edit_post"),
  // @ts-expect-error a permission is required
  nothing: requirePermission()
})

/** A page that cannot write has the same guards. */
export const reading = auth.reader
