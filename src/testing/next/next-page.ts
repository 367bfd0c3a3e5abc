import * as React from "react"
import { responseTo } from "../../adapters/http/next/framework/next-control-flow.ts"
import type { AnyParams } from "../../adapters/http/next/handlers/route.ts"
import type { RequestHandler } from "../browser/browser.ts"
import { inRequest } from "./in-next-request.ts"
import { withRouter } from "./next-router.ts"

/** A page: what `page.tsx` exports. It may have narrower types of params and search params. */
export type AnyPage = (props: never) => unknown

/**
 * Makes a fetch handler of a page. Server Components and Client Components are rendered to HTML together, which needs
 * `react-dom` 19. The page gets `params` and `searchParams`, and Next's `headers()` and `cookies()` work in its
 * components as on a server. Layouts are not rendered: for a page in its layout, give a function that returns both.
 *
 * `redirect()` and `notFound()` (so also those of `requireUser`) are answered with 307, 404 and so on, without a body,
 * also inside `<Suspense>`, where Next's server may have sent the beginning of the page already.
 *
 * React's `cache` calls its function every time here, as it does everywhere outside Next. `reader(auth)` of
 * `latchkey/next/reader` is the same for all components of a page nevertheless.
 *
 * @param params the values of the dynamic segments: `{ id: "7" }` for `app/notes/[id]/page.tsx`
 * @returns rejects with the error of a component where Next's server would answer 500
 */
export const nextPage =
  (page: AnyPage, params: AnyParams = {}): RequestHandler =>
  (request) =>
    inRequest(request, "render", async ({ nextUrl }) => {
      const query = searchParamsOf(new URLSearchParams(nextUrl.search))
      const props = { params: Promise.resolve(params), searchParams: Promise.resolve(query) }
      const { errors, html } = await rendered(withRouter(React.createElement(page, props), nextUrl, params))
      const answers = errors.map((error) => responseTo(error, false))
      const failed = answers.indexOf(undefined)
      if (failed >= 0) throw errors[failed]
      // As in Next, a redirect precedes other answers.
      const answer = answers.find((response) => response?.headers.has("location")) ?? answers[0]
      return answer ?? new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } })
    })

interface Rendered {
  readonly html: string
  /** What components have thrown, outside and inside `<Suspense>`. */
  readonly errors: ReadonlyArray<unknown>
}

const rendered = async (element: React.ReactElement): Promise<Rendered> => {
  const { prerenderToNodeStream } = await import("react-dom/static").catch(refuse)
  if (prerenderToNodeStream === undefined) return refuse()
  const errors: Array<unknown> = []
  try {
    const { prelude } = await prerenderToNodeStream(element, { onError: (error) => void errors.push(error) })
    const chunks: Array<Uint8Array> = []
    for await (const chunk of prelude) chunks.push(chunk)
    return { html: Buffer.concat(chunks).toString(), errors }
  } catch (error) {
    return { html: "", errors: errors.length > 0 ? errors : [error] }
  }
}

const refuse = (cause?: unknown): never => {
  throw new Error("nextPage: to render pages, install react and react-dom, version 19 or newer", { cause })
}

/** As Next passes it to pages: a list for a name that occurs more than once. */
const searchParamsOf = (query: URLSearchParams): AnyParams => {
  const all = Array.from(new Set(query.keys()), (name) => [name, query.getAll(name)] as const)
  return Object.fromEntries(all.map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
}
