import type { APIRoute } from "astro"
import { withAuth } from "latchkey/fetch"
import { auth } from "../../../auth.ts"
import { pages } from "../../endpoints.ts"

/** Each page alone, without the middleware. */
const handlers = new Map(Object.entries(pages).map(([name, page]) => [name, withAuth(auth, page)]))

export const ALL: APIRoute = ({ params, request }) =>
  handlers.get(`${request.method} /${params["page"]}`)?.(request) ?? new Response("not found", { status: 404 })
