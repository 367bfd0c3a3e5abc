import type { Http2ServerResponse } from "node:http2"
import { Writable } from "node:stream"
import { type Args, isFunction, type Method, type NativeResponse } from "./native.ts"

/**
 * A response of the compatibility API of `node:http2`. It passes everything to its stream, and asks the stream whether
 * the head is sent. Node asks the stream too when it closes streams, so the stream itself must not say so too early.
 */
export class Http2Response implements NativeResponse {
  readonly res: Http2ServerResponse
  readonly repeatsNames = false
  /** HTTP/2 has no status text, and Node prints a warning when code reads or sets it. */
  statusMessage = ""
  /** The properties that {@link showAsSent} has set on the response, and the previous ones. */
  readonly #shown = new Map<
    string,
    { readonly put: PropertyDescriptor; readonly was: PropertyDescriptor | undefined }
  >()

  constructor(res: Http2ServerResponse) {
    this.res = res
  }
  get isDestroyed(): boolean {
    const { destroyed, stream } = this.res
    return destroyed || stream.destroyed || stream.closed
  }
  refuseHead(args: Args): void {
    this.#asSent(this.#own.writeHead, args)
  }
  isFinal(status: unknown): boolean {
    const code = Number(status) | 0
    return code >= 200 && code <= 599
  }
  mayCarry(name: string): boolean {
    return !ofConnection.has(name.toLowerCase())
  }
  showAsSent(): void {
    this.#show("headersSent", { get: () => true })
    for (const name of asksForHead) {
      const method = Reflect.get(this.#own, name)
      this.#show(name, { writable: true, value: (...args: Args) => this.#asSent(method, args) })
    }
  }
  showAsUnsent(): void {
    for (const [name, { put, was }] of this.#shown) {
      const present = Object.getOwnPropertyDescriptor(this.res, name)
      if (present?.value !== put.value || present?.get !== put.get) continue
      if (was === undefined) Reflect.deleteProperty(this.res, name)
      else Object.defineProperty(this.res, name, was)
    }
    this.#shown.clear()
  }
  send(status: number, body: string): void {
    const { res } = this
    Reflect.apply(this.#own.writeHead, res, [status])
    // Not `res.end(body)`, which calls `res.write`: another package may have replaced that. Without a body the stream
    // has already ended.
    if (body !== "" && !res.stream.writableEnded) res.stream.write(body)
    Reflect.apply(this.#own.end, res, [])
  }
  showAsGone(): void {
    // A failing pipeline destroys its target. That would destroy the stream which is sending the answer.
    Object.defineProperties(this.res, {
      destroyed: { configurable: true, value: true },
      destroy: { configurable: true, value: () => this.res }
    })
  }
  refuseChunk(args: Args): void {
    Reflect.apply(Writable.prototype.write, new Writable(), args)
  }
  refuseWriteAfterEnd(args: Args): void {
    const ended = new Writable()
    ended.on("error", (error) => this.res.destroy(error))
    ended.end()
    Reflect.apply(Writable.prototype.write, ended, ["", ...args.filter(isFunction)])
  }
  refuseSecondEnd(args: Args): void {
    this.endAsSent(args)
  }
  refuseAsDestroyed(args: Args): void {
    Reflect.apply(Writable.prototype.write, new Writable().destroy(), ["", ...args.filter(isFunction)])
  }
  endAsSent(args: Args): void {
    for (const argument of args) if (typeof argument === "function") process.nextTick(argument)
  }
  breakOff(): void {
    // Without an error the stream would be closed with NO_ERROR.
    this.res.destroy(new Error("the response was broken off"))
  }

  #show(name: string, descriptor: PropertyDescriptor): void {
    const put = { ...descriptor, configurable: true }
    this.#shown.set(name, { put, was: Object.getOwnPropertyDescriptor(this.res, name) })
    Object.defineProperty(this.res, name, put)
  }

  /** Calls Node's method as if the head was sent: it then throws, or does nothing. */
  #asSent(method: Method, args: Args): unknown {
    const { res } = this
    Object.defineProperty(res.stream, "headersSent", { configurable: true, value: true })
    try {
      return Reflect.apply(method, res, args)
    } finally {
      Reflect.deleteProperty(res.stream, "headersSent")
    }
  }

  /**
   * Node's own class, found by its prototype: importing `node:http2` costs 30 ms, also in applications that never use
   * it.
   */
  get #own(): Http2ServerResponse {
    let prototype: Http2ServerResponse = Object.getPrototypeOf(this.res)
    while (!Object.hasOwn(prototype, "createPushResponse")) prototype = Object.getPrototypeOf(prototype)
    return prototype
  }
}

/** Methods that check whether the head is sent, besides the four that every held response replaces. */
const asksForHead = ["setHeader", "appendHeader", "removeHeader", "writeInformation"]

/** Headers about an HTTP/1 connection, which HTTP/2 forbids (RFC 9113 section 8.2.2). */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade"
])
