import * as navigation from "next/navigation.js"
import { thrownByNext } from "./next-control-flow.ts"

/**
 * Answers a page or a Server Action whose user lacks a permission: with 403 if Next supports it, otherwise with 404.
 * Next 15.0 has no `forbidden`. Later versions throw another error unless `experimental.authInterrupts` is set.
 */
export const forbidden = (): never => {
  try {
    navigation.forbidden?.()
  } catch (error) {
    if (thrownByNext(error) !== undefined) throw error
  }
  return navigation.notFound()
}
