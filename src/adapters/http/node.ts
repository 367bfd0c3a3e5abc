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
 * back until the session is written.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { AuthRequest } from "../api/auth-request.ts"
import type { Auth } from "../api/create-auth.ts"
import type { AuthContext } from "../api/promises.ts"
import type { SessionFields } from "../request/session-access.ts"
import { discardsChanges, type FailureResponse, failureResponse, serverError } from "./failure-response.ts"
import { accessRulesOf, answerTo, checkHttpOptions, type HttpAuthOptions } from "./http-options.ts"
import { holdResponse } from "./node/held-response.ts"
import type { NativeResponse, NodeRequest, NodeResponse } from "./node/native/native.ts"
import { nativeOf } from "./node/native/native-of.ts"
import { NodeRequestHead } from "./node/node-head.ts"
import { type ResponseDecision, sending } from "./node/response-decision.ts"
import * as Head from "./node/response-head.ts"
import { type AnyOpened, isOpenedBy, Opened } from "./opened.ts"

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
  checkHttpOptions(options)
  return (req, res) => {
    const exchange = new Exchange(auth, req, res, options)
    const failed = (error: unknown): void => exchange.fail(error)
    const run = (): void => {
      try {
        const handled = handler(req, res, exchange.context)
        if (isPromise(handled)) handled.then(() => exchange.done(), failed)
      } catch (error) {
        failed(error)
      }
    }
    exchange.admit(undefined, run)
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

/** What {@link connectAuth} adds to a request. */
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
  checkHttpOptions(options)
  return (req: Req & { readonly body?: unknown }, res: NodeResponse, next: () => void): void => {
    const exchange = new Exchange(auth, req, res, options)
    Object.assign(req, { auth: exchange.context })
    exchange.admit(req.body, next)
  }
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

/**
 * The property of a response that holds its exchange, for {@link authErrors}. Not a WeakMap: V8 frees the entries of a
 * WeakMap only in a full garbage collection, and each entry would keep the whole request in memory until then.
 */
const answered = Symbol("latchkey.exchange")

interface Answered {
  [answered]?: Answering
}

/** An exchange of any application. */
interface Answering {
  readonly fail: (error: unknown) => void
  readonly opened: AnyOpened
  /** The exchange that an earlier middleware has stored on the same response. */
  readonly outer: Answering | undefined
}

/** The request as an earlier `connectAuth` of the same application opened it. */
const openedFor = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  { [answered]: last }: Answered
): Opened<User, Fields> | undefined => {
  for (let at = last; at !== undefined; at = at.outer) if (isOpenedBy(auth, at.opened)) return at.opened
  return undefined
}

// ---- one request -------------------------------------------------------------------------------------------------

/** One request and its response. */
class Exchange<User extends object, Fields extends SessionFields, Req extends NodeRequest> implements Answering {
  readonly opened: Opened<User, Fields>
  readonly outer: Answering | undefined
  readonly #req: Req
  readonly #native: NativeResponse
  readonly #options: NodeAuthOptions<Req>

  constructor(auth: Auth<User, Fields>, req: Req, res: NodeResponse & Answered, options: NodeAuthOptions<Req>) {
    this.#req = req
    this.#native = nativeOf(res)
    this.#options = options
    const present = openedFor(auth, res)
    const opened = present ?? new Opened(auth, auth.open(new NodeRequestHead(req), this))
    this.opened = opened
    this.outer = res[answered]
    res[answered] = this
    if (present === undefined)
      holdResponse(res, (status) => decisionOf(opened.request, status), {
        onError: (error) => ({ _tag: "Replace", ...this.#answerTo(error) }),
        isSilent: () => opened.request.isSilent()
      })
  }
  get context(): AuthContext<User, Fields> {
    return this.opened.request.context
  }

  /**
   * Calls `goOn` when the request is admitted; answers it otherwise.
   *
   * @param body the parsed body, if a parser ran before
   */
  admit(body: unknown, goOn: () => void): void {
    const admitted = this.opened.admit(accessRulesOf(this.#options, this.#req, body))
    if (admitted === undefined) goOn()
    else admitted.then(goOn, (error) => this.fail(error))
  }

  /** Answers an error instead of the handler. */
  fail(error: unknown): void {
    if (isAbandoned(error, this.#native)) {
      this.done()
      return
    }
    if (discardsChanges(error)) this.opened.request.discardChanges()
    sendFailure(this.#native, this.#answerTo(error))
  }

  /**
   * The handler has finished. If the client has disconnected, `end` sends no bytes, but it causes the session to
   * be written.
   */
  done(): void {
    const { isDestroyed, res } = this.#native
    if (isDestroyed && !res.headersSent) res.end()
  }

  /** The status that the response has at this moment. */
  status(): number {
    return this.#native.res.statusCode
  }

  /** A guard has refused, and the head is gone. */
  breakOff(): void {
    if (!this.#native.res.writableEnded) this.#native.breakOff()
  }

  #answerTo(error: unknown): FailureResponse {
    return answerTo(error, this.#req, this.#options, error === this.#req.errored)
  }
}

const decisionOf = <User extends object, Fields extends SessionFields>(
  request: AuthRequest<User, Fields>,
  status: number
): ResponseDecision | Promise<ResponseDecision> => {
  const headers = request.respond(status)
  return headers instanceof Promise ? headers.then(sending) : sending(headers)
}

// ---- failures ----------------------------------------------------------------------------------------------------

/**
 * Whether a stream into the response failed only because the client disconnected or was already answered with an error.
 */
const isAbandoned = (error: unknown, { isDestroyed }: NativeResponse): boolean =>
  isDestroyed && error instanceof Error && "code" in error && streamErrors.has(error.code)
const streamErrors = new Set<unknown>([
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_UNABLE_TO_PIPE",
  "ERR_STREAM_DESTROYED",
  "ERR_HTTP2_INVALID_STREAM"
])

/** The handler threw, so it has not answered: the headers and status that it set are discarded. */
const sendFailure = (native: NativeResponse, failure: FailureResponse): void => {
  const { res } = native
  // A response that was sent completely stays as it is. A partial one is broken off, so that it does not look complete.
  if (res.headersSent) {
    if (!res.writableEnded) native.breakOff()
    return
  }
  try {
    send(native, failure)
  } catch (error) {
    console.error(error)
    if (res.headersSent) native.breakOff()
    else send(native, serverError)
  }
}

const send = (native: NativeResponse, failure: FailureResponse): void => {
  Head.replace(native, failure)
  Reflect.apply(native.res.writeHead, native.res, [failure.status])
  native.res.end(failure.body)
}
