/**
 * The cookies of a `Response` that is the body. Koa copies its headers each as one value in place of what stood there,
 * which joins its cookies into one line that no browser understands, and drops those of everybody else.
 */
import type { ServerResponse } from "node:http"
import type { Response as KoaResponse } from "koa"
import type { AnsweringContext } from "./answer.ts"

/** A new list of what stands on the response: the package cookies, which is `ctx.cookies`, pushes into the one there. */
export const cookieLines = (res: ServerResponse): Array<string> =>
  [res.getHeader("Set-Cookie") ?? []].flat().map(String)

/** From now on cookies of a `Response` are lines of their own after those that are there; one there already stays. */
export const keepCookieLines = (ctx: AnsweringContext): void => {
  const { response } = ctx
  if (ctx.body instanceof Response) separate(response, ctx.body.headers)
  Object.defineProperty(response, "body", body)
}

/** Takes apart what Koa has joined before. */
const separate = (response: KoaResponse, headers: Headers): void => {
  const joined = headers.get("Set-Cookie")
  const lines = cookieLines(response.res).flatMap((line) => (line === joined ? headers.getSetCookie() : [line]))
  if (lines.length > 0) response.set("Set-Cookie", lines)
}

// The same functions for all responses, as with what the context shows: see `exposed.ts`.
const body: PropertyDescriptor = {
  configurable: true,
  get: function (this: KoaResponse): unknown {
    return Reflect.get(this.app.response, "body", this)
  },
  set: function (this: KoaResponse, value: unknown): void {
    const present = cookieLines(this.res)
    Reflect.set(this.app.response, "body", value, this)
    if (!(value instanceof Response)) return
    const missing = value.headers.getSetCookie().filter((line) => !present.includes(line))
    if (value.headers.has("Set-Cookie")) this.set("Set-Cookie", [...present, ...missing])
  }
}
