/**
 * Decides once what is sent with one response of Koa.
 *
 * | state   | answer, condition               | next    | what happens                                              |
 * | ------- | ------------------------------- | ------- | --------------------------------------------------------- |
 * | (start) |                                 | Open    |                                                           |
 * | Open    | the handler is done             | Decided | the session is written for `ctx.status`. If that fails,   |
 * |         |                                 |         | the answer is the failure's                               |
 * | Open    | a failure of latchkey is thrown | Decided | the answer is the failure's                               |
 * | Open    | anything else is thrown         | Open    | thrown again: Koa answers it                              |
 * | Open    | the head is sent                | Sent    | the session is written for its status                     |
 * | Open    | the response is closed          | Sent    | the client has disconnected: the session is written all   |
 * |         |                                 |         | the same                                                  |
 * | Decided | a failure of latchkey is thrown | Decided | the answer is the failure's; the stored session stays     |
 * | Decided | the head is sent                | Sent    | the cookies that were removed since are added             |
 *
 * Koa removes all headers when it answers an error. An error may come after the session was stored, and may also be the
 * intended answer (`ctx.throw(404)`). So the cookies are checked again when the head is sent, where no other code can
 * remove them. Nothing is written on the error object, which many requests may share.
 */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { Context } from "koa"
import type { Auth } from "../../api/auth.ts"
import type { AuthRequest } from "../../api/per-request/auth-request.ts"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { nothing } from "../../request/session/response-headers.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { discardsChanges, type FailureResponse, isAuthFailure } from "../failure-response.ts"
import { answerTo, type HttpAuthOptions } from "../http-options.ts"
import type { Decides } from "../node/held-response.ts"
import { LateHold } from "../node/late-hold.ts"
import { nativeOf } from "../node/native/native-of.ts"
import { nodeHttp } from "../node/node-http.ts"
import { type Replace, type ResponseDecision, type Send, sending } from "../node/response-decision.ts"
import { cookieLines } from "./cookie-lines.ts"
import { KoaRequestHead } from "./koa-head.ts"
import { replaceAnswer } from "./replace-answer.ts"

export class KoaResponse<User extends object, Fields extends SessionFields> implements Decides {
  readonly request: AuthRequest<User, Fields>
  readonly #ctx: Context
  readonly #options: HttpAuthOptions<Context>
  /** The headers that earlier middleware has set. */
  readonly #before: OutgoingHttpHeaders
  readonly #held: LateHold
  #decided: ResponseHeaders | Promise<ResponseHeaders> | undefined

  /** Opens the request. */
  constructor(auth: Auth<User, Fields>, ctx: Context, options: HttpAuthOptions<Context>) {
    this.#ctx = ctx
    this.#options = options
    this.request = auth.open(new KoaRequestHead(ctx), this)
    this.#before = headersOn(ctx.res)
    this.#held = new LateHold(ctx.res, this)
  }
  status(): number {
    return this.#ctx.status
  }
  hold(): boolean {
    const isHeld = this.#held.begin()
    // What was decided before the first use is void: outer middleware that reads the user makes the page personal.
    if (isHeld) this.#decided = undefined
    return isHeld
  }
  breakOff(): void {
    const { res } = this.#ctx
    if (!res.writableEnded) nativeOf(res).breakOff()
  }

  /** The handler has answered. Rejects with errors that are bugs. `undefined` if nothing had to be stored. */
  done(): Promise<void> | undefined {
    const ctx = this.#ctx
    if (this.#decided !== undefined) return undefined
    if (ctx.respond === false || ctx.headerSent) {
      this.#atTheLatest(ctx.res.statusCode)
      return undefined
    }
    try {
      const headers = this.#decide(ctx.status)
      return headers instanceof Promise ? this.#stored(headers) : this.#send(headers)
    } catch (error) {
      this.#refused(error)
      return undefined
    }
  }

  async #stored(headers: Promise<ResponseHeaders>): Promise<void> {
    try {
      const stored = await headers
      this.#decided = stored
      this.#send(stored)
    } catch (error) {
      this.#refused(error)
    }
  }

  #refused(error: unknown): void {
    this.#decided = nothing
    if (!isAuthFailure(error)) throw error
    this.#replace(error)
  }

  #send({ cacheControl, clearSiteData, cookies, registration, varyOnCookie }: ResponseHeaders): undefined {
    const ctx = this.#ctx
    if (cookies.length > 0) ctx.append("Set-Cookie", [...cookies])
    if (varyOnCookie) ctx.vary("Cookie")
    if (clearSiteData !== undefined) ctx.set("Clear-Site-Data", clearSiteData)
    if (registration !== undefined) ctx.set("Secure-Session-Registration", registration)
    if (cacheControl !== undefined && !ctx.res.hasHeader("Cache-Control")) ctx.set("Cache-Control", cacheControl)
  }

  /** The handler threw. Rejects with errors that are bugs. */
  async failed(error: unknown): Promise<void> {
    if (!isAuthFailure(error)) {
      this.#atTheLatest(statusOf(error))
      throw error
    }
    if (discardsChanges(error)) this.request.discardChanges()
    this.#replace(error)
    await this.done()
  }

  #decide(status: number): ResponseHeaders | Promise<ResponseHeaders> {
    this.#decided = this.request.respond(status)
    return this.#decided
  }

  // ---- for the held response -------------------------------------------------------------------------------------

  respond(status: number): ResponseDecision | Promise<ResponseDecision> {
    const decided = this.#decided
    if (decided === undefined) {
      const headers = this.#decide(status)
      return headers instanceof Promise ? headers.then(sending) : sending(headers)
    }
    const { res } = this.#ctx
    // Other code answers while the session is being stored (a timeout, for example). If storing fails, that answer is
    // sent.
    return decided instanceof Promise
      ? decided.then(
          (headers) => sendMissing(res, headers),
          () => sending(nothing)
        )
      : sendMissing(res, decided)
  }

  onError(error: unknown): Replace {
    return { _tag: "Replace", ...this.#answerTo(error) }
  }

  #answerTo(error: unknown): FailureResponse {
    return answerTo(error, this.#ctx, this.#options)
  }

  /**
   * If the client has disconnected, the head may never be sent. The session is then decided when the response closes.
   */
  #atTheLatest(status: number): void {
    const { res } = this.#ctx
    const decide = async (): Promise<void> => {
      try {
        if (this.#decided === undefined) await this.#decide(status)
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
    // A response that was sent completely stays as it is. A partial one is broken off, so that it does not look
    // complete.
    else this.breakOff()
  }
}

/** A copy of the headers. Most responses have none yet, and an empty copy takes as long as the rest of this object. */
const headersOn = (res: ServerResponse): OutgoingHttpHeaders => {
  if (res.getHeaderNames().length === 0) return noHeaders
  const headers = res.getHeaders()
  if (headers["set-cookie"] !== undefined) headers["set-cookie"] = cookieLines(res)
  return headers
}

const noHeaders: OutgoingHttpHeaders = {}

/** Sends the cookies that are not on the response any more. */
const sendMissing = (res: ServerResponse, headers: ResponseHeaders): Send => {
  if (headers.cookies.length === 0) return sending(headers)
  const present = cookieLines(res)
  return sending({ ...headers, cookies: headers.cookies.filter((cookie) => !present.includes(cookie)) })
}

/** The status with which Koa answers an error. */
const statusOf = (error: unknown): number => {
  if (!(error instanceof Error)) return 500
  const status = ("status" in error && error.status) || ("statusCode" in error && error.statusCode)
  return typeof status === "number" && nodeHttp.STATUS_CODES[status] !== undefined ? status : 500
}
