import type { Handle, HandleServerError, RequestEvent } from "@sveltejs/kit"
import { withAuth } from "latchkey/fetch"
import { auth } from "../auth.ts"
import { hear } from "../pages.ts"

type Resolve = Parameters<Handle>[0]["resolve"]

const handled = withAuth(auth, async (_request, context, event: RequestEvent, resolve: Resolve) => {
  event.locals.auth = context
  return resolve(event)
})

export const handle: Handle = ({ event, resolve }) =>
  event.url.pathname.startsWith("/alone") ? resolve(event) : handled(event.request, event, resolve)

export const handleError: HandleServerError = ({ error }) => {
  if (error instanceof Error) hear(error)
  return { message: "SvelteKit's own words" }
}
