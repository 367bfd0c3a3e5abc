/** Hono: the types of a context. */
import { Hono } from "hono"
import { type HonoAuthEnv, type HonoAuthOptions, honoAuth } from "latchkey/hono"
import { type Account, auth, type Fields } from "./auth.ts"

/** An application whose context type is inferred from its middleware. */
export const inferred = new Hono().use(honoAuth(auth)).get("/", async (c) => {
  const { getUser, session } = c.var.auth
  const plan: "free" | "paid" | undefined = (await getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  // @ts-expect-error not a key of the session
  await session.get("carts")
  // @ts-expect-error there is no such field
  c.var.auth.nobody
  return c.json({ plan, items: cart?.length })
})

/** An application that declares its context type first. */
export const declared = new Hono<HonoAuthEnv<Account, Fields>>()
declared.use(honoAuth(auth))
declared.use("/account/*", honoAuth(auth, { loginRequired: true, csrfExempt: (c) => c.req.path === "/webhook" }))
declared.get("/account", async (c) => c.json({ plan: (await c.get("auth").requireUser()).plan }))

export const options: HonoAuthOptions = {
  onError: (error, c) => ({ status: 500, headers: {}, body: `${c.req.path} ${String(error)}` })
}

/** Without the middleware the context has no authentication. */
// @ts-expect-error no middleware has added it
new Hono().get("/", (c) => c.json(c.var.auth.host()))
