import type { Http2ServerResponse } from "node:http2"
import { Writable } from "node:stream"
import { type Args, isFunction, type Method, type NativeResponse } from "./native.ts"

/**
 * A response of `node:http2` in its compatibility API. It hands everything to the stream beneath, and asks that stream
 * whether the head has left. So does Node when it closes streams: the stream itself must not say so too early.
 */
export class Http2Response implements NativeResponse {
  readonly res: Http2ServerResponse
  /** HTTP/2 has no status text, and Node warns of code that reads or sets it. */
  statusMessage = ""
  /** What {@link showAsSent} has put on the response, and what was there. */
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
  get writeHead(): Method {
    return this.#own.writeHead
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
    // Not by `res.end(body)`, which calls `res.write`: that may be a wrapper's. A stream that carries no body has ended.
    if (body !== "" && !res.stream.writableEnded) res.stream.write(body)
    Reflect.apply(this.#own.end, res, [])
  }
  showAsGone(): void {
    // A pipeline that fails destroys its target, and with it the stream on which the answer is leaving.
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

  /** What this method of Node's does once the head has left: it throws, or does nothing. */
  #asSent(method: Method, args: Args): unknown {
    const { res } = this
    Object.defineProperty(res.stream, "headersSent", { configurable: true, value: true })
    try {
      return Reflect.apply(method, res, args)
    } finally {
      Reflect.deleteProperty(res.stream, "headersSent")
    }
  }

  /** Node's class itself: importing `node:http2` would take 30 ms from applications that never use it. */
  get #own(): Http2ServerResponse {
    let prototype: Http2ServerResponse = Object.getPrototypeOf(this.res)
    while (!Object.hasOwn(prototype, "createPushResponse")) prototype = Object.getPrototypeOf(prototype)
    return prototype
  }
}

/** Methods that ask whether the head has left, besides those that every held response takes over. */
const asksForHead = ["setHeader", "appendHeader", "removeHeader", "writeInformation"]

/** Headers of a connection of HTTP/1 (RFC 9113 section 8.2.2). */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade"
])
