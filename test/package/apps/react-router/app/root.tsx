import { withAuth } from "latchkey/fetch"
import { isRouteErrorResponse, type MiddlewareFunction, Outlet } from "react-router"
import { auth } from "../auth.ts"
import { authContext } from "./auth-context.ts"

type Args = Parameters<MiddlewareFunction<Response>>[0]
const handled = withAuth(auth, (_request, context, args: Args, next: () => Promise<Response>) => {
  args.context.set(authContext, context)
  return next()
})

export const middleware: Array<MiddlewareFunction<Response>> = [
  (args, next) => (new URL(args.request.url).pathname.startsWith("/alone") ? next() : handled(args.request, args, next))
]

const Root = () => (
  <html lang="en">
    <body>
      <Outlet />
    </body>
  </html>
)
export default Root

export const ErrorBoundary = ({ error }: { error: unknown }) => (
  <html lang="en">
    <body>
      <p>{isRouteErrorResponse(error) ? `boundary: ${error.status} ${error.data}` : "React Router's own words"}</p>
    </body>
  </html>
)
