import { methodOf, modeOf, type PageInit } from "./page-request.ts"

/** Whether a browser goes on to the response's `Location`. */
export const isRedirect = ({ headers, status }: Response): boolean =>
  [301, 302, 303, 307, 308].includes(status) && headers.has("location")

/**
 * The next request of a browser that follows a redirect. 303 asks with GET, as do 301 and 302 after a POST; others
 * repeat the request. The header `Authorization` does not go to another origin.
 *
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export const afterRedirect = (init: PageInit, status: number, from: URL, to: URL): PageInit => {
  const method = methodOf(init)
  const isRepeated = method === "HEAD" || (status === 303 ? method === "GET" : status > 303 || method !== "POST")
  const next = isRepeated ? init : withoutBody(init)
  if (from.origin === to.origin) return next
  const headers = new Headers(next.headers)
  headers.delete("authorization")
  return { ...next, headers, from }
}

const withoutBody = (init: PageInit): PageInit => {
  const { body, form, headers, json, method, ...rest } = init
  const kept = new Headers(headers)
  for (const name of ["content-encoding", "content-language", "content-location", "content-type", "content-length"])
    kept.delete(name)
  return { ...rest, headers: kept, mode: modeOf(init) }
}
