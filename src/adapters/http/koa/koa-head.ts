import type { ExtendableContext } from "koa"
import { NodeRequestHead } from "../node/node-head.ts"

/** The request as the client sent it, also if middleware has changed `ctx.method` or `ctx.url`. */
export class KoaRequestHead extends NodeRequestHead {
  readonly #ctx: ExtendableContext

  constructor(ctx: ExtendableContext) {
    super(ctx.req)
    this.#ctx = ctx
  }
  override get method(): string {
    const { request } = this.#ctx
    // Method overrides for Koa set `originalMethod`. It is used if Node did not publish the request (see
    // `request-line.ts`).
    const left: unknown = "originalMethod" in request ? request.originalMethod : undefined
    return super.method === this.rewrittenMethod && typeof left === "string" ? left : super.method
  }
  override get target(): string {
    return super.target === this.#ctx.url ? this.#ctx.originalUrl : super.target
  }
}
