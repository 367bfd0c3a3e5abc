/** One request and its response, as an adapter for Node's request and response objects handles it. */

import type { Auth } from "../../api/auth.ts"
import type { AuthRequest } from "../../api/per-request/auth-request.ts"
import type { AuthContext } from "../../api/per-request/promises.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { discardsChanges, type FailureResponse, serverError } from "../failure-response.ts"
import { answerTo, HandlerRules, type HttpAuthOptions } from "../http-options.ts"
import { isOpenedBy, type Opened } from "../opened.ts"
import type { Decides } from "./held-response.ts"
import { LateHold } from "./late-hold.ts"
import type { NativeResponse, NodeRequest, NodeResponse } from "./native/native.ts"
import { nativeOf } from "./native/native-of.ts"
import { NodeRequestHead } from "./node-head.ts"
import { type Replace, type ResponseDecision, sending } from "./response-decision.ts"
import * as Head from "./response-head.ts"

/**
 * The property of a response that holds its exchange, for {@link authErrors}. Not a WeakMap: V8 frees the entries of a
 * WeakMap only in a full garbage collection, and each entry would keep the whole request in memory until then.
 */
export const answered = Symbol("latchkey.exchange")

/** A response that holds its exchange. */
export interface Answered {
  [answered]?: Answering
}

/** An exchange of any application. */
interface Answering {
  /** The application. */
  readonly auth: object
  readonly fail: (error: unknown) => void
  /** The exchange that an earlier middleware has stored on the same response. */
  readonly outer: Answering | undefined
}

/** The request as an earlier `connectAuth` of the same application opened it. */
const openedFor = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  last: Answering | undefined
): Opened<User, Fields> | undefined => {
  for (let at = last; at !== undefined; at = at.outer) if (isOpenedBy(auth, at)) return at
  return undefined
}

/** One request and its response. */
export class Exchange<User extends object, Fields extends SessionFields, Req extends NodeRequest>
  implements Answering, Opened<User, Fields>, Decides
{
  readonly auth: Auth<User, Fields>
  readonly request: AuthRequest<User, Fields>
  readonly outer: Answering | undefined
  readonly #req: Req
  readonly #res: NodeResponse
  readonly #options: HttpAuthOptions<Req>
  /** `undefined` if the request was opened, and its response prepared, by an earlier middleware. */
  readonly #held: LateHold | undefined

  constructor(auth: Auth<User, Fields>, req: Req, res: NodeResponse & Answered, options: HttpAuthOptions<Req>) {
    this.auth = auth
    this.#req = req
    this.#res = res
    this.#options = options
    this.outer = res[answered]
    const opened = openedFor(auth, this.outer)
    this.request = opened?.request ?? auth.open(new NodeRequestHead(req), this)
    res[answered] = this
    this.#held = opened === undefined ? new LateHold(res, this) : undefined
  }
  get context(): AuthContext<User, Fields> {
    return this.request.context
  }

  /**
   * Calls `goOn` when the request is admitted; answers it otherwise.
   *
   * @param body the parsed body, if a parser ran before
   */
  admit(body: unknown, goOn: () => void): void {
    const admitted = this.request.enter(new HandlerRules(this.#options, this.#req, body))
    if (admitted === undefined) goOn()
    else admitted.then(goOn, (error) => this.fail(error))
  }

  /** Waits for the handler. */
  follow(handled: PromiseLike<unknown>): void {
    handled.then(
      () => this.done(),
      (error) => this.fail(error)
    )
  }

  /** Answers an error instead of the handler. */
  fail(error: unknown): void {
    const native = nativeOf(this.#res)
    if (isAbandoned(error, native)) {
      this.done()
      return
    }
    if (discardsChanges(error)) this.request.discardChanges()
    sendFailure(native, this.#answerTo(error))
  }

  /**
   * The handler has finished. If the client has disconnected, `end` sends no bytes, but it causes the session to
   * be written.
   */
  done(): void {
    const res = this.#res
    if (!res.headersSent && nativeOf(res).isDestroyed) res.end()
  }

  /** The status that the response has at this moment. */
  status(): number {
    return this.#res.statusCode
  }
  hold(): boolean {
    return this.#held?.begin() ?? true
  }

  // ---- for the held response -------------------------------------------------------------------------------------

  respond(status: number): ResponseDecision | Promise<ResponseDecision> {
    const headers = this.request.respond(status)
    return headers instanceof Promise ? headers.then(sending) : sending(headers)
  }
  onError(error: unknown): Replace {
    return { _tag: "Replace", ...this.#answerTo(error) }
  }

  /** A guard has refused, and the head is gone. */
  breakOff(): void {
    if (!this.#res.writableEnded) nativeOf(this.#res).breakOff()
  }

  #answerTo(error: unknown): FailureResponse {
    return answerTo(error, this.#req, this.#options, error === this.#req.errored)
  }
}

// ---- failures ----------------------------------------------------------------------------------------------------

/**
 * Whether a stream into the response failed only because the client disconnected or was already answered with an error.
 */
export const isAbandoned = (error: unknown, { isDestroyed }: NativeResponse): boolean =>
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
