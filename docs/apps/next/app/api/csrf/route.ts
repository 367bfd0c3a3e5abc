import { withAuth } from "latchkey/next"
import { auth } from "@/lib/auth"

export const GET = withAuth(auth, async (_request, { getCsrfToken }) => Response.json({ token: await getCsrfToken() }))
