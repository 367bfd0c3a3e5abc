/**
 * A response that is held, and that looks to its handler as if it had been sent.
 *
 * Node's `setHeader`, `appendHeader`, `removeHeader`, `setHeaders`, `writeHead`, `headersSent`, and packages that look
 * for themselves (`res._header`), all ask one field whether the head has left: the rendered head, `_header`. While it
 * holds a text, they behave and throw as they always do, and there is nothing to imitate. The field for the end,
 * `finished`, stays untouched: `server.close()` destroys connections whose response says it is finished.
 */
import { OutgoingMessage, ServerResponse } from "node:http"
import { isUint8Array } from "node:util/types"

/** One call that was held. */
export interface Call {
  readonly method: "write" | "end" | "flushHeaders"
  readonly args: ReadonlyArray<unknown>
}

/** Whether Node would take this as a piece of a body. */
export const isChunk = (chunk: unknown): chunk is string | Uint8Array =>
  typeof chunk === "string" || isUint8Array(chunk)

export class AsSent {
  /** What the handler wrote, in order. */
  readonly calls: Array<Call> = []
  /** Whether the handler called `end`. */
  ended = false
  /** Whether the handler called `writeHead`; its arguments are on the response. */
  readonly headWritten: boolean
  /** The status and message to send. What is set on the response later is too late. */
  readonly status: number
  readonly message: string
  /** Whether the handler was told to wait for `drain`. */
  owesDrain = false
  #length = 0
  readonly #res: ServerResponse

  constructor(res: ServerResponse, headWritten: boolean) {
    this.#res = res
    this.headWritten = headWritten
    this.status = res.statusCode
    this.message = res.statusMessage
    Reflect.set(res, "_header", "held\r\n\r\n")
    Object.defineProperties(res, {
      writableEnded: { configurable: true, get: () => this.ended },
      writableLength: { configurable: true, get: () => this.#length },
      writableNeedDrain: { configurable: true, get: () => this.owesDrain && !this.ended && !res.destroyed }
    })
  }

  /** @throws ERR_HTTP_HEADERS_SENT, always */
  writeHead(args: ReadonlyArray<unknown>): ServerResponse {
    return Reflect.apply(ServerResponse.prototype.writeHead, this.#res, args)
  }

  write(args: ReadonlyArray<unknown>): false {
    const chunk = args[0]
    if (this.ended || this.#res.destroyed || !isChunk(chunk)) return this.#refuseWrite(args)
    this.calls.push({ method: "write", args })
    this.#length += chunk.length
    this.owesDrain = true
    return false
  }

  end(args: ReadonlyArray<unknown>): ServerResponse {
    const chunk = typeof args[0] === "function" ? undefined : args[0]
    if (this.ended && chunk) return this.#refuseEnd(args)
    if (chunk && !isChunk(chunk)) this.#refuseWrite(args)
    this.calls.push({ method: "end", args })
    if (isChunk(chunk)) this.#length += chunk.length
    this.ended = true
    return this.#res
  }

  flushHeaders(): void {
    this.calls.push({ method: "flushHeaders", args: [] })
  }

  /** Ends the pretence: the response again is what it is, unsent. */
  lift(): void {
    Reflect.set(this.#res, "_header", null)
    for (const name of ["writableEnded", "writableLength", "writableNeedDrain"]) Reflect.deleteProperty(this.#res, name)
  }

  // What Node does with a write or an end that it will not take (its errors, its order of callback and event) is left
  // to Node: these functions of its prototype write nothing to a response that is finished.
  #refuseWrite(args: ReadonlyArray<unknown>): false {
    this.#res.finished = this.ended
    try {
      Reflect.apply(OutgoingMessage.prototype.write, this.#res, args)
      return false
    } finally {
      this.#res.finished = false
    }
  }

  #refuseEnd(args: ReadonlyArray<unknown>): ServerResponse {
    this.#res.finished = true
    try {
      return Reflect.apply(OutgoingMessage.prototype.end, this.#res, args)
    } finally {
      this.#res.finished = false
    }
  }
}
