import type { APIContext, MiddlewareHandler, MiddlewareNext } from "astro"
import { withAuth } from "latchkey/fetch"
import { auth } from "./auth.ts"

const handled = withAuth(auth, (_request, context, astro: APIContext, next: MiddlewareNext) => {
  astro.locals.auth = context
  return next()
})

export const onRequest: MiddlewareHandler = (astro, next) => handled(astro.request, astro, next)
