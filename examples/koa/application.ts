/** The site as a Koa application. */
import Koa from "koa"
import { koaAuth } from "latchkey/koa"
import type { SiteAuth } from "../site/application.ts"
import type { Login } from "../site/config.ts"
import { pathOf, siteRequest } from "../site/request.ts"
import { site } from "../site/site.ts"

export const koaSite = (auth: SiteAuth, demoUser?: Login) => {
  const { answer, isCsrfExempt } = site(auth, { demoUser })
  const app = new Koa().use(koaAuth(auth, { csrfExempt: (ctx) => isCsrfExempt(pathOf(ctx.originalUrl)) }))

  return app.use(async (ctx) => {
    const { body, headers, status } = await answer(
      siteRequest({
        method: ctx.method,
        target: ctx.originalUrl,
        header: (name) => ctx.get(name) || undefined,
        body: ctx.req
      }),
      ctx.auth
    )
    ctx.status = status
    ctx.set({ ...headers })
    ctx.body = body
  })
}
