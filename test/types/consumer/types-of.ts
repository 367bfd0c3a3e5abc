/** The types of an application's users and sessions, derived from its own `auth`. */
import type { AnyFields, AuthContext, FieldsOf, UserOf } from "latchkey"
import type { KoaAuthContext } from "latchkey/koa"
import type { DjangoUser } from "latchkey/postgres"
import { type Account, auth, type Fields, type untyped } from "./auth.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export const user: Same<UserOf<typeof auth>, Account> = true
export const fields: Same<FieldsOf<typeof auth>, Fields> = true
// @ts-expect-error the users have another type
export const other: Same<UserOf<typeof auth>, DjangoUser> = true

export const django: Same<UserOf<typeof untyped>, DjangoUser> = true
export const anything: Same<FieldsOf<typeof untyped>, AnyFields> = true

const made = () => auth
export const lazyUser: Same<UserOf<typeof made>, Account> = true
export const lazyFields: Same<FieldsOf<typeof made>, Fields> = true

export const none: Same<UserOf<string>, never> = true

export const nameOf = async (context: AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>) => {
  const plan: "free" | "paid" | undefined = (await context.getUser())?.plan
  // @ts-expect-error not a key of the session
  await context.session.get("carts")
  return plan
}
export type Context = KoaAuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>
