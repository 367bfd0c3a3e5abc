/**
 * The account pages for Node's own http server, Express and Connect: login, logout, sign-up and others.
 *
 * ```ts
 * app.use(connectAccounts(auth))
 * ```
 */

import { accountPages } from "../../account-pages/account-pages.ts"
import { defaultPath } from "../../account-pages/visit/account-options.ts"
import type { AccountResponse, ReadForm } from "../../account-pages/visit/account-request.ts"
import type { Auth } from "../../api/auth.ts"
import { isForm } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMountOptions, accountMount, carryOut, withRefusals } from "../account-mount.ts"
import { readForm } from "../form-body.ts"
import { afterResponse } from "./after-response.ts"
import type { NodeRequest, NodeResponse } from "./native/native.ts"
import { Exchange } from "./node-exchange.ts"
import { NodeRequestHead } from "./node-head.ts"
import { requestBody } from "./request-body.ts"

export type { AccountPagesOptions } from "../../account-pages/visit/account-options.ts"
export type { AccountMountOptions } from "../account-mount.ts"

/** The options of {@link connectAccounts}. */
export type ConnectAccountsOptions = AccountMountOptions<NodeRequest>

/** Middleware of Express and Connect. `body` is what a parser has read. */
export type ConnectMiddleware = (
  req: NodeRequest & { readonly body?: unknown },
  res: NodeResponse,
  next: () => void
) => void

/**
 * Middleware for Express and Connect that answers the requests for account pages, and passes all others on. It needs no
 * other middleware: it reads the body of a form itself, unless a parser has read it before. Put it before a middleware
 * that requires a login.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const connectAccounts = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: ConnectAccountsOptions = {}
): ConnectMiddleware => {
  const mount = accountMount(options)
  const pages = accountPages(auth, mount.pages)
  const http = withRefusals(mount.http, pages.refusal, (req: NodeRequest) => new NodeRequestHead(req))
  return (req, res, next) => {
    const head = new NodeRequestHead(req)
    if (!pages.isFor(head)) {
      next()
      return
    }
    const exchange = new Exchange(auth, req, res, http)
    const parsed = parsedBody(req)
    const form = (): Promise<ReadForm> =>
      isForm(parsed) ? Promise.resolve({ _tag: "Form", fields: parsed }) : readForm(head, requestBody(req))
    const run = (): void => {
      pages.respond({ head, context: exchange.context, form }).then(
        (response) => {
          afterResponse(res, () => void carryOut(pages, response, mount.http))
          send(res, response)
          exchange.done()
        },
        (error) => exchange.fail(error)
      )
    }
    exchange.admit(parsed, run)
  }
}

/**
 * The body that a parser has read; `undefined` if none has. Some parsers set an empty object for a content type that
 * they do not parse.
 */
const parsedBody = (req: NodeRequest & { readonly body?: unknown }): unknown =>
  isForm(req.body) && Object.keys(req.body).length === 0 && !req.readableDidRead ? undefined : req.body

const send = (res: NodeResponse, { body, headers, status }: AccountResponse): void => {
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.end(body)
}

// ---- Fastify -----------------------------------------------------------------------------------------------------

/** What the plugin of {@link fastifyAccounts} uses of Fastify. */
export interface FastifyScope {
  /** Removes the parsers that the scope has from the application. */
  readonly removeAllContentTypeParsers: () => unknown
  /** Adds a parser. */
  readonly addContentTypeParser: (type: string, parser: FastifyParser) => unknown
  /** Adds a route for all methods. */
  readonly all: (path: string, handler: FastifyHandler) => unknown
}

/** A parser of Fastify that leaves the body unread. */
export type FastifyParser = (request: unknown, payload: unknown, done: (error: null) => void) => void

/** A handler of Fastify that answers on Node's own objects. */
export type FastifyHandler = (
  request: { readonly raw: NodeRequest },
  reply: { readonly raw: NodeResponse; readonly hijack: () => unknown; readonly callNotFound: () => unknown }
) => void

/**
 * A plugin for Fastify with the account pages: `app.register(fastifyAccounts(auth))`. Parsers of the application do not
 * read the bodies of these pages.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const fastifyAccounts = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: ConnectAccountsOptions = {}
): ((scope: FastifyScope, options: unknown, done: () => void) => void) => {
  const middleware = connectAccounts(auth, options)
  return (scope, _, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null))
    scope.all(`${options.path ?? defaultPath}/*`, ({ raw }, reply) => {
      let isPage = true
      middleware(raw, reply.raw, () => {
        isPage = false
      })
      if (isPage) reply.hijack()
      else reply.callNotFound()
    })
    done()
  }
}
