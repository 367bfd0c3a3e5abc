import { type Context, Hono } from "hono"
import { type HonoAuthOptions, honoAuth } from "../../../../src/adapters/http/hono.ts"
import { askedFor, responseOf, serveFetch } from "../../../rig/fetch-server.ts"
import type { ContractAuth, ContractOptions, Handler } from "../contract/adapter.ts"
import { httpAdapterContract } from "../contract.ts"

const optionsOf = ({ csrfExempt, loginRequired, onError, report }: ContractOptions): HonoAuthOptions => {
  const asked = (option: typeof csrfExempt) =>
    typeof option === "function" ? ({ req: { url } }: Context) => option({ url }) : (option ?? false)
  return {
    csrfExempt: asked(csrfExempt),
    loginRequired: asked(loginRequired),
    ...(onError && { onError: (error, { req: { url } }) => onError(error, { url }) }),
    ...(report && { report })
  }
}

const serve = async (auth: ContractAuth, handler: Handler, options: ContractOptions, app: Hono) => {
  // Hono prints errors unless the application has an error handler.
  app.onError((_error, c) => c.text("the application's own words", 500))
  const routes = app.use(honoAuth(auth, optionsOf(options)))
  routes.all("*", async (c) => responseOf(await handler(c.var.auth, askedFor(c.req.raw))))
  return serveFetch(async (request) => routes.fetch(request))
}

const without = {
  bugs: "Hono answers them, by the application's own error handler",
  rawTarget: "a Request's URL is already normalised"
}

httpAdapterContract({
  name: "honoAuth",
  serve: (auth, handler, options) => serve(auth, handler, options, new Hono()),
  without
})
