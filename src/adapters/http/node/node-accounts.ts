/**
 * The account pages for Node's own http server, Express and Connect: login, logout, sign-up and others.
 *
 * ```ts
 * app.use(connectAccounts(auth))
 * ```
 */
import { type AccountPagesOptions, accountPagesKinds } from "../../account-pages/account-options.ts"
import { accountPages } from "../../account-pages/account-pages.ts"
import type { AccountResponse, ReadForm } from "../../account-pages/account-request.ts"
import type { Auth } from "../../api/create-auth.ts"
import { isForm } from "../../request/form.ts"
import type { SessionFields } from "../../request/session-access.ts"
import { readForm } from "../form-body.ts"
import { checkHttpOptions, type HttpAuthOptions } from "../http-options.ts"
import type { NodeRequest, NodeResponse } from "./native/native.ts"
import { Exchange } from "./node-exchange.ts"
import { NodeRequestHead } from "./node-head.ts"

export type { AccountPagesOptions } from "../../account-pages/account-options.ts"

/** The options of {@link connectAccounts}. */
export interface ConnectAccountsOptions
  extends AccountPagesOptions,
    Pick<HttpAuthOptions<NodeRequest>, "onError" | "report"> {}

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
) => {
  checkHttpOptions(options, accountPagesKinds)
  const { onError, report, ...own } = options
  const http = { ...(onError === undefined ? {} : { onError }), ...(report === undefined ? {} : { report }) }
  const pages = accountPages(auth, own)
  return (req: NodeRequest & { readonly body?: unknown }, res: NodeResponse, next: () => void): void => {
    const head = new NodeRequestHead(req)
    if (!pages.isFor(head)) {
      next()
      return
    }
    const exchange = new Exchange(auth, req, res, http)
    const parsed = parsedBody(req)
    const form = (): Promise<ReadForm> =>
      isForm(parsed)
        ? Promise.resolve({ _tag: "Form", fields: parsed })
        : readForm(head, req.iterator({ destroyOnReturn: false }))
    const run = (): void => {
      pages.respond({ head, context: exchange.context, form }).then(
        (response) => {
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
