import { withAuth } from "../../../../src/adapters/http/fetch.ts"
import { askedFor, responseOf, serveFetch } from "../../../rig/fetch-server.ts"
import { httpAdapterContract } from "../contract.ts"

httpAdapterContract({
  name: "fetch",
  serve: (auth, handler, options) =>
    serveFetch(
      withAuth(auth, async (request, context) => responseOf(await handler(context, askedFor(request))), options)
    ),
  without: {
    bugs: "they are thrown on, for the framework's own error handler",
    rawTarget: "a Request's URL is already normalised"
  }
})
