import type { Handle } from "@sveltejs/kit/hooks" // SvelteKit 2: "@sveltejs/kit"
import { withAuth } from "latchkey/fetch"
import { auth } from "./lib/server/auth.ts"

const handled = withAuth(auth, (_request, context, { event, resolve }: Parameters<Handle>[0]) => {
  event.locals.auth = context
  return resolve(event)
})

export const handle: Handle = (input) => handled(input.event.request, input)
