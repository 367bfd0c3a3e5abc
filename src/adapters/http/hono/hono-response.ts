/**
 * Changes the response of a context. Setting `c.res` merges the headers of the previous response into the new one, and
 * drops the new one's cookies if the previous one had any. So `c.res` has to be unset first.
 */
import type { Context } from "hono"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { carrying } from "../fetch/fetch-response.ts"

/** Adds latchkey's headers to the response. */
export const sendWith = (c: Context, headers: ResponseHeaders): void => {
  if (!c.finalized || (headers.cookies.length === 0 && !headers.varyOnCookie)) return
  const response = carrying(c.res, headers)
  if (response !== c.res) put(c, response)
}

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
