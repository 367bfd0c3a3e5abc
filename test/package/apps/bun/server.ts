/** A site on Bun, written as users write it. */
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

const routes = Object.groupBy(Object.entries(pages), ([name]) => name.split(" ")[1] ?? "")

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes: Object.fromEntries(
    Object.entries(routes).map(([path, some = []]) => [
      path,
      Object.fromEntries(some.map(([name, page]) => [name.split(" ")[0], withAuth(auth, page)]))
    ])
  ),
  error: (error) => {
    hear(error)
    return new Response("Bun's own words", { status: 500 })
  }
})
console.log(`listening on ${server.url.origin}`)
