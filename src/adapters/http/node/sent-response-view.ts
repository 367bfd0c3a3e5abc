/** A response that is held back, while its handler sees it as already sent. */
import { isUint8Array } from "node:util/types"
import type { Args, NativeResponse, NodeResponse } from "./native/native.ts"

/** One call of the handler that was held back. */
export interface Call {
  readonly method: "write" | "end" | "flushHeaders"
  readonly args: Args
}

/** Whether Node would accept this as a chunk of a body. */
export const isChunk = (chunk: unknown): chunk is string | Uint8Array =>
  typeof chunk === "string" || isUint8Array(chunk)

/** The property of a response that holds its view, while the response looks as if it was sent. */
const shown = Symbol.for("latchkey.sent-response-view")

interface Shown {
  [shown]?: SentResponseView | undefined
}

/** Whether a response is held back, and only looks as if it was sent. */
export const looksSent = (res: NodeResponse & Shown): boolean => res[shown] !== undefined

/**
 * All responses share these functions, and keep them after {@link SentResponseView.lift}: an accessor of its own, or a
 * deleted property, makes V8 store the response as a dictionary, which is slow.
 */
const accessor = <Value>(name: string, of: (view: SentResponseView) => Value): PropertyDescriptor => ({
  configurable: true,
  get(this: Shown): Value {
    const view = this[shown]
    return view === undefined ? Reflect.get(Object.getPrototypeOf(this), name, this) : of(view)
  }
})

const accessors: PropertyDescriptorMap = {
  writableEnded: accessor("writableEnded", (view) => view.ended),
  writableLength: accessor("writableLength", (view) => view.length),
  writableNeedDrain: accessor("writableNeedDrain", (view) => view.needsDrain)
}

export class SentResponseView {
  /** The handler's calls, in order. */
  readonly calls: Array<Call> = []
  ended = false
  /** Whether the handler called `writeHead`. Its arguments are already set on the response. */
  readonly headWritten: boolean
  /** The status and message to send. What the handler sets on the response after this is ignored. */
  readonly status: number
  readonly message: string
  /** Whether `write` returned `false`, so that the handler waits for `drain`. */
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
    Object.defineProperties(res, accessors)
    this.#show(this)
  }

  get length(): number {
    return this.#length
  }
  get needsDrain(): boolean {
    return this.owesDrain && !this.ended && !this.#native.isDestroyed
  }

  /** @throws the error that Node throws when the head is already sent */
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

  /** The response no longer looks sent. */
  lift(): void {
    this.#native.showAsUnsent()
    this.#show(undefined)
  }

  #show(view: SentResponseView | undefined): void {
    const res: NodeResponse & Shown = this.#native.res
    res[shown] = view
  }
}
