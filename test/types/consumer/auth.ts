/** An application as users write it: the compiler must be able to name the types of its exports. */
import * as Schema from "effect/Schema"
import { createAuth, defineBackend, modelBackend } from "latchkey"
import { postgres } from "latchkey/postgres"

/** Users in a table of the application's own shape. */
const Account = Schema.Struct({
  id: Schema.String,
  username: Schema.String,
  plan: Schema.Literals(["free", "paid"])
})
export type Account = typeof Account.Type

export const pg = postgres({
  url: "postgres://localhost/app",
  users: { table: "accounts_user", idType: "uuid", schema: Account, columns: { plan: "plan_code" } }
})

const sessionData = Schema.Struct({ cart: Schema.Array(Schema.Number), theme: Schema.Literals(["light", "dark"]) })
export type Fields = typeof sessionData.fields

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  sessionData
})

/** Django's own users. */
export const django = postgres({ url: "postgres://localhost/app" })
/** Without a schema every key may hold any JSON value. */
export const untyped = createAuth({
  secretKey: "s",
  sessions: django.sessions,
  backends: { b: modelBackend(django.users) }
})
export const anything = untyped.on("user_logged_in", async ({ user }, { session }) => {
  // @ts-expect-error the encoded password is not part of the user
  user.password
  const value: unknown = await session.get(user.username)
  await session.set("whatever", value)
})

/** The application's own users. */
interface Machine {
  readonly serial: string
}
export const machines = defineBackend({
  credentials: Schema.Struct({ token: Schema.String }),
  authenticate: ({ token }): Machine | undefined => (token === "" ? undefined : { serial: token }),
  getUser: (serial): Machine => ({ serial }),
  idOf: ({ serial }) => serial
})
