import { withAuth } from "latchkey/next"
import { auth } from "../../lib/auth"

export const GET = withAuth(auth, () => new Response("for members"), { loginRequired: true })
