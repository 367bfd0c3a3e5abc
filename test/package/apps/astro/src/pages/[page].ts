import type { APIRoute } from "astro"
import { pages } from "../endpoints.ts"

export const ALL: APIRoute = ({ locals, params, request }) => {
  const page = pages[`${request.method} /${params["page"]}`]
  return page === undefined ? new Response("not found", { status: 404 }) : page(request, locals.auth)
}
