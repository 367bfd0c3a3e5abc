import { withAuth } from "latchkey/next"
import { auth } from "../../../lib/auth"

export const GET = withAuth(auth, async (_request, { requirePermission }) =>
  Response.json({ user: (await requirePermission("blog.change_post")).username })
)
