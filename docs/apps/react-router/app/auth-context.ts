import type { AuthContext, FieldsOf, UserOf } from "latchkey"
import { createContext } from "react-router"
import type { auth } from "./auth.server.ts"

export const authContext = createContext<AuthContext<UserOf<typeof auth>, FieldsOf<typeof auth>>>()
