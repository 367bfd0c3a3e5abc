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
import type { AuthRequest } from "../interpreter/auth-request.ts"
import type { AuthContext } from "../interpreter/context.ts"
import type { Auth } from "../interpreter/create-auth.ts"
import type { ResponseHeaders } from "../interpreter/respond.ts"
import type { SessionFields } from "../interpreter/session-access.ts"
import { type FailureResponse, failureResponse, isUntouching, serverError } from "./failure.ts"
import { holdResponse } from "./node/held-response.ts"
import type { Outcome } from "./node/outcome.ts"
import { NodeRequestHead } from "./node/request-head.ts"
import * as Head from "./node/response-head.ts"
import { answerTo, entryOf, type HttpAuthOptions } from "./options.ts"

export type { FailureResponse } from "./failure.ts"
export type { HttpAuthOptions } from "./options.ts"

/** The options of {@link nodeAuth} and {@link connectAuth}. */
export type NodeAuthOptions = HttpAuthOptions<IncomingMessage>

export type NodeHandler<User extends object, Fields extends SessionFields> = (
  req: IncomingMessage,
  res: ServerResponse,
  context: AuthContext<User, Fields>
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
  auth: AuthContext<User, Fields>
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
  readonly context: AuthContext<User, Fields>
  /** Goes on with a request that may come in, answers any other. @param body as a parser left it, if one came before */
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
  const request = auth.open(new NodeRequestHead(req), { status: () => res.statusCode })
  const answer = (error: unknown) => answerTo(error, req, options, error === req.errored)
  const response = holdResponse(res, (status) => outcomeOf(request, status), {
    onError: (error) => ({ _tag: "Replace", ...answer(error) })
  })
  const held: Attached<User, Fields> = {
    get context() {
      return request.context
    },
    fail: (error) => {
      if (isUntouching(error)) response.settle(untouched)
      sendFailure(res, answer(error))
    },
    admit: (body, goOn) => {
      const admitted = request.admit(entryOf(options, req, body))
      if (admitted === undefined) goOn()
      else admitted.then(goOn, held.fail)
    }
  }
  attached.set(res, held)
  return held
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

/** A handler that throws has not answered: what it set so far is dropped. */
const sendFailure = (res: ServerResponse, failure: FailureResponse): void => {
  // A whole response is the client's; half of one must not look whole.
  if (res.headersSent) {
    if (!res.writableEnded) res.destroy()
    return
  }
  try {
    send(res, failure)
  } catch (error) {
    console.error(error)
    if (res.headersSent) res.destroy()
    else send(res, serverError)
  }
}

const send = (res: ServerResponse, failure: FailureResponse): void => {
  Head.replace(res, failure)
  res.writeHead(failure.status)
  res.end(failure.body)
}
