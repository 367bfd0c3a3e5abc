import { withAuth } from "latchkey/fetch"
import { type MiddlewareFunction, Outlet } from "react-router"
import { auth } from "./auth.server.ts"
import { authContext } from "./auth-context.ts"

type Args = Parameters<MiddlewareFunction<Response>>[0]
const handled = withAuth(auth, (_request, context, args: Args, next: () => Promise<Response>) => {
  args.context.set(authContext, context)
  return next()
})

export const middleware: Array<MiddlewareFunction<Response>> = [(args, next) => handled(args.request, args, next)]

export default function Root() {
  return (
    <html lang="en">
      <body>
        <Outlet />
      </body>
    </html>
  )
}
