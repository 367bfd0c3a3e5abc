import { withAuth } from "latchkey/next"
import { auth } from "@/lib/auth"

export const GET = withAuth(auth, async (_request, { requireUser }) => {
  const user = await requireUser() // visitors get the login page; with Accept: application/json, 401 {"error":"login required"}
  return Response.json({ user: user.username })
})
