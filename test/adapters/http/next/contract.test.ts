import { withAuth } from "../../../../src/adapters/http/next/handlers/route.ts"
import { askedFor, responseOf, serveFetch } from "../../../rig/fetch-server.ts"
import { httpAdapterContract } from "../contract.ts"

// Next passes a Request to route handlers and sends their Response; here a small server does the same.
httpAdapterContract({
  name: "next",
  serve: (auth, handler, options) => {
    const route = withAuth(
      auth,
      async (request, context) => responseOf(await handler(context, askedFor(request))),
      options
    )
    return serveFetch((request) => route(request, { params: Promise.resolve({}) }))
  },
  without: {
    rawTarget: "a Request's URL is already normalised",
    slashes: "Next serves a page with and without a slash at its end"
  }
})
