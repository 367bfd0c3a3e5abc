/**
 * Node's own http server, and frameworks that use its request and response objects: Express, Connect, and the raw
 * requests of Fastify.
 *
 * ```ts
 * http.createServer(nodeAuth(auth, async (req, res, { getUser }) => {
 *   const user = await getUser()
 *   res.end(user?.username ?? "anonymous")
 * }))
 *
 * app.use(connectAuth(auth))
 * app.get("/", async (req, res) => res.json(await req.auth.getUser()))
 * ```
 *
 * The first call that sends the response (`writeHead`, `write`, `end`) starts writing the session. The response is held
 * back until the session is written. If the handler has not used the request, nothing is held back.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { Auth } from "../api/auth.ts"
import type { AuthContext } from "../api/per-request/promises.ts"
import { checkAuth } from "../options/check-auth.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { failureResponse } from "./failure-response.ts"
import { checkHttpOptions, type HttpAuthOptions } from "./http-options.ts"
import type { NodeRequest, NodeResponse } from "./node/native/native.ts"
import { nativeOf } from "./node/native/native-of.ts"
import { type Answered, answered, Exchange, isAbandoned } from "./node/node-exchange.ts"
import { NodeRequestHead } from "./node/node-head.ts"

export type { FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"
export type { NodeRequest, NodeResponse } from "./node/native/native.ts"

/** The options of {@link nodeAuth} and {@link connectAuth}. */
export type NodeAuthOptions<Req extends NodeRequest = IncomingMessage> = HttpAuthOptions<Req>

/**
 * What latchkey reads of a request, for `auth.reader`. Use it where there is no response to write to, as in a WebSocket
 * upgrade.
 *
 * ```ts
 * server.on("upgrade", async (req, socket, head) => {
 *   const { getUser, verifyOrigin } = auth.reader(requestHead(req))
 *   …
 * })
 * ```
 */
export const requestHead = (req: NodeRequest): RequestHead => new NodeRequestHead(req)

/** A handler of {@link nodeAuth}. If it returns a promise, that is awaited; any other return value is ignored. */
export type NodeHandler<
  User extends object,
  Fields extends SessionFields,
  Req extends NodeRequest = IncomingMessage,
  Res extends NodeResponse = ServerResponse
> = (req: Req, res: Res, context: AuthContext<User, Fields>) => unknown

/**
 * A request listener whose handler gets the authentication of its request as third argument.
 *
 * For a server of `node:http2`, declare the types of the handler's arguments:
 * `(req: Http2ServerRequest, res: Http2ServerResponse, { getUser }) => …`.
 */
export const nodeAuth = <
  User extends object,
  Fields extends SessionFields,
  Req extends NodeRequest = IncomingMessage,
  Res extends NodeResponse = ServerResponse
>(
  auth: Auth<User, Fields>,
  handler: NodeHandler<User, Fields, Req, Res>,
  options: NodeAuthOptions<NoInfer<Req>> = {}
): ((req: Req, res: Res) => void) => {
  checkAuth(auth)
  checkHttpOptions(options)
  return (req, res) => {
    const exchange = new Exchange(auth, req, res, options)
    exchange.admit(undefined, () => {
      try {
        const handled = handler(req, res, exchange.context)
        if (isPromise(handled)) exchange.follow(handled)
      } catch (error) {
        exchange.fail(error)
      }
    })
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

/** What {@link connectAuth} adds to a request: `WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>>`. */
export interface WithAuth<User extends object, Fields extends SessionFields> {
  /** The authentication of this request. */
  auth: AuthContext<User, Fields>
}

/**
 * Middleware for Express and Connect: puts the authentication of the request at `req.auth`. Errors that handlers throw
 * go to the framework; {@link authErrors} answers those that latchkey threw.
 *
 * It may be used more than once for one request, with stricter options for a part of the site:
 * `app.use("/account", connectAuth(auth, { loginRequired: true }))`. The session is still loaded and written only once.
 */
export const connectAuth = <User extends object, Fields extends SessionFields, Req extends NodeRequest = NodeRequest>(
  auth: Auth<User, Fields>,
  options: NodeAuthOptions<Req> = {}
) => {
  checkAuth(auth)
  checkHttpOptions(options)
  return (req: Req & { readonly body?: unknown }, res: NodeResponse, next: () => void): void => {
    const exchange = new Exchange(auth, req, res, options)
    attach(req, exchange.context)
    exchange.admit(req.body, next)
  }
}

const attach = <User extends object, Fields extends SessionFields>(
  req: object & Partial<WithAuth<User, Fields>>,
  context: AuthContext<User, Fields>
): void => {
  req.auth = context
}

/**
 * Error middleware for Express: answers latchkey's failures as {@link nodeAuth} does (outages, interrupted sessions,
 * refused requests). Passes all other errors to `next`.
 */
export const authErrors = (
  error: unknown,
  _req: NodeRequest,
  res: NodeResponse,
  next: (error: unknown) => void
): void => {
  const { [answered]: exchange }: NodeResponse & Answered = res
  const isOurs = failureResponse(error) !== undefined || isAbandoned(error, nativeOf(res))
  if (exchange === undefined || !isOurs || res.headersSent) next(error)
  else exchange.fail(error)
}
