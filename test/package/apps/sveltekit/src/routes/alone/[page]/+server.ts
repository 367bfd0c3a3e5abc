import type { RequestHandler } from "@sveltejs/kit"
import { withAuth } from "latchkey/fetch"
import { auth } from "../../../../auth.ts"
import { pages } from "../../../pages.ts"

/** Each page alone, without the hook. */
const handlers = new Map(Object.entries(pages).map(([name, page]) => [name, withAuth(auth, page)]))

export const fallback: RequestHandler = ({ params, request }) =>
  handlers.get(`${request.method} /${params["page"]}`)?.(request) ?? new Response("not found", { status: 404 })
