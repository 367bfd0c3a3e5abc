/** A response that is held, and that looks to its handler as if it had been sent. */
import { isUint8Array } from "node:util/types"
import type { Args, NativeResponse, NodeResponse } from "./native/native.ts"

/** One call that was held. */
export interface Call {
  readonly method: "write" | "end" | "flushHeaders"
  readonly args: Args
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
  readonly #native: NativeResponse

  constructor(native: NativeResponse, headWritten: boolean) {
    const { res } = native
    this.#native = native
    this.headWritten = headWritten
    this.status = res.statusCode
    this.message = native.statusMessage
    native.showAsSent()
    Object.defineProperties(res, {
      writableEnded: { configurable: true, get: () => this.ended },
      writableLength: { configurable: true, get: () => this.#length },
      writableNeedDrain: { configurable: true, get: () => this.owesDrain && !this.ended && !native.isDestroyed }
    })
  }

  /** @throws Node's error for a head that was sent */
  writeHead(args: Args): NodeResponse {
    this.#native.refuseHead(args)
    return this.#native.res
  }

  write(args: Args): false {
    const chunk = args[0]
    if (!isChunk(chunk)) this.#native.refuseChunk(args)
    else if (this.ended) this.#native.refuseWriteAfterEnd(args)
    else if (this.#native.isDestroyed) this.#native.refuseAsDestroyed(args)
    else {
      this.calls.push({ method: "write", args })
      this.#length += chunk.length
      this.owesDrain = true
    }
    return false
  }

  end(args: Args): NodeResponse {
    const chunk = typeof args[0] === "function" ? undefined : args[0]
    if (this.ended && chunk) this.#native.refuseSecondEnd(args)
    else {
      if (chunk && !isChunk(chunk)) this.#native.refuseChunk(args)
      this.calls.push({ method: "end", args })
      if (isChunk(chunk)) this.#length += chunk.length
      this.ended = true
    }
    return this.#native.res
  }

  flushHeaders(): void {
    this.calls.push({ method: "flushHeaders", args: [] })
  }

  /** Ends the pretence: the response again is what it is, unsent. */
  lift(): void {
    const { res } = this.#native
    this.#native.showAsUnsent()
    for (const name of ["writableEnded", "writableLength", "writableNeedDrain"]) Reflect.deleteProperty(res, name)
  }
}
