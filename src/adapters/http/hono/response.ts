/**
 * The response of a context. Setting `c.res` merges the headers of the one before into the new one, whose cookies are
 * dropped if that had any: it has to be unset first.
 */
import type { Context } from "hono"
import type { ResponseHeaders } from "../../interpreter/respond.ts"
import { carrying } from "../fetch/response.ts"

/** Adds what the response has to carry. */
export const sendWith = (c: Context, headers: ResponseHeaders): void => {
  if (!c.finalized || (headers.cookies.length === 0 && !headers.varyOnCookie)) return
  const response = carrying(c.res, headers)
  if (response !== c.res) put(c, response)
}

/** Puts another response in the place of the handler's. Of the headers only those of CORS stay, with their `Vary`. */
export const replace = (c: Context, response: Response): void => {
  for (const [name, value] of c.res.headers)
    if (name === "vary" || name.startsWith("access-control-")) response.headers.append(name, value)
  put(c, response)
}

const put = (c: Context, response: Response): void => {
  c.res = undefined
  c.res = response
}
