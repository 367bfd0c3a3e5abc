/** Changes responses before they are sent. */
import { addVary } from "../../../core/http/headers/vary.ts"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { type FailureResponse, serverError } from "../failure-response.ts"

/**
 * Whether this is a `Response`, also of another realm: bundled runtimes and servers have `Response` classes of their
 * own.
 */
export const isResponse = (value: unknown): value is Response =>
  value instanceof Response || Object.prototype.toString.call(value) === "[object Response]"

/**
 * The status that decides whether the session is written. `Response.error()` has the status 0 and counts as 500. Only
 * the status is read: `@hono/node-server` makes a whole `Response` as soon as another property is.
 */
export const statusOf = ({ status }: Response): number => (status === 0 ? 500 : status)

/**
 * The response with latchkey's headers added.
 *
 * Cookies are added to a copy, because a handler may return one `Response` to many clients. `Vary` is added to a copy
 * only if the headers cannot be changed (a redirect, a response of `fetch`). The copy streams the same body. An upgrade
 * (101) goes to one client, is not cached, and cannot be copied in every runtime: it is changed in place and gets no
 * `Vary`. `Response.error()` gets no headers.
 */
export const carrying = (response: Response, headers: ResponseHeaders): Response => {
  const { cookies, varyOnCookie } = headers
  if (response.status === 0) return response
  if (response.status === 101)
    return cookies.length === 0 ? response : inPlace(response, { cookies, varyOnCookie: false })
  if (cookies.length > 0) return addTo(copyOf(response), headers)
  return varyOnCookie ? inPlace(response, headers) : response
}

/** Passes the whole response as init: some runtimes keep a socket in an extra property. */
const copyOf = (response: Response): Response => new Response(response.body, response)

const inPlace = (response: Response, added: ResponseHeaders): Response => {
  try {
    return addTo(response, added)
  } catch {
    return addTo(copyOf(response), added)
  }
}

const addTo = (
  response: Response,
  { cacheControl, clearSiteData, cookies, registration, varyOnCookie }: ResponseHeaders
): Response => {
  const { headers } = response
  if (cacheControl !== undefined && !headers.has("cache-control")) headers.set("cache-control", cacheControl)
  if (varyOnCookie) headers.set("vary", addVary(headers.get("vary") ?? undefined, "Cookie"))
  if (clearSiteData !== undefined) headers.set("clear-site-data", clearSiteData)
  if (registration !== undefined) headers.set("secure-session-registration", registration)
  for (const cookie of cookies) headers.append("set-cookie", cookie)
  return response
}

/** Cancels the body of a response that is not sent, so that what it holds open is closed. */
export const discard = (response: Response): void => {
  response.body?.cancel().catch(() => {})
}

/** The response to a failure. If the application's `onError` returned something invalid, it is a plain 500. */
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
