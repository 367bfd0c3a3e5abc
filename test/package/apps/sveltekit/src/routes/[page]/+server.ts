import type { RequestHandler } from "@sveltejs/kit"
import { pages } from "../../pages.ts"

export const fallback: RequestHandler = ({ locals, params, request }) => {
  const page = pages[`${request.method} /${params["page"]}`]
  return page === undefined ? new Response("not found", { status: 404 }) : page(request, locals.auth)
}
