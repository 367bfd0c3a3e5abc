import * as cache from "next/cache.js"
import { testScope } from "./scope.ts"

/**
 * Tells Next's router that a Server Action has changed what pages show, so that it loads page and layouts again. Next
 * 15 has no such function: its router loads them again after every redirect of an action.
 */
export const refresh = (): void => {
  if (testScope() === undefined) cache.refresh?.()
}
