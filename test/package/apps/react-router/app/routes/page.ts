import type { ActionFunctionArgs, LoaderFunctionArgs } from "react-router"
import { authContext } from "../auth-context.ts"
import { pages } from "../pages.ts"

const serve = ({ context, params, request }: LoaderFunctionArgs | ActionFunctionArgs) => {
  const page = pages[`${request.method} /${params["page"]}`]
  if (page === undefined) throw new Response("not found", { status: 404 })
  return page(request, context.get(authContext))
}

export const loader = serve
export const action = serve
