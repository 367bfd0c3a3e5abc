/** Hono: what handlers find on a context. */
import { Hono } from "hono"
import { type HonoAuthEnv, type HonoAuthOptions, honoAuth } from "latchkey/hono"
import { type Account, auth, type Fields } from "./auth.ts"

/** Whose context follows from what it uses. */
export const inferred = new Hono().use(honoAuth(auth)).get("/", async (c) => {
  const { getUser, session } = c.var.auth
  const plan: "free" | "paid" | undefined = (await getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  // @ts-expect-error no such key
  await session.get("carts")
  // @ts-expect-error there is no such field
  c.var.auth.nobody
  return c.json({ plan, items: cart?.length })
})

/** Whose context is declared at the start. */
export const declared = new Hono<HonoAuthEnv<Account, Fields>>()
declared.use(honoAuth(auth))
declared.use("/account/*", honoAuth(auth, { loginRequired: true, csrfExempt: (c) => c.req.path === "/webhook" }))
declared.get("/account", async (c) => c.json({ plan: (await c.get("auth").requireUser()).plan }))

export const options: HonoAuthOptions = {
  onError: (error, c) => ({ status: 500, headers: {}, body: `${c.req.path} ${String(error)}` })
}

/** Without it there is nothing. */
// @ts-expect-error no middleware has put it there
new Hono().get("/", (c) => c.json(c.var.auth.host()))
