/** A site on Deno, written as users write it. */
import { withAuth } from "latchkey/fetch"
import { auth } from "./auth.ts"
import { hear, pagesOf } from "./pages.ts"

const pages = pagesOf({
  redirect: () => {
    throw new Response(null, { status: 303, headers: { location: "/elsewhere" } })
  },
  refuse: () => {
    throw new Response("refused", { status: 418 })
  }
})

const handler = withAuth(auth, async (request, context) => {
  const page = pages[`${request.method} ${new URL(request.url).pathname}`]
  return page === undefined ? new Response("not found", { status: 404 }) : page(request, context)
})

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
    onError: (error) => {
      hear(error)
      return new Response("Deno's own words", { status: 500 })
    }
  },
  handler
)
