import { withAuth } from "latchkey/fetch"
import type { ActionFunctionArgs, LoaderFunctionArgs } from "react-router"
import { auth } from "../../auth.ts"
import { pages } from "../pages.ts"

/** Each page alone, without the middleware. */
const handlers = new Map(
  Object.entries(pages).map(([name, page]) => [name, withAuth(auth, page, { throwResponses: true })])
)

const serve = ({ params, request }: LoaderFunctionArgs | ActionFunctionArgs) => {
  const handler = handlers.get(`${request.method} /${params["page"]}`)
  if (handler === undefined) throw new Response("not found", { status: 404 })
  return handler(request)
}

export const loader = serve
export const action = serve
