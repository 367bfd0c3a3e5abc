/**
 * Cookies of a `Response` that is the body. Koa copies each header of the `Response` as one value over the present one.
 * This joins the cookies into one line, which browsers cannot parse, and removes the cookies that other code has set.
 */
import type { ServerResponse } from "node:http"
import type { Context, Response as KoaResponse } from "koa"
import { applicationOn } from "./context-properties.ts"

/**
 * The cookies on the response, as a new array: `ctx.cookies` (the package cookies) pushes into the array that is set.
 */
export const cookieLines = (res: ServerResponse): Array<string> =>
  [res.getHeader("Set-Cookie") ?? []].flat().map(String)

/**
 * From now on, the cookies of a `Response` are added as separate lines. A body that is already a `Response` is
 * repaired.
 */
export const keepCookieLines = (ctx: Context): void => {
  const { response } = ctx
  const body: unknown = response.body
  if (isResponse(body)) separate(response, body.headers)
  const shared: Shared = Object.getPrototypeOf(response)
  if (shared[isKept] !== true) replaceSetter(shared)
}

/** Most bodies are not objects. For them, Node does not have to load its `Response`, and the check takes less time. */
const isResponse = (body: unknown): body is Response =>
  typeof body === "object" && body !== null && body instanceof Response

/** Splits cookies that Koa has already joined. */
const separate = (response: KoaResponse, headers: Headers): void => {
  const joined = headers.get("Set-Cookie")
  const lines = cookieLines(response.res).flatMap((line) => (line === joined ? headers.getSetCookie() : [line]))
  if (lines.length > 0) response.set("Set-Cookie", lines)
}

/** The object from which an application of Koa makes its responses. */
interface Shared {
  [isKept]?: true
}

const isKept = Symbol("latchkey.keeps-cookie-lines")

/**
 * Replaces the setter of `body` once per application, so that no request has to define a property of its own. It does
 * more than before only for contexts that have `auth`.
 */
const replaceSetter = (shared: Shared): void => {
  const accessor = accessorOf(shared)
  const { set } = accessor
  const setBody = function (this: KoaResponse, value: unknown): void {
    const keeps = isResponse(value) && applicationOn(this.ctx) !== undefined
    const present = keeps ? cookieLines(this.res) : []
    if (set !== undefined) Reflect.apply(set, this, [value])
    if (!keeps || !value.headers.has("Set-Cookie")) return
    const missing = value.headers.getSetCookie().filter((line) => !present.includes(line))
    this.set("Set-Cookie", [...present, ...missing])
  }
  Object.defineProperty(shared, "body", { ...accessor, configurable: true, set: setBody })
  shared[isKept] = true
}

/** The accessor of `body` that Koa or another package has defined. */
const accessorOf = (response: object): PropertyDescriptor => {
  let at: object | null = response
  while (at !== null && !Object.hasOwn(at, "body")) at = Object.getPrototypeOf(at)
  return (at === null ? undefined : Object.getOwnPropertyDescriptor(at, "body")) ?? {}
}
