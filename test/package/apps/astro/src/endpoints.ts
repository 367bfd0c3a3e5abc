import { pagesOf } from "../pages.ts"

/** Astro has no redirect or error to throw: inside latchkey's `withAuth` a thrown Response is the answer. */
export const pages = pagesOf({
  redirect: () => {
    throw new Response(null, { status: 303, headers: { location: "/elsewhere" } })
  },
  refuse: () => {
    throw new Response("refused", { status: 418 })
  }
})
