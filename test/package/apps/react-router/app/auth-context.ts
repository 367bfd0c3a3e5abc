import { createContext } from "react-router"
import type { Context } from "../pages.ts"

export const authContext = createContext<Context>()
