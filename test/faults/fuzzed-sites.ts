/** The example's endpoints on three adapters, in this process, with stores in memory. */
import Koa from "koa"
import { type AnyFields, type Auth, createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { koaAuth } from "latchkey/koa"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"
import type { DjangoUser } from "latchkey/postgres"
import { withAuth } from "../../dist/adapters/http/next/route.js"
import { pathOf, siteRequest } from "../../examples/site/request.ts"
import { site as exampleSite } from "../../examples/site/site.ts"
import { listen } from "../adapters/http/contract/node-server.ts"
import { model, passwordOf, secretKey } from "../full-stack/site.ts"
import { serveFetch } from "../rig/fetch-server.ts"

export interface FuzzedSite {
  readonly name: string
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Planted faults: what the page `/me` does with some requests. */
export type Plant = (target: string) => unknown

export const fuzzedSites = async (plant: Plant = () => {}) => {
  const stores = memory()
  const auth: Auth<DjangoUser, AnyFields> = createAuth({
    secretKey,
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["example.com", "127.0.0.1"]
  }) as never // A user in memory lacks fields that only the profile page reads.
  for (const username of ["alice", "bob"]) await auth.createUser({ username, password: passwordOf(username) })
  const { answer, isCsrfExempt } = exampleSite(auth)

  const node = await listen(
    nodeAuth(
      auth,
      async (req, res, context) => {
        await plant(req.url ?? "")
        const header = (name: string) => [req.headers[name] ?? []].flat().join(", ") || undefined
        const given = { method: req.method, target: req.url, header, body: req }
        const { body, headers, status } = await answer(siteRequest(given), context)
        res.writeHead(status, { ...headers }).end(body)
      },
      { csrfExempt: (req) => isCsrfExempt(pathOf(req.url ?? "/")) }
    )
  )

  const app = new Koa().use(koaAuth(auth, { csrfExempt: (ctx) => isCsrfExempt(pathOf(ctx.originalUrl)) }))
  app.silent = true
  app.use(async (ctx) => {
    const header = (name: string) => ctx.get(name) || undefined
    const given = { method: ctx.method, target: ctx.originalUrl, header, body: ctx.req }
    const { body, headers, status } = await answer(siteRequest(given), ctx.auth)
    ctx.status = status
    ctx.set({ ...headers })
    ctx.body = body
  })
  const koa = await listen(app.callback())

  const route = withAuth(
    auth,
    async (request, context) => {
      const { pathname, search } = new URL(request.url)
      const header = (name: string) => request.headers.get(name) ?? undefined
      const given = { method: request.method, target: pathname + search, header, body: request.body }
      const { body, headers, status } = await answer(siteRequest(given), context)
      return new Response([204, 205, 304].includes(status) ? null : body, { status, headers: { ...headers } })
    },
    { csrfExempt: (request) => isCsrfExempt(pathOf(new URL(request.url).pathname)) }
  )
  const next = await serveFetch((request) => route(request, { params: Promise.resolve({}) }))

  const sites = Object.entries({ node, koa, next }).map(
    ([name, { close, url }]): FuzzedSite => ({
      name,
      port: Number(new URL(url).port),
      stop: close
    })
  )
  return { auth, stores, sites }
}
