/** latchkey on Next.js. */
import { withAuth } from "latchkey/next"
import { answer, auth } from "../../../../servers/latchkey-work.ts"

export const GET = withAuth(auth, async (request, context, { params }) => {
  const body = await answer(`/${(await params).page}${new URL(request.url).search}`, context)
  return new Response(body, { headers: { "content-type": "application/json" } })
})
