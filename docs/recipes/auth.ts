import {
  type AuthContext,
  commonPassword,
  createAuth,
  type FieldsOf,
  minimumLength,
  modelBackend,
  notEntirelyNumeric,
  type UserOf
} from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"
import { memory } from "latchkey/memory"

const { sessions, users } = memory() // or postgres({ url }) of "latchkey/postgres"

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  passwordValidators: [minimumLength(), commonPassword(commonPasswords()), notEntirelyNumeric()]
})

/** What an adapter gives a handler: `req.auth`, `ctx.auth`, `c.var.auth`, or an argument of the handler. */
export type Context = AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>

/** The fields of a parsed form: `req.body`, or `Object.fromEntries(form)`. A client may send anything. */
export type Form = Readonly<Record<string, unknown>>

export const field = (form: Form, name: string): string => {
  const value = form[name]
  return typeof value === "string" ? value : ""
}
