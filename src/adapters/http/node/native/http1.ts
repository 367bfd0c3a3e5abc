import type { ServerResponse } from "node:http"
import { nodeHttp } from "../node-http.ts"
import { type Args, isFunction, type Method, type NativeResponse } from "./native.ts"

/**
 * A response of `node:http`.
 *
 * Node and some packages (those that read `res._header`) decide by one field whether the head is sent: `_header`, the
 * head as text. In Node these are `setHeader`, `appendHeader`, `removeHeader`, `setHeaders`, `writeHead` and
 * `headersSent`. While the field is set, they behave and throw as for a response that is sent, so nothing has to
 * be imitated. The field for the end, `finished`, is not changed: `server.close()` destroys connections whose response
 * is finished.
 */
export class Http1Response implements NativeResponse {
  readonly res: ServerResponse
  readonly repeatsNames = true

  constructor(res: ServerResponse) {
    this.res = res
  }
  get isDestroyed(): boolean {
    return this.res.destroyed
  }
  get statusMessage(): string {
    return this.res.statusMessage
  }
  set statusMessage(message: string) {
    this.res.statusMessage = message
  }
  refuseHead(args: Args): void {
    Reflect.apply(nodeHttp.ServerResponse.prototype.writeHead, this.res, args)
  }
  isFinal(status: unknown, message: unknown): boolean {
    const code = Number(status) | 0
    return code >= 200 && code <= 999 && !(typeof message === "string" && notInStatusMessage.test(message))
  }
  mayCarry(): boolean {
    return true
  }
  showAsSent(): void {
    Reflect.set(this.res, "_header", heldHead)
  }
  showAsUnsent(): void {
    Reflect.set(this.res, "_header", null)
  }
  send(status: number, body: string): void {
    Reflect.apply(nodeHttp.ServerResponse.prototype.writeHead, this.res, [status])
    Reflect.apply(nodeHttp.OutgoingMessage.prototype.end, this.res, [body])
  }
  showAsGone(): void {
    this.res.destroyed = true
    // Node emits `close` when the response is sent, unless this field says that it was emitted.
    Reflect.set(this.res, "_closed", true)
  }

  // How Node refuses a write or an end (its errors, the order of callback and event) is left to Node. These functions
  // of its prototype write nothing to a response that is finished or destroyed.
  refuseChunk(args: Args): void {
    Reflect.apply(nodeHttp.OutgoingMessage.prototype.write, this.res, args)
  }
  refuseWriteAfterEnd(args: Args): void {
    this.#whileFinished(nodeHttp.OutgoingMessage.prototype.write, args)
  }
  refuseSecondEnd(args: Args): void {
    this.#whileFinished(nodeHttp.OutgoingMessage.prototype.end, args)
  }
  refuseAsDestroyed(args: Args): void {
    const { destroyed, finished } = this.res
    this.res.destroyed = true
    this.res.finished = false
    Reflect.apply(nodeHttp.OutgoingMessage.prototype.write, this.res, ["", ...args.filter(isFunction)])
    this.res.destroyed = destroyed
    this.res.finished = finished
  }
  endAsSent(args: Args): void {
    Reflect.apply(nodeHttp.OutgoingMessage.prototype.end, this.res, args.filter(isFunction))
  }
  breakOff(): void {
    this.res.destroy()
  }

  #whileFinished(method: Method, args: Args): void {
    this.res.finished = true
    try {
      Reflect.apply(method, this.res, args)
    } finally {
      this.res.finished = false
    }
  }
}

/**
 * Stands for the head of a response that looks sent. Node's own `write` and `end`, called as methods of its class, would
 * send it.
 */
const heldHead = {
  [Symbol.toPrimitive](): never {
    throw new Error(notOwnMethod)
  },
  get length(): never {
    throw new Error(notOwnMethod)
  }
}
const notOwnMethod = "The session is not stored yet. Write with the methods of the response itself."

// Node: checkInvalidHeaderChar
const notInStatusMessage = /[^\t\x20-\x7e\x80-\xff]/
