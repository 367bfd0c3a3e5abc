import type { AuthContext, FieldsOf, UserOf } from "latchkey"
import type { auth } from "./auth.ts"

/** What an adapter gives a handler: `req.auth`, `ctx.auth`, `c.var.auth`, or an argument of the handler. */
export type Context = AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>

/** The fields of a parsed form: `req.body`, or `Object.fromEntries(form)`. A client may send anything. */
export type Form = Readonly<Record<string, unknown>>

export const field = (form: Form, name: string): string => {
  const value = form[name]
  return typeof value === "string" ? value : ""
}
