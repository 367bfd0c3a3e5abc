import type { RequestHandler } from "../browser/browser.ts"
import { inRequest } from "./in-next-request.ts"

/** What `proxy.ts` exports as `proxy`, or `middleware.ts` as `middleware`. */
export type AnyProxy = {
  /** Answers a request, or lets it through. It is declared as a method so that narrower types of its parameters fit. */
  proxy(request: Request, event: object): unknown
}["proxy"]

/**
 * Makes a fetch handler of the function in `proxy.ts` (in Next 15: `middleware.ts`) and of what is behind it. A request
 * that the proxy lets through is answered by `behind`, and cookies and headers that the proxy has set are added to the
 * answer.
 *
 * The `matcher` of `proxy.ts` is not applied, and a rewrite is returned as Next's proxies express it.
 *
 * @param behind without it, a request that is let through is answered with 200 and the header `x-middleware-next: 1`
 */
export const nextProxy =
  (proxy: AnyProxy, behind: RequestHandler = letThrough): RequestHandler =>
  async (request) => {
    const tasks: Array<unknown> = []
    const event = { waitUntil: (task: unknown) => tasks.push(task) }
    const response = await inRequest(request.clone(), "action", async (nextRequest) => {
      const answer = await proxy(nextRequest, event)
      return answer instanceof Response ? answer : letThrough()
    })
    await Promise.all(tasks)
    const cookies = response.headers.getSetCookie()
    const location = pathWithin(request, response.headers.get("location"))
    if (!response.headers.has("x-middleware-next"))
      return location === undefined ? response : changed(response, { location })
    const answer = await behind(request)
    const own = [...response.headers].filter(([name]) => name !== "set-cookie" && !name.startsWith("x-middleware-"))
    return cookies.length + own.length === 0 ? answer : changed(answer, Object.fromEntries(own), cookies)
  }

const letThrough = async (): Promise<Response> => new Response(null, { headers: { "x-middleware-next": "1" } })

/** A redirect to a page of the same origin, as Next sends it: without the origin. */
const pathWithin = (request: Request, location: string | null): string | undefined => {
  if (location === null) return undefined
  const { hash, origin, pathname, search } = new URL(location, request.url)
  return origin === new URL(request.url).origin ? pathname + search + hash : undefined
}

const changed = (
  response: Response,
  set: Readonly<Record<string, string>>,
  cookies: ReadonlyArray<string> = []
): Response => {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(set)) headers.set(name, value)
  for (const line of cookies) headers.append("set-cookie", line)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
