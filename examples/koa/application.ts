/** The site as a Koa application. */
import Koa from "koa"
import type { AccountPagesOptions } from "latchkey"
import { koaAuth } from "latchkey/koa"
import { koaAccounts } from "latchkey/koa/accounts"
import type { SiteAuth } from "../site/application.ts"
import type { Login } from "../site/config.ts"
import { pathOf, siteRequest } from "../site/request.ts"
import { site } from "../site/site.ts"

/** @param pages the options of the account pages that latchkey comes with; absent: the site has none */
export const koaSite = (auth: SiteAuth, demoUser?: Login, pages?: AccountPagesOptions) => {
  const { answer, isCsrfExempt } = site(auth, { demoUser, accountPages: demoUser && pages?.path })
  const app = new Koa()
  if (pages !== undefined) app.use(koaAccounts(auth, pages))
  const authenticated = app.use(koaAuth(auth, { csrfExempt: (ctx) => isCsrfExempt(pathOf(ctx.originalUrl)) }))

  return authenticated.use(async (ctx) => {
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
