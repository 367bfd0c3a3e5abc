/** Koa: the types of a context. */
import Koa, { type DefaultState } from "koa"
import { type KoaAuthContext, type KoaAuthMiddleware, koaAuth } from "latchkey/koa"
import { type Account, auth, type Fields } from "./auth.ts"

export const middleware = koaAuth(auth, { csrfExempt: (ctx) => ctx.path.startsWith("/hooks/") })
export const named: KoaAuthMiddleware<Account, Fields> = middleware

/** An application that declares its context type first. */
export const declared = new Koa<DefaultState, KoaAuthContext<Account, Fields>>()
declared.use(middleware)
declared.use(async (ctx) => {
  const user = await ctx.auth.getUser()
  const same: Account = await ctx.auth.requireUser()
  const plan: "free" | "paid" | undefined = user?.plan
  const cart: ReadonlyArray<number> | undefined = await ctx.session.get("cart")
  await ctx.auth.session.set("theme", "dark")
  // @ts-expect-error not a value of this key
  await ctx.session.set("theme", "purple")
  // @ts-expect-error not a key of the session
  await ctx.session.get("carts")
  // @ts-expect-error there is no such field
  user?.name
  ctx.body = { name: same.username, plan, items: cart?.length }
})

/** An application whose context type is inferred from its middleware. */
export const inferred = new Koa<object>().use(middleware).use(async (ctx) => {
  const plan: "free" | "paid" | undefined = (await ctx.auth.getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await ctx.session.get("cart")
  // @ts-expect-error not a key of the session
  await ctx.auth.session.get("carts")
  ctx.body = { plan, items: cart?.length }
})

/** With Koa's default types, where state and context may hold anything. */
export const plain = new Koa()
plain.use(koaAuth(auth)).use(async (ctx) => {
  const user = await ctx.auth.getUser()
  // @ts-expect-error there is no such field
  user?.name
  ctx.body = user?.username
})
