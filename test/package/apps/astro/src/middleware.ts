import type { APIContext, MiddlewareHandler, MiddlewareNext } from "astro"
import { withAuth } from "latchkey/fetch"
import { auth } from "../auth.ts"

const handled = withAuth(auth, async (_request, context, { locals }: APIContext, next: MiddlewareNext) => {
  locals.auth = context
  return next()
})

export const onRequest: MiddlewareHandler = (context, next) =>
  context.url.pathname.startsWith("/alone") ? next() : handled(context.request, context, next)
