/** Koa: what middleware finds on a context. */
import Koa, { type DefaultState } from "koa"
import { type KoaAuthContext, type KoaAuthMiddleware, koaAuth } from "latchkey/koa"
import { type Account, auth, type Fields } from "./auth.ts"

export const middleware = koaAuth(auth, { csrfExempt: (ctx) => ctx.path.startsWith("/hooks/") })
export const named: KoaAuthMiddleware<Account, Fields> = middleware

/** Whose context is declared at the start. */
export const declared = new Koa<DefaultState, KoaAuthContext<Account, Fields>>()
declared.use(middleware)
declared.use(async (ctx) => {
  const user = await ctx.auth.getUser()
  const same: Account = await ctx.auth.requireUser()
  const plan: "free" | "paid" | undefined = user?.plan
  const cart: ReadonlyArray<number> | undefined = await ctx.session.get("cart")
  await ctx.auth.session.set("theme", "dark")
  // @ts-expect-error no such theme
  await ctx.session.set("theme", "purple")
  // @ts-expect-error no such key
  await ctx.session.get("carts")
  // @ts-expect-error there is no such field
  user?.name
  ctx.body = { name: same.username, plan, items: cart?.length }
})

/** Whose context follows from what it uses. */
export const inferred = new Koa<object>().use(middleware).use(async (ctx) => {
  const plan: "free" | "paid" | undefined = (await ctx.auth.getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await ctx.session.get("cart")
  // @ts-expect-error no such key
  await ctx.auth.session.get("carts")
  ctx.body = { plan, items: cart?.length }
})

/** With Koa's own defaults, whose state and context may be anything. */
export const plain = new Koa()
plain.use(koaAuth(auth)).use(async (ctx) => {
  const user = await ctx.auth.getUser()
  // @ts-expect-error there is no such field
  user?.name
  ctx.body = user?.username
})
