import { withAuth } from "latchkey/next"
import { auth } from "@/lib/auth"

export const GET = withAuth(auth, async (_request, { requireUser }) => {
  const user = await requireUser() // scripts get 401 {"error":"login required"}, browsers the login page
  return Response.json({ user: user.username })
})
