/** An application as users write it: what it exports must be nameable in its declarations. */
import * as Schema from "effect/Schema"
import { createAuth, defineBackend, modelBackend } from "latchkey"
import { connectAuth, nodeAuth } from "latchkey/node"
import { postgres } from "latchkey/postgres"

export const pg = postgres({ url: "postgres://localhost/app" })

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  sessionData: Schema.Struct({ cart: Schema.Array(Schema.Number), theme: Schema.Literals(["light", "dark"]) })
})

export const listener = nodeAuth(auth, async (_req, res, { getUser, session }) => {
  const user = await getUser()
  const name: string | undefined = user?.username
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  await session.set("theme", "dark")
  // @ts-expect-error no such theme
  await session.set("theme", "purple")
  // @ts-expect-error no such key
  await session.get("carts")
  // @ts-expect-error the encoded password is nobody's business
  user?.password
  res.end(`${name ?? "nobody"} ${cart?.length ?? 0}`)
})

export const middleware = connectAuth(auth)

/** Without a schema every key may hold anything. */
export const untyped = createAuth({ secretKey: "s", sessions: pg.sessions, backends: { b: modelBackend(pg.users) } })
export const anything = untyped.on("user_logged_in", async ({ user }, { session }) => {
  const value: unknown = await session.get(user.username)
  await session.set("whatever", value)
})

/** One's own users. */
interface Machine {
  readonly serial: string
}
export const machines = defineBackend({
  credentials: Schema.Struct({ token: Schema.String }),
  authenticate: ({ token }): Machine | undefined => (token === "" ? undefined : { serial: token }),
  getUser: (serial): Machine => ({ serial }),
  idOf: ({ serial }) => serial
})

/** Users in a table of another shape. */
export const accounts = postgres({
  url: "postgres://localhost/app",
  users: {
    table: "accounts_user",
    idType: "uuid",
    schema: Schema.Struct({ id: Schema.String, username: Schema.String, plan: Schema.Literals(["free", "paid"]) }),
    columns: { plan: "plan_code" }
  }
})
export const custom = createAuth({
  secretKey: "s",
  sessions: accounts.sessions,
  backends: { b: modelBackend(accounts.users) }
})
export const planOf = nodeAuth(custom, async (_req, res, { getUser }) => {
  const plan: "free" | "paid" | undefined = (await getUser())?.plan
  res.end(plan)
})
