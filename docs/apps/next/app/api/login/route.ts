import { withAuth } from "latchkey/next"
import { auth } from "@/lib/auth"

export const POST = withAuth(auth, async (request, { authenticate, login }) => {
  const user = await authenticate(await request.json())
  if (!user) return Response.json({ error: "invalid" }, { status: 401 })
  await login(user)
  return Response.json({ user: user.username })
})
