import { withAuth } from "latchkey/next"
import { notFound } from "next/navigation"
import { auth } from "../../../lib/auth"

/** Logs in, and then calls notFound(). */
export const POST = withAuth(
  auth,
  async (request, { authenticate, login }) => {
    const user = await authenticate(await request.json())
    if (user !== undefined) await login(user)
    notFound()
  },
  { csrfExempt: true }
)
