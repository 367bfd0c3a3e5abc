import { withAuth } from "latchkey/next"
import { advance, auth } from "../../../lib/bound-auth"

/** Moves the clock, and logs out. */
export const POST = withAuth(
  auth,
  async (request, { logout }) => {
    const { seconds, leaves } = Object(await request.json())
    advance(Number(seconds ?? 0))
    if (leaves === true) await logout()
    return Response.json({})
  },
  { csrfExempt: true }
)
