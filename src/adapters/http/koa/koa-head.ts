import type { ExtendableContext } from "koa"
import type { RequestHead } from "../../../core/http/request-head.ts"
import { NodeRequestHead } from "../node/node-head.ts"

/**
 * The request as the client sent it, also if middleware has changed `ctx.method` or `ctx.url`. Not a subclass: V8 moves
 * objects of subclasses, and all that they refer to, out of the young generation of its heap, which takes half of the
 * time of a small request.
 */
export class KoaRequestHead implements RequestHead {
  readonly #ctx: ExtendableContext
  readonly #sent: NodeRequestHead

  constructor(ctx: ExtendableContext) {
    this.#ctx = ctx
    this.#sent = new NodeRequestHead(ctx.req)
  }
  get method(): string {
    const { method } = this.#sent
    const { request } = this.#ctx
    // Method overrides for Koa set `originalMethod`. It is used if Node did not publish the request (see
    // `request-line.ts`).
    const left: unknown = "originalMethod" in request ? request.originalMethod : undefined
    return method === this.rewrittenMethod && typeof left === "string" ? left : method
  }
  get rewrittenMethod(): string {
    return this.#sent.rewrittenMethod
  }
  get target(): string {
    const { target } = this.#sent
    return target === this.#ctx.url ? this.#ctx.originalUrl : target
  }
  get headers(): RequestHead["headers"] {
    return this.#sent.headers
  }
  find(name: string): string | undefined {
    return this.#sent.find(name)
  }
  get hasNoBody(): boolean {
    return this.#sent.hasNoBody
  }
  get transport(): RequestHead["transport"] {
    return this.#sent.transport
  }
}
