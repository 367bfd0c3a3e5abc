/**
 * What leaves with one response of Koa, decided once.
 *
 * | the state | the handler is done                  | the handler threw                       | the head leaves               |
 * | --------- | ------------------------------------ | --------------------------------------- | ----------------------------- |
 * | Open      | decided for `ctx.status`: then Told, | a failure of ours: answered as such;    | decided for its status:       |
 * |           | or answered with the failure         | a bug: rethrown, Koa or others answer   | then Told                     |
 * | Told      | nothing                              | the same; what was stored stays         | with what has gone missing of |
 * |           |                                      |                                         | the cookies since             |
 *
 * Koa drops all headers when it answers an error, and an error may come after the session was stored, or be an answer
 * itself (`ctx.throw(404)`): therefore the cookies are seen to at the head, where nobody can drop them any more. Nothing
 * is written on an error, which may be an object that many requests share.
 */
import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http"
import type { AuthRequest } from "../../interpreter/auth-request.ts"
import { nothing, type ResponseHeaders } from "../../interpreter/respond.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { type FailureResponse, isAuthFailure, isUntouching } from "../failure.ts"
import { holdResponse } from "../node/held-response.ts"
import { nativeOf } from "../node/native/native-of.ts"
import { type Outcome, type Send, sending } from "../node/outcome.ts"
import { type AnsweringContext, replaceAnswer } from "./answer.ts"
import { cookieLines } from "./cookie-lines.ts"

export class Leaving<User extends object, Fields extends SessionFields> {
  readonly #ctx: AnsweringContext
  readonly #request: AuthRequest<User, Fields>
  readonly #answerTo: (error: unknown) => FailureResponse
  /** Headers that those who came before have set. */
  readonly #before: OutgoingHttpHeaders
  #told: ResponseHeaders | Promise<ResponseHeaders> | undefined

  /** @param answerTo makes the answer to a failure, and reports it */
  constructor(
    ctx: AnsweringContext,
    request: AuthRequest<User, Fields>,
    answerTo: (error: unknown) => FailureResponse
  ) {
    this.#ctx = ctx
    this.#request = request
    this.#answerTo = answerTo
    this.#before = ctx.res.getHeaders()
    if (ctx.res.hasHeader("Set-Cookie")) this.#before["set-cookie"] = cookieLines(ctx.res)
    holdResponse(ctx.res, (status) => this.#atTheHead(status), {
      onError: (error) => ({ _tag: "Replace", ...answerTo(error) })
    })
  }

  /** The handler has answered. Rejects with what is a bug. */
  async done(): Promise<void> {
    const ctx = this.#ctx
    if (this.#told !== undefined) return
    if (ctx.respond === false || ctx.headerSent) return this.#atTheLatest(ctx.res.statusCode)
    try {
      const headers = await this.#decide(ctx.status)
      this.#told = headers
      if (headers.cookies.length > 0) ctx.append("Set-Cookie", [...headers.cookies])
      if (headers.varyOnCookie) ctx.vary("Cookie")
      const { cacheControl } = headers
      if (cacheControl !== undefined && !ctx.res.hasHeader("Cache-Control")) ctx.set("Cache-Control", cacheControl)
    } catch (error) {
      this.#told = nothing
      if (!isAuthFailure(error)) throw error
      this.#replace(error)
    }
  }

  /** The handler threw. Rejects with what is a bug. */
  async failed(error: unknown): Promise<void> {
    if (!isAuthFailure(error)) {
      this.#atTheLatest(statusOf(error))
      throw error
    }
    if (isUntouching(error)) this.#request.forsake()
    this.#replace(error)
    await this.done()
  }

  #decide(status: number): ResponseHeaders | Promise<ResponseHeaders> {
    this.#told = this.#request.respond(status)
    return this.#told
  }

  #atTheHead(status: number): Outcome | Promise<Outcome> {
    const told = this.#told
    if (told === undefined) {
      const headers = this.#decide(status)
      return headers instanceof Promise ? headers.then(sending) : sending(headers)
    }
    const { res } = this.#ctx
    // Somebody else answers while the session is being stored: a timeout, say. If that fails, this answer stands.
    return told instanceof Promise
      ? told.then(
          (headers) => sendMissing(res, headers),
          () => sending(nothing)
        )
      : sendMissing(res, told)
  }

  /** Nobody may ever answer a client that is gone; what becomes of its session is decided all the same. */
  #atTheLatest(status: number): void {
    const { res } = this.#ctx
    const decide = async (): Promise<void> => {
      try {
        if (this.#told === undefined) await this.#decide(status)
      } catch (error) {
        this.#answerTo(error)
      }
    }
    if (nativeOf(res).isDestroyed) void decide()
    else res.once("close", decide)
  }

  #replace(error: unknown): void {
    const ctx = this.#ctx
    const answer = this.#answerTo(error)
    if (!ctx.headerSent) replaceAnswer(ctx, this.#before, answer)
    // A whole response is the client's; half of one must not look whole.
    else if (!ctx.res.writableEnded) nativeOf(ctx.res).breakOff()
  }
}

/** Sends those of the cookies that are not on the response. */
const sendMissing = (res: ServerResponse, headers: ResponseHeaders): Send => {
  const present = cookieLines(res)
  return sending({ ...headers, cookies: headers.cookies.filter((cookie) => !present.includes(cookie)) })
}

/** What Koa answers to an error. */
const statusOf = (error: unknown): number => {
  if (!(error instanceof Error)) return 500
  const status = ("status" in error && error.status) || ("statusCode" in error && error.statusCode)
  return typeof status === "number" && STATUS_CODES[status] !== undefined ? status : 500
}
