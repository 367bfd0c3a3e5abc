/**
 * Node's own http server, and everything of its shape: Express, Connect, Fastify's raw requests.
 *
 * ```ts
 * http.createServer(nodeAuth(auth, async (req, res, { getUser }) => {
 *   const user = await getUser()
 *   res.end(user?.username ?? "nobody")
 * }))
 *
 * app.use(connectAuth(auth))
 * app.get("/", async (req, res) => res.json(await req.auth.getUser()))
 * ```
 *
 * The session is written when the response leaves, and the response leaves when the session is written.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Host from "../../core/http/host.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import * as Scheme from "../../core/http/scheme.ts"
import { type AuthContext, Context } from "../interpreter/context.ts"
import type { Auth, AuthRequest } from "../interpreter/create-auth.ts"
import { BadRequest, HeadersAlreadySent } from "../interpreter/errors.ts"
import type { ResponseHeaders } from "../interpreter/respond.ts"
import type { SessionFields } from "../interpreter/session-access.ts"
import { type FailureResponse, failureResponse, isOutage, isOversight, isUntouching, serverError } from "./failure.ts"
import { type HeldResponse, holdResponse } from "./node/held-response.ts"
import type { Outcome } from "./node/outcome.ts"
import { NodeRequestHead } from "./node/request-head.ts"
import * as Head from "./node/response-head.ts"

export type { FailureResponse } from "./failure.ts"

/** Authentication within one request of a Node server. */
export interface NodeAuthContext<User extends object, Fields extends SessionFields> extends AuthContext<User, Fields> {
  /**
   * Writes the session now, ahead of the response, and rejects if that fails. Afterwards the session can no longer
   * change: a write is `HeadersAlreadySent`.
   */
  readonly commit: () => Promise<void>
  /** The host that the client asked for, with its port. Throws `BadRequest` if it is not one of `allowedHosts`. */
  readonly host: () => string
  /** Whether the client used https. */
  readonly isSecure: () => boolean
}

export interface NodeAuthOptions {
  /**
   * Whether requests are let in without a CSRF token, all of them or those for which it says so. Only for what no
   * browser sends by itself: tokens in an `Authorization` header, signed webhooks.
   */
  readonly csrfExempt?: boolean | ((request: IncomingMessage) => boolean)
  /**
   * Makes the answer when the session could not be written or the handler failed: by default 503
   * `{"error":"unavailable"}` for an outage, 400 for a session deleted meanwhile, 500 for a bug.
   */
  readonly onError?: (error: unknown, request: IncomingMessage) => FailureResponse
  /** Told of every error that is a bug, and of what is behind an outage. By default it goes to `console.error`. */
  readonly report?: (error: unknown) => void
}

export type NodeHandler<User extends object, Fields extends SessionFields> = (
  req: IncomingMessage,
  res: ServerResponse,
  context: NodeAuthContext<User, Fields>
) => Promise<void> | void

/** A request listener whose handler gets the authentication of its request as third argument. */
export const nodeAuth =
  <User extends object, Fields extends SessionFields>(
    auth: Auth<User, Fields>,
    handler: NodeHandler<User, Fields>,
    options: NodeAuthOptions = {}
  ): ((req: IncomingMessage, res: ServerResponse) => void) =>
  (req, res) => {
    const held = attach(auth, req, res, options)
    const failed = held.fail
    const run = (): void => {
      try {
        const handled = handler(req, res, held.context)
        if (handled !== undefined) handled.catch(failed)
      } catch (error) {
        failed(error)
      }
    }
    held.admit(undefined, run)
  }

/** What {@link connectAuth} adds to a request. */
export interface WithAuth<User extends object, Fields extends SessionFields> {
  auth: NodeAuthContext<User, Fields>
}

/**
 * Middleware for Express and Connect: puts the authentication of the request at `req.auth`. Errors of handlers stay with
 * the framework; {@link authErrors} answers those that are latchkey's.
 */
export const connectAuth =
  <User extends object, Fields extends SessionFields>(auth: Auth<User, Fields>, options: NodeAuthOptions = {}) =>
  (req: IncomingMessage & { readonly body?: unknown }, res: ServerResponse, next: () => void): void => {
    const held = attach(auth, req, res, options)
    Object.assign(req, { auth: held.context })
    held.admit(req.body, next)
  }

/**
 * Error middleware for Express: answers what is nobody's bug as {@link nodeAuth} does (outages, interrupted sessions,
 * refused requests) and passes on the rest.
 */
export const authErrors = (
  error: unknown,
  _req: IncomingMessage,
  res: ServerResponse,
  next: (error: unknown) => void
): void => {
  const held = attached.get(res)
  if (held === undefined || failureResponse(error) === undefined || res.headersSent) next(error)
  else held.fail(error)
}

// ---- one request -------------------------------------------------------------------------------------------------

interface Attached<User extends object, Fields extends SessionFields> {
  readonly context: NodeAuthContext<User, Fields>
  readonly response: HeldResponse
  /** Goes on with a request that may come in, answers any other. @param body as a body parser left it, if one came before */
  readonly admit: (body: unknown, goOn: () => void) => void
  /** Answers an error in place of the handler. */
  readonly fail: (error: unknown) => void
}

/** What belongs to a response, for {@link authErrors}. */
const attached = new WeakMap<ServerResponse, { readonly fail: (error: unknown) => void }>()

const attach = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  req: IncomingMessage,
  res: ServerResponse,
  options: NodeAuthOptions
): Attached<User, Fields> => {
  const head = new NodeRequestHead(req)
  const request = auth.open(head)
  const response = holdResponse(res, (status) => outcomeOf(request, status), {
    onError: (error) => ({ _tag: "Replace", ...explained(error, req, options) })
  })
  const { csrfExempt = false } = options
  const held: Attached<User, Fields> = {
    context: new NodeContext(auth, request, head, res, response),
    response,
    fail: (error) => answerFailure(req, res, response, error, options),
    admit: (body, goOn) => {
      const entry = { body, exempt: () => (typeof csrfExempt === "function" ? csrfExempt(req) : csrfExempt) }
      const admitted = request.effects.admit(entry)
      if (admitted === undefined) goOn()
      else Effect.runPromise(admitted).then(goOn, held.fail)
    }
  }
  attached.set(res, held)
  return held
}

class NodeContext<User extends object, Fields extends SessionFields>
  extends Context<User, Fields>
  implements NodeAuthContext<User, Fields>
{
  readonly #auth: Auth<User, Fields>
  readonly #request: AuthRequest<User, Fields>
  readonly #head: RequestHead
  readonly #res: ServerResponse
  readonly #response: HeldResponse
  #committing: Promise<void> | undefined

  constructor(
    auth: Auth<User, Fields>,
    request: AuthRequest<User, Fields>,
    head: RequestHead,
    res: ServerResponse,
    response: HeldResponse
  ) {
    super(request.effects)
    this.#auth = auth
    this.#request = request
    this.#head = head
    this.#res = res
    this.#response = response
  }
  get commit() {
    return (): Promise<void> => {
      this.#committing ??= this.#commit()
      return this.#committing
    }
  }
  get host() {
    return (): string => {
      const host = Host.host(this.#auth.http, this.#head)
      if (host._tag === "DisallowedHost") throw new BadRequest({ reason: "this host name is not served here" })
      return host.host
    }
  }
  get isSecure() {
    return (): boolean => Scheme.isSecure(this.#auth.http, this.#head)
  }

  async #commit(): Promise<void> {
    if (this.#res.headersSent) throw new HeadersAlreadySent({ operation: "commit" })
    // Whatever comes of it, the response does not ask again.
    this.#response.settle(untouched)
    this.#response.settle(sent(await this.#request.respond(this.#res.statusCode)))
  }
}

const outcomeOf = <User extends object, Fields extends SessionFields>(
  request: AuthRequest<User, Fields>,
  status: number
): Outcome | Promise<Outcome> => {
  const headers = request.respond(status)
  return headers instanceof Promise ? headers.then(sent) : sent(headers)
}

const sent = ({ cookies, varyOnCookie }: ResponseHeaders): Outcome => ({ _tag: "Send", cookies, vary: varyOnCookie })
const untouched: Outcome = { _tag: "Send", cookies: [], vary: false }

// ---- failures ----------------------------------------------------------------------------------------------------

const explained = (error: unknown, req: IncomingMessage, options: NodeAuthOptions): FailureResponse => {
  const failure = failureResponse(error)
  if ((failure === undefined || isOutage(error) || isOversight(error)) && error !== req.errored)
    (options.report ?? print)(error)
  return options.onError?.(error, req) ?? failure ?? serverError
}

/** Name, message and stack, and what kind of error is behind an outage. */
const print = (error: unknown): void => {
  const cause = isOutage(error) && error instanceof Error ? `\ncaused by: ${nameOf(error.cause)}` : ""
  console.error(error instanceof Error ? `${error.stack}${cause}` : error)
}

/** What kind of error it was. Its message may quote what a client sent: whoever wants it passes `report`. */
const nameOf = (cause: unknown): string =>
  cause instanceof Error
    ? [cause.name, "code" in cause ? cause.code : undefined].filter(Boolean).join(" ")
    : typeof cause

/** A handler that throws has not answered: what it set so far is dropped. */
const answerFailure = (
  req: IncomingMessage,
  res: ServerResponse,
  response: HeldResponse,
  error: unknown,
  options: NodeAuthOptions
): void => {
  if (isUntouching(error)) response.settle(untouched)
  try {
    const answer = explained(error, req, options)
    if (!res.headersSent) send(res, answer)
    // A whole response is the client's; half of one must not look whole.
    else if (!res.writableEnded) res.destroy()
  } catch (failedToo) {
    // Whoever explains failures failed: the client still gets an answer, and the process goes on.
    console.error(failedToo)
    if (!res.headersSent) send(res, serverError)
    else res.destroy()
  }
}

const send = (res: ServerResponse, failure: FailureResponse): void => {
  Head.replace(res, failure)
  res.writeHead(failure.status)
  res.end(failure.body)
}
