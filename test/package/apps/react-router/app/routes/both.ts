import { withAuth } from "latchkey/fetch"
import type { LoaderFunctionArgs } from "react-router"
import { auth } from "../../auth.ts"

/** A route with its own `withAuth`, inside the middleware. */
const both = withAuth(auth, async (_request, { session }) => {
  await session.set("mark", "both")
  return Response.json({ mark: await session.get("mark") })
})

export const loader = ({ request }: LoaderFunctionArgs) => both(request)
