/**
 * The example's endpoints on three adapters, in this process, with stores in memory. Sessions are bound to devices, failed
 * logins are counted, and `/reauthenticate` asks for the password again. The account pages are below `/account`, on each
 * adapter with other options.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import Koa from "koa"
import { type AnyFields, type Auth, createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { koaAuth } from "latchkey/koa"
import { koaAccounts } from "latchkey/koa/accounts"
import { memory, memoryThrottle } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"
import { connectAccounts } from "latchkey/node/accounts"
import type { DjangoUser } from "latchkey/postgres"
import { accountRoutes } from "../../../dist/adapters/http/next/accounts/account-routes.js"
import { withAuth } from "../../../dist/adapters/http/next/handlers/route.js"
import type { SiteContext } from "../../../examples/site/endpoints.ts"
import { readForm } from "../../../examples/site/form.ts"
import { pathOf, type SiteRequest, siteRequest } from "../../../examples/site/request.ts"
import { site as exampleSite } from "../../../examples/site/site.ts"
import { listen } from "../../adapters/http/contract/node-server.ts"
import { model, passwordOf, secretKey } from "../../full-stack/site.ts"
import { serveFetch } from "../../rig/fetch-server.ts"
import { mailbox } from "./account-mailbox.ts"

export interface FuzzedSite {
  readonly name: string
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Planted faults: what the page `/me` does with some requests. */
export type Plant = (target: string) => unknown

/** Planted faults of the account pages on Node. */
export interface AccountPlant {
  /** Answers in place of the pages. @returns whether it has answered */
  readonly answer?: (req: IncomingMessage, res: ServerResponse) => boolean
  /** The address that a mail is sent to. */
  readonly mailTo?: (to: string) => string
}

export type FuzzedSites = Awaited<ReturnType<typeof fuzzedSites>>

export const fuzzedSites = async (plant: Plant = () => {}, accountPlant: AccountPlant = {}) => {
  const stores = memory({ userSessions: true })
  const problems: Array<string> = []
  let requests = 0
  const auth: Auth<DjangoUser, AnyFields> = createAuth({
    secretKey,
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["example.com", "127.0.0.1"],
    sessionCookie: { secure: true },
    secureProxyHeader: ["X-Forwarded-Proto", "https"],
    deviceBound: { mode: "enforce", graceSeconds: 300, djangoChecks: false },
    reauthentication: {},
    throttle: { store: memoryThrottle() },
    // Each request comes from a network of its own, so that hostile requests do not make the others wait.
    clientAddress: () => `10.${++requests % 256}.${(requests >> 8) % 256}.${(requests >> 16) % 256}`
  }) as never // A user in memory lacks fields that only the profile page reads.
  for (const username of ["alice", "bob", "carol"]) await auth.createUser({ username, password: passwordOf(username) })
  const { answer: answerOfExample, isCsrfExempt } = exampleSite(auth)
  const answer = async (request: SiteRequest, context: SiteContext): ReturnType<typeof answerOfExample> => {
    if (request.path !== "/reauthenticate") return answerOfExample(request, context)
    const form = await readForm(request)
    const fields = form._tag === "TooLarge" ? {} : Object.fromEntries(form.fields)
    const proved = await context.reauthenticate(fields)
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ proved }) }
  }

  const findUser = (by: { readonly id: string } | { readonly email: string }) =>
    Effect.runSync(stores.users.findForReset?.(by) ?? Effect.succeed([]))
      .map(({ user }) => user)
      .filter(({ email }) => "id" in by || email.toLowerCase() === by.email.toLowerCase())
  const mail = mailbox(findUser, problems, accountPlant.mailTo)
  const accounts = { path: "/account", mail: mail.queue, signUp: true, deactivation: true, deletion: true }

  const nodePages = connectAccounts(auth, accounts)
  const nodeHandler = nodeAuth(
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
  const node = await listen((req, res) => {
    if (accountPlant.answer?.(req, res) !== true) nodePages(req, res, () => nodeHandler(req, res))
  })

  const app = new Koa()
    .use(koaAccounts(auth, { ...accounts, usernameIsEmail: true, rememberMe: true, loginAfterPasswordReset: true }))
    .use(koaAuth(auth, { csrfExempt: (ctx) => isCsrfExempt(pathOf(ctx.originalUrl)) }))
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
  const nextPages = accountRoutes((then) => void setTimeout(then, 0))(auth, {
    ...accounts,
    verifyEmail: false,
    trailingSlash: true,
    redirectAuthenticatedUser: true
  })
  const next = await serveFetch((request) =>
    new URL(request.url).pathname.startsWith("/account/")
      ? nextPages.POST(request, { params: Promise.resolve({ path: [] }) })
      : route(request, { params: Promise.resolve({}) })
  )

  const sites = Object.entries({ node, koa, next }).map(
    ([name, { close, url }]): FuzzedSite => ({
      name,
      port: Number(new URL(url).port),
      stop: close
    })
  )
  return { auth, stores, sites, mail, problems }
}
