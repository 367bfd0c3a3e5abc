/**
 * Cookies of a `Response` that is the body. Koa copies each header of the `Response` as one value over the present one.
 * This joins the cookies into one line, which browsers cannot parse, and removes the cookies that other code has set.
 */
import type { ServerResponse } from "node:http"
import type { Response as KoaResponse } from "koa"
import type { AnsweringContext } from "./replace-answer.ts"

/**
 * The cookies on the response, as a new array: `ctx.cookies` (the package cookies) pushes into the array that is set.
 */
export const cookieLines = (res: ServerResponse): Array<string> =>
  [res.getHeader("Set-Cookie") ?? []].flat().map(String)

/**
 * From now on, the cookies of a `Response` are added as separate lines. A body that is already a `Response` is
 * repaired.
 */
export const keepCookieLines = (ctx: AnsweringContext): void => {
  const { response } = ctx
  if (ctx.body instanceof Response) separate(response, ctx.body.headers)
  Object.defineProperty(response, "body", body)
}

/** Splits cookies that Koa has already joined. */
const separate = (response: KoaResponse, headers: Headers): void => {
  const joined = headers.get("Set-Cookie")
  const lines = cookieLines(response.res).flatMap((line) => (line === joined ? headers.getSetCookie() : [line]))
  if (lines.length > 0) response.set("Set-Cookie", lines)
}

// The same functions are used for all responses, for the reason given in `context-properties.ts`.
const body: PropertyDescriptor = {
  configurable: true,
  get: function (this: KoaResponse): unknown {
    return Reflect.get(this.app.response, "body", this)
  },
  set: function (this: KoaResponse, value: unknown): void {
    const present = value instanceof Response ? cookieLines(this.res) : []
    Reflect.set(this.app.response, "body", value, this)
    if (!(value instanceof Response)) return
    const missing = value.headers.getSetCookie().filter((line) => !present.includes(line))
    if (value.headers.has("Set-Cookie")) this.set("Set-Cookie", [...present, ...missing])
  }
}
