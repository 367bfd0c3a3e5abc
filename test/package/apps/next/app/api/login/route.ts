import { withAuth } from "latchkey/next"
import { auth } from "../../../lib/auth"

export const POST = withAuth(
  auth,
  async (request, { authenticate, login, session }) => {
    const user = await authenticate(await request.json())
    if (user === undefined) return Response.json({ error: "invalid" }, { status: 401 })
    await login(user)
    await session.set("visits", 7)
    return Response.json({ user: user.username })
  },
  { csrfExempt: true }
)
