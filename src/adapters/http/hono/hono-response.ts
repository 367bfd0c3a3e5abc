/**
 * Changes the response of a context. Setting `c.res` merges the headers of the previous response into the new one, and
 * drops the new one's cookies if the previous one had any. So `c.res` has to be unset first.
 */
import type { Context } from "hono"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { nothing } from "../../request/session/response-headers.ts"
import { carrying } from "../fetch/fetch-response.ts"

/** The response of a context. A class, for the reason given at `HttpAuthRequest`. */
export class HonoResponse {
  readonly #context: Context
  #isDecided = false

  constructor(context: Context) {
    this.#context = context
  }
  status(): number {
    return this.#context.finalized ? this.#context.res.status : 200
  }
  /** The request is first used. If its page was decided before, outer middleware now makes it personal. */
  hold(): true {
    if (this.#isDecided) this.#add(personal)
    return true
  }
  /** Adds latchkey's headers to the response. */
  send(headers: ResponseHeaders): void {
    this.#isDecided = true
    this.#add(headers)
  }
  #add(headers: ResponseHeaders): void {
    const c = this.#context
    if (!c.finalized || (headers.cookies.length === 0 && !headers.varyOnCookie)) return
    const response = carrying(c.res, headers)
    if (response !== c.res) put(c, response)
  }
}

const personal: ResponseHeaders = { ...nothing, varyOnCookie: true }

/** Replaces the handler's response. Of its headers only those of CORS and `Vary` are kept. */
export const replace = (c: Context, response: Response): void => {
  for (const [name, value] of c.res.headers)
    if (name === "vary" || name.startsWith("access-control-")) response.headers.append(name, value)
  put(c, response)
}

const put = (c: Context, response: Response): void => {
  c.res = undefined
  c.res = response
}
