import type { RequestHandler } from "../browser.ts"
import { inRequest } from "./in-next-request.ts"

/** What `proxy.ts` exports as `proxy`, or `middleware.ts` as `middleware`. */
export type AnyProxy = {
  /** Answers a request, or lets it through. It is declared as a method so that narrower types of its parameters fit. */
  proxy(request: Request, event: object): unknown
}["proxy"]

/**
 * Makes a fetch handler of the function in `proxy.ts` (in Next 15: `middleware.ts`) and of what is behind it. A request
 * that the proxy lets through is answered by `behind`, and cookies that the proxy has set are added to the answer.
 *
 * The `matcher` of `proxy.ts` is not applied, and a rewrite is returned as Next's proxies express it.
 *
 * @param behind without it, a request that is let through is answered with 200 and the header `x-middleware-next: 1`
 */
export const nextProxy =
  (proxy: AnyProxy, behind: RequestHandler = letThrough): RequestHandler =>
  async (request) => {
    const response = await inRequest(request.clone(), "action", async (nextRequest) => {
      const event = { waitUntil: () => {} }
      const answer = await proxy(nextRequest, event)
      return answer instanceof Response ? answer : letThrough()
    })
    if (!response.headers.has("x-middleware-next")) return response
    const cookies = response.headers.getSetCookie()
    const answer = await behind(request)
    if (cookies.length === 0) return answer
    const headers = new Headers(answer.headers)
    for (const line of cookies) headers.append("set-cookie", line)
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
  }

const letThrough = async (): Promise<Response> => new Response(null, { headers: { "x-middleware-next": "1" } })
