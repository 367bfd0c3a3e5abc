import { withAuth } from "latchkey/fetch"
import { data, type LoaderFunctionArgs } from "react-router"
import { auth } from "../../auth.ts"

/** A page whose error boundary renders what is thrown: a value, or with `?response` a Response. */
const refused = withAuth(
  auth,
  async (request, { session }) => {
    await session.set("mark", "refused")
    if (new URL(request.url).searchParams.has("response")) throw new Response("refused", { status: 418 })
    throw data("refused", { status: 418 })
  },
  { throwResponses: true }
)

export const loader = ({ request }: LoaderFunctionArgs) => refused(request)

const Never = () => <p>rendered</p>
export default Never
