/**
 * One response of Node's http or http2 server, held back until it is decided what is sent with it.
 *
 * | state     | answer, condition                 | next      | what happens                                         |
 * | --------- | --------------------------------- | --------- | ---------------------------------------------------- |
 * | (start)   | a method was replaced before      | Open      |                                                      |
 * | (start)   | no method was replaced before     | Prepared  | latchkey's methods pass every call on to Node        |
 * | Prepared  | the request is first used         | Open      |                                                      |
 * | Prepared  | a first call                      | Passing   | the request can only be read from now on             |
 * | Open      | a first call, decided immediately | (decided) | `writeHead`, `write`, `end` or `flushHeaders`        |
 * | Open      | a first call, to be decided later | Held      | later calls are kept; they behave as if the response |
 * |           |                                   |           | was sent                                             |
 * | Held      | the decision                      | (decided) |                                                      |
 * | (decided) | to send the handler's response    | Passing   | the calls go to Node                                 |
 * | (decided) | to send another response          | Replaced  | the calls are dropped; their callbacks are called    |
 *
 * Some calls do not call `respond`. An informational head (1xx) is not the response. Arguments that Node will refuse
 * are passed to Node, which throws its error.
 *
 * The methods of Node's class, and of an HTTP/2 stream, can send the head without asking. After that it is too late for a
 * cookie. A response that would need one is broken off: no client takes the change for stored.
 *
 * What happens before Open is in `late-hold.ts`.
 */

import { DivertedDrain } from "./diverted-drain.ts"
import type { Args, NativeResponse, NodeResponse } from "./native/native.ts"
import { abandon, dropAll, dropEnd, dropWrite, replay, sendInstead } from "./replay.ts"
import { lastResort, type Replace, type ResponseDecision } from "./response-decision.ts"
import * as Head from "./response-head.ts"
import { install, type MethodSlots, type Methods, methodsOf, replaceOldName } from "./response-methods.ts"
import { isChunk, SentResponseView } from "./sent-response-view.ts"

/** Decides what is sent. */
export interface Decides {
  /** Decides what is sent with a response of this status (200 to 999). */
  respond(status: number): ResponseDecision | Promise<ResponseDecision>
  /** Makes the answer for the client when `respond` fails. If this fails too, the client gets an empty 500. */
  onError(error: unknown): Replace | Promise<Replace>
}

/**
 * Replaces `writeHead`, `write`, `end` and `flushHeaders` of a response that has not begun, until its head is sent.
 *
 * The first of these calls calls `respond` once, with the status that would be sent. If `respond` returns an outcome,
 * it is applied immediately, and the call goes on to Node in the same tick. If it returns a promise, the response
 * behaves as if it was sent until the promise settles, and the handler's calls are kept. `respond` is called, and runs
 * to its end, also when the client has disconnected. It is not called if the handler never writes.
 */
export const holdResponse = (native: NativeResponse, decides: Decides): void => {
  new Hold(native, decides)
}

type State = "Open" | SentResponseView | "Passing" | "Replaced"

/** What {@link holdResponse} does. */
export class Hold {
  readonly #native: NativeResponse
  readonly #res: NodeResponse
  readonly #decides: Decides
  /** The methods before the replacement: Node's, or those of a package that replaced them earlier. */
  readonly #beneath: Methods
  readonly #installed: Methods
  readonly #diverted: DivertedDrain | undefined
  #state: State = "Open"

  /** @param prepared the methods that are on the response already, and call those of the hold */
  constructor(native: NativeResponse, decides: Decides, prepared?: Methods) {
    const { res } = native
    this.#native = native
    this.#res = res
    this.#decides = decides
    replaceOldName(res)
    if (prepared !== undefined) {
      this.#beneath = methodsOf(Object.getPrototypeOf(res))
      this.#installed = prepared
      return
    }
    this.#beneath = methodsOf(res)
    this.#installed = {
      writeHead: (...args: Args) => this.writeHead(args),
      write: (...args: Args) => this.write(args),
      end: (...args: Args) => this.end(args),
      flushHeaders: () => this.flushHeaders()
    }
    install(res, this.#installed)
    this.#diverted = DivertedDrain.watch(res)
  }

  // ---- what the handler calls --------------------------------------------------------------------------------------

  writeHead(args: Args): unknown {
    const res = this.#res
    if (this.#state instanceof SentResponseView) return this.#state.writeHead(args)
    if (this.#state !== "Open" || res.headersSent || !Head.absorb(this.#native, args[0], args[1], args[2])) {
      return Reflect.apply(this.#beneath.writeHead, res, args)
    }
    return this.#decide("writeHead") === "Passing" ? Reflect.apply(this.#beneath.writeHead, res, [res.statusCode]) : res
  }

  write(args: Args): unknown {
    if (this.#state === "Open" && !isChunk(args[0])) this.#native.refuseChunk(args)
    const state = this.#state === "Open" ? this.#decide("write") : this.#state
    if (state instanceof SentResponseView) return state.write(args)
    if (state === "Replaced") return dropWrite(this.#native, args)
    return Reflect.apply(this.#beneath.write, this.#res, args)
  }

  end(args: Args): unknown {
    const chunk = args[0]
    if (this.#state === "Open" && chunk && typeof chunk !== "function" && !isChunk(chunk))
      this.#native.refuseChunk(args)
    const state = this.#state === "Open" ? this.#decide("end") : this.#state
    if (state instanceof SentResponseView) return state.end(args)
    if (state === "Replaced") return dropEnd(this.#native, args)
    return Reflect.apply(this.#beneath.end, this.#res, args)
  }

  flushHeaders(): void {
    const state = this.#state === "Open" ? this.#decide("flushHeaders") : this.#state
    if (state instanceof SentResponseView) state.flushHeaders()
    else if (state !== "Replaced") Reflect.apply(this.#beneath.flushHeaders, this.#res, [])
  }

  // ---- the decision ------------------------------------------------------------------------------------------------

  /**
   * Calls `respond`, and applies an outcome that is known immediately.
   *
   * @returns the new state; `Open` if `respond` was not called
   */
  #decide(first: keyof Methods): State {
    const res = this.#res
    if (!this.#native.isFinal(res.statusCode, this.#native.statusMessage)) return "Open"
    if (res.headersSent) return this.#decideTooLate()
    const answer = this.#answer(res.statusCode)
    if ("_tag" in answer) return this.#apply(answer, first === "end")
    const held = new SentResponseView(this.#native, first === "writeHead")
    this.#state = held
    void this.#release(held, answer)
    return held
  }

  /**
   * The head was sent without asking. The session is written all the same.
   *
   * @throws if the head lacks a cookie
   */
  #decideTooLate(): "Passing" {
    this.#state = "Passing"
    this.#uninstall()
    const answer = this.#answer(this.#res.statusCode)
    if ("_tag" in answer && answer._tag === "Send" && answer.cookies.length === 0) return "Passing"
    this.#native.breakOff()
    throw new Error("The head was sent before the session was stored. Send it with the methods of the response itself.")
  }

  /** The outcome of `respond`, or of its failure. A promise that is returned does not reject. */
  #answer(status: number): ResponseDecision | Promise<ResponseDecision> {
    try {
      const answer = this.#decides.respond(status)
      return "_tag" in answer ? answer : answer.catch((error) => this.#answerTo(error))
    } catch (error) {
      return this.#answerTo(error)
    }
  }

  async #answerTo(error: unknown): Promise<ResponseDecision> {
    try {
      return await this.#decides.onError(error)
    } catch {
      return lastResort
    }
  }

  #apply(outcome: ResponseDecision, ended: boolean): "Passing" | "Replaced" {
    const res = this.#res
    this.#state = "Passing"
    if (outcome._tag === "Send") {
      this.#uninstall()
      Head.add(res, outcome)
      return "Passing"
    }
    sendInstead(this.#native, outcome, ended)
    this.#state = "Replaced"
    return "Replaced"
  }

  async #release(held: SentResponseView, answer: Promise<ResponseDecision>): Promise<void> {
    const outcome = await answer
    const res = this.#res
    try {
      held.lift()
      if (this.#native.isDestroyed) {
        this.#state = "Passing"
        abandon(this.#native, held, this.#beneath)
      } else if (this.#apply(outcome, held.ended) === "Passing")
        replay(this.#native, held, this.#beneath, this.#diverted)
      else dropAll(this.#native, held)
    } catch (error) {
      // Node finds some errors only while it writes (such as a wrong Content-Length). There is no caller to throw them
      // to.
      res.destroy(error instanceof Error ? error : undefined)
    }
  }

  /** Restores the methods, except those that another package has replaced since: its methods call ours. */
  #uninstall(): void {
    const res: MethodSlots = this.#res
    const installed = this.#installed
    const beneath = this.#beneath
    if (res.writeHead === installed.writeHead) res.writeHead = beneath.writeHead
    if (res.write === installed.write) res.write = beneath.write
    if (res.end === installed.end) res.end = beneath.end
    if (res.flushHeaders === installed.flushHeaders) res.flushHeaders = beneath.flushHeaders
    this.#diverted?.stop()
  }
}
