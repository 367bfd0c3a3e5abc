import type { AuthContext, FieldsOf, UserOf } from "latchkey"
import type { auth } from "./lib/server/auth.ts"

declare global {
  namespace App {
    interface Locals {
      auth: AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>
    }
  }
}
