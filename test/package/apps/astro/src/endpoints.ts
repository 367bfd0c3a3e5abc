import { pagesOf } from "../pages.ts"

/** Astro has nothing to throw: a thrown Response is an answer inside of latchkey's `withAuth`. */
export const pages = pagesOf({
  redirect: () => {
    throw new Response(null, { status: 303, headers: { location: "/elsewhere" } })
  },
  refuse: () => {
    throw new Response("refused", { status: 418 })
  }
})
