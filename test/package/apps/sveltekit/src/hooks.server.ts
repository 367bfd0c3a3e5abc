import type { Handle, HandleServerError } from "@sveltejs/kit/hooks"
import { withAuth } from "latchkey/fetch"
import { auth } from "../auth.ts"
import { hear } from "../pages.ts"

const handled = withAuth(auth, (_request, context, { event, resolve }: Parameters<Handle>[0]) => {
  event.locals.auth = context
  return resolve(event)
})

export const handle: Handle = (input) =>
  input.event.url.pathname.startsWith("/alone") ? input.resolve(input.event) : handled(input.event.request, input)

export const handleError: HandleServerError = ({ error }) => {
  if (error instanceof Error) hear(error)
  return { message: "SvelteKit's own words" }
}
