/** Responses as values: what they become on their way out. */
import { addVary } from "../../../core/http/vary.ts"
import type { ResponseHeaders } from "../../interpreter/respond.ts"
import { type FailureResponse, serverError } from "../failure.ts"

/** Whether this is a `Response`, of this realm or of another: bundled runtimes and servers bring classes of their own. */
export const isResponse = (value: unknown): value is Response =>
  value instanceof Response || Object.prototype.toString.call(value) === "[object Response]"

/** The status that the session's fate goes by. `Response.error()` has none: it is a failure. */
export const statusOf = (response: Response): number => (response.type === "error" ? 500 : response.status)

/**
 * The response with what it has to carry.
 *
 * Cookies are put on a copy: a handler may return one `Response` to many clients. So is `Vary` where the headers cannot
 * be changed (a redirect, what `fetch` returned). The copy streams the same body. An upgrade (101) cannot be copied
 * everywhere, goes to one client, and is not cached. `Response.error()` carries nothing.
 */
export const carrying = (response: Response, headers: ResponseHeaders): Response => {
  const { cookies, varyOnCookie } = headers
  if (response.type === "error") return response
  if (response.status === 101)
    return cookies.length === 0 ? response : inPlace(response, { cookies, varyOnCookie: false })
  if (cookies.length > 0) return addTo(copyOf(response), headers)
  return varyOnCookie ? inPlace(response, headers) : response
}

/** All that the response has, as init: some runtimes keep a socket there. */
const copyOf = (response: Response): Response => new Response(response.body, response)

const inPlace = (response: Response, added: ResponseHeaders): Response => {
  try {
    return addTo(response, added)
  } catch {
    return addTo(copyOf(response), added)
  }
}

const addTo = (response: Response, { cacheControl, cookies, varyOnCookie }: ResponseHeaders): Response => {
  const { headers } = response
  if (cacheControl !== undefined && !headers.has("cache-control")) headers.set("cache-control", cacheControl)
  if (varyOnCookie) headers.set("vary", addVary(headers.get("vary") ?? undefined, "Cookie"))
  for (const cookie of cookies) headers.append("set-cookie", cookie)
  return response
}

/** Lets go of a response that nobody will get: what its body holds open is closed. */
export const discard = (response: Response): void => {
  response.body?.cancel().catch(() => {})
}

/** The response to a failure. What an application made of it may be none: then it is a plain 500. */
export const failureToResponse = (failure: FailureResponse): Response => {
  try {
    return toResponse(failure)
  } catch (error) {
    console.error(error)
    return toResponse(serverError)
  }
}

const toResponse = ({ body, headers, status }: FailureResponse): Response =>
  new Response(body === "" ? null : body, { status, headers })
